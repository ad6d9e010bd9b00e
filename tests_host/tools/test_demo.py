"""Owns: the demo as a whole, in real time, and the check of its output."""

from __future__ import annotations

import binascii
import subprocess
import sys
from pathlib import Path

import pytest

from tools import demo_check as demo
from tools import run_micropython

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 60
PAGE = "one\r\n\r\nOK\r\nfive €".encode()
MODULE = {"asleep": 0.9}
SLEEP = [
    "MQTT: espat/demo/hello came back: hello from the board\n",
    "slept 2100 ms, woken by: data\n",
    "message: espat/demo/wake: good morning\n",
]
OUTPUT = [
    "  -45 dBm  channel  6  02:65:73:70:61:01  WPA2       espat-lab\n",
    "joined: address 192.168.1.50, gateway 192.168.1.1, -45 dBm\n",
    "  | one\n",
    "  | \n",
    "  | OK\n",
    "  | five €\n",
    f"page: {len(PAGE)} bytes, CRC-32 {binascii.crc32(PAGE):08x}\n",
]


def run_demo(*options: str) -> subprocess.CompletedProcess[str]:
    if run_micropython.missing(32) and run_micropython.missing(64):
        pytest.skip("no MicroPython on this machine")
    return subprocess.run(
        [sys.executable, "-m", "tools.demo", *options],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=LIMIT_S,
    )


@pytest.mark.xdist_group("demo")
def test_the_demo_prints_scan_join_and_page() -> None:
    done = run_demo()
    assert done.returncode == 0, done.stdout
    assert "espat-open\n" in done.stdout
    assert "joined: address 192.168.1." in done.stdout
    assert "Nothing in it is taken for an answer" in done.stdout
    if "no MQTT broker" not in done.stdout:
        assert "woken by: data" in done.stdout, done.stdout
    assert done.stdout.endswith("byte for byte\n"), done.stdout


@pytest.mark.xdist_group("demo")
def test_the_demo_on_the_first_firmware_of_the_esp8266() -> None:
    done = run_demo("--profile", "esp8266-0.30")
    assert done.returncode == 0, done.stdout
    assert "module: AT 0.30" in done.stdout
    assert "left out: " in done.stdout
    assert done.stdout.endswith("byte for byte\n"), done.stdout


@pytest.mark.xdist_group("demo")
def test_the_demo_fails_when_it_cannot_join() -> None:
    done = run_demo("--set", "key='not the key'")
    assert done.returncode == 1, done.stdout
    assert "wrong key" in done.stdout


def test_good_output_has_no_problems() -> None:
    assert demo.problems(OUTPUT, PAGE, ["espat-lab"]) == []


@pytest.mark.parametrize("number", range(len(OUTPUT)))
def test_every_line_that_is_missing_is_a_problem(number: int) -> None:
    assert demo.problems(OUTPUT[:number] + OUTPUT[number + 1 :], PAGE, ["espat-lab"])


@pytest.mark.parametrize(
    "old, new",
    [("| one", "| One"), ("espat-lab", "espat-la"), ("five €", "five ?"), ("address", "no")],
)
def test_every_change_is_a_problem(old: str, new: str) -> None:
    assert demo.problems([line.replace(old, new) for line in OUTPUT], PAGE, ["espat-lab"])


def test_a_change_that_does_not_show_is_a_problem() -> None:
    other = PAGE.replace(b"\r\n", b"\n")
    assert demo.problems(OUTPUT, other, ["espat-lab"])


def test_good_sleep_has_no_problems() -> None:
    assert demo.sleep_problems(SLEEP, 2.0, MODULE) == []


@pytest.mark.parametrize("number", range(len(SLEEP)))
def test_every_line_of_sleep_that_is_missing_is_a_problem(number: int) -> None:
    assert demo.sleep_problems(SLEEP[:number] + SLEEP[number + 1 :], 2.0, MODULE)


@pytest.mark.parametrize(
    "old, new",
    [("data", "time"), ("2100", "9100"), ("2100", "100"), ("morning", "night"), ("back", "")],
)
def test_every_change_of_sleep_is_a_problem(old: str, new: str) -> None:
    assert demo.sleep_problems([line.replace(old, new) for line in SLEEP], 2.0, MODULE)


def test_a_module_that_stays_awake_is_a_problem() -> None:
    assert demo.sleep_problems(SLEEP, 2.0, {"asleep": 0.1})
    assert demo.sleep_problems(SLEEP, 2.0, {})
