"""Owns: what `espat doctor` finds, and what it says to change: wires, rates, chips without AT
firmware, weak supplies. With simulated modules, and with programs that say what such chips say."""

from __future__ import annotations

import contextlib
import re
import socketserver
import subprocess
import sys
import threading
from typing import Callable, Iterator

import pytest

from espat_tools import bootlog
from pc.conftest import Sim, environment, espat, flat, start

BLANK = "esp32s2-blank"


@pytest.fixture(scope="module")
def blank() -> Iterator[Sim]:
    yield from start("--tcp", "0", "--profile", BLANK)


@contextlib.contextmanager
def speaker(answer: Callable[[bytes], bytes], first: bytes = b"") -> Iterator[str]:
    """Somebody else at the port: says `first`, then answer(what came)."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(first)
            while data := self.request.recv(4096):
                self.request.sendall(answer(data))

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"tcp:127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def finds(code: int, port: str, *args: str) -> str:
    found, text = espat("doctor", "-p", port, *args)
    assert found == code, text
    return flat(text)


def test_a_healthy_module(fast: Sim) -> None:
    text = finds(0, fast.port)
    assert "a module answers AT" in text and "firmware AT 3.4" in text
    assert "30 of 30 answers came" in text and "116 lines" in text
    assert "hears 2 networks the strongest at -45 dBm" in text
    assert text.endswith("Nothing to change.")


def test_another_rate(pty: Sim) -> None:
    text = finds(1, pty.port, "--baud", "9600", "--no-air")
    assert "answers AT, but at 115200 baud" in text and "--baud 115200" in text


def test_swapped_wires(pty: Sim) -> None:
    pty.control("wires", how="swapped")
    try:
        text = finds(1, pty.port, "--reset", f"control:{pty.control_at}")
    finally:
        pty.control("wires", how="right")
    assert "at no rate, not even after a reset: TX and RX swapped, or no module" in text
    assert "1. TX goes to RX and RX to TX: swap the two wires" in text


def test_wires_that_are_swapped_while_it_asks(fast: Sim) -> None:
    fast.control("wires", how="swapped")
    command = [sys.executable, "-u", "-m", "espat_tools", "doctor", "-p", fast.port]
    with subprocess.Popen(
        [*command, "--wait", "30", "--no-air"],
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env=environment(),
    ) as child:
        assert child.stdout is not None
        said = ""
        try:
            for line in child.stdout:
                said += line
                if "swap TX and RX now" in line:
                    fast.control("wires", how="right")
            assert child.wait(30) == 1
        finally:
            fast.control("wires", how="right")
            child.kill()
    assert "now a module answers: the wires were it" in said, said
    assert "leave TX and RX as they are now" in flat(said)


def test_only_the_modules_tx_is_wired(fast: Sim) -> None:
    fast.control("wires", how="no_tx")
    try:
        text = finds(1, fast.port, "--reset", f"control:{fast.control_at}")
    finally:
        fast.control("wires", how="right")
    assert 'says "ready", but it does not hear' in text and "GPIO21" in text


def test_joined_wires() -> None:
    with speaker(lambda data: data) as port:
        assert "only what was sent comes back" in finds(1, port)


def test_a_chip_without_at_firmware(blank: Sim) -> None:
    text = finds(1, blank.port)
    assert "its flash is empty: no AT firmware invalid header: 0xffffffff" in text
    assert "Put AT firmware on it" in text and "esptool" in text


def test_noise() -> None:
    with speaker(lambda data: bytes(range(128, 250, 3))) as port:
        assert "noise" in finds(1, port)


def test_a_modem_of_another_kind() -> None:
    with speaker(lambda data: b"\r\nCOMMAND NOT SUPPORT\r\n") as port:
        assert "somebody speaks, but not AT COMMAND NOT SUPPORT" in finds(1, port)


def test_a_module_in_passthrough(fast: Sim) -> None:
    lines = ("AT+CWMODE=1", 'AT+CWJAP="espat-open",""', "AT+CIPMUX=0")
    with speaker(lambda data: b"") as far:
        host, at = far[4:].split(":")
        more = (f'AT+CIPSTART="TCP","{host}",{at}', "AT+CIPMODE=1", "AT+CIPSEND")
        code, text = espat("console", "-p", fast.port, stdin="\n".join(lines + more))
        assert code == 0 and "passthrough" in text, text
        assert "it was in passthrough (+++ ended it)" in finds(0, fast.port, "--no-air")


def test_an_old_firmware() -> None:
    for sim in start("--tcp", "0", "--fast", "--profile", "esp8266-0.30"):
        text = finds(1, sim.port, "--no-air")
        assert "firmware AT 0.30: the first command set" in text
        assert "espat-old.json" in text and "Wire RTS and CTS" in text


def test_a_supply_that_breaks_down_when_the_radio_starts(fast: Sim) -> None:
    fast.control("quirk", name="weak_supply", on=True)
    try:
        text = finds(1, fast.port)
    finally:
        fast.control("quirk", name="weak_supply", on=False)
    assert "the module restarted when its radio went on: its supply is too weak" in text
    assert "500 mA" in text


def test_flow_control_of_the_module_alone(pty: Sim) -> None:
    said = espat("console", "-p", pty.port, stdin="AT+UART_DEF=115200,8,1,0,2\n")
    assert said[0] == 0, said
    text = finds(1, pty.port, "--no-air")
    espat("console", "-p", pty.port, stdin="AT+UART_DEF=115200,8,1,0,0\n")
    assert "the module's flow control is on at start, yours is off" in text
    assert "AT+UART_DEF=115200,8,1,0,0" in text


LOGS: list[tuple[bytes, str]] = [
    (b"rst:0x1 (POWERON),boot:0x0 (DOWNLOAD(UART0))\r\nwaiting for download\r\n", "download mode"),
    (b" ets Jan  8 2013,rst cause:2, boot mode:(1,6)\r\n", "download mode"),
    (b"\r\nBrownout detector was triggered\r\n\r\nets Jul 29 2019\r\n", "brown-out"),
    (b"rst:0x10 (RTCWDT_RTC_RESET)\r\nflash read err, 1000\r\nets_main.c 371\r\n", "is empty"),
    (b" ets Jan  8 2013,rst cause:2, boot mode:(3,6)\r\ncsum err\r\n", "no whole firmware"),
    (b"Guru Meditation Error: Core 0 panic'ed (LoadProhibited)\r\n", "crashes"),
    (b"MicroPython v1.24.0 on 2024-10-25; LOLIN_S2_MINI with ESP32S2FN4R2\r\n>>> ", "MicroPython"),
    (b"Adafruit CircuitPython 9.2.1 on 2024-11-20; FunHouse with ESP32S2\r\n", "CircuitPython"),
    (
        b"I (37) boot: ESP-IDF v5.1 2nd stage bootloader\r\n00:00:00 Project tasmota - Tasmota",
        "another",
    ),
    (
        b"I (333) boot: ESP-IDF v5.0.6\r\nmodule_name:MINI\r\nmax tx power=78, ret=0\r\n",
        "is the log",
    ),
    (b"ESP-ROM:esp32s2-rc4-20191025\r\nentry 0x4004c1b0\r\n", "nothing in it answers AT"),
]


@pytest.mark.parametrize(("log", "what"), LOGS, ids=[what for _, what in LOGS])
def test_boot_logs_are_explained(log: bytes, what: str) -> None:
    found = bootlog.explain(log, "/dev/ttyUSB0")
    assert found is not None and what in found.what, found
    assert found.advice and found.line and "{port}" not in found.advice


@pytest.mark.parametrize("log", [b"", b"\r\nOK\r\n", b"+CWJAP:1\r\nERROR\r\n", b"\xff\xfe" * 50])
def test_what_is_no_boot_log(log: bytes) -> None:
    assert bootlog.explain(log) is None


def test_a_boot_log_goes_through_the_command() -> None:
    log, what = LOGS[0]
    with speaker(lambda data: log, log) as port:
        text = finds(1, port)
    assert what in text and "GPIO0" in text and re.search(r"it started \d+ times", text)
