"""Owns: info, scan, join, bench, ota, certs of the command `espat`, each run as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from espat_sim import factory_pki
from pc.conftest import Sim, environment, espat, flat, start, write

KEY = "espat-pass"


def test_info_says_what_the_module_is(fast: Sim) -> None:
    code, text = espat("info", "-p", fast.port)
    assert code == 0, text
    for part in ("AT version 3.4.0.0", "firmware v3.4.0.0(MINI)", "commands 116", "RAM 148,408"):
        assert part in flat(text), text
    assert "MAC 7c:df:a1" in flat(text)


def test_info_for_programs(fast: Sim) -> None:
    code, text = espat("info", "--json", "-p", fast.port)
    found = json.loads(text)
    assert code == 0 and found["at"] == [3, 4] and found["uart at start"][0] == 115200


def test_the_port_may_come_from_the_environment(fast: Sim) -> None:
    assert espat("scan", "--channel", "6", ESPAT_PORT=fast.port)[0] == 0
    assert espat("scan", "--channel", "6", ESPAT_SIM=fast.port)[0] == 0


def test_scan_shows_the_strongest_first(fast: Sim) -> None:
    code, text = espat("scan", "-p", fast.port)
    assert code == 0, text
    rows = [line.split() for line in text.splitlines()[1:]]
    assert [row[0] for row in rows] == ["espat-lab", "espat-open"]
    assert rows[0][1:5] == ["▮▮▮▮▮", "-45", "6", "WPA2"]
    assert rows[1][4] == "open"


def test_scan_for_programs(fast: Sim) -> None:
    code, text = espat("scan", "--json", "--channel", "11", "-p", fast.port)
    (row,) = json.loads(text)
    assert (row["ssid"], row["rssi"], row["security"]) == ("espat-open", -63, "open")


def test_a_name_with_markup_in_it_is_shown_as_it_is(fast: Sim) -> None:
    fast.control("ap_add", ssid="[red]x[/]", channel=3)
    try:
        assert "[red]x[/]" in espat("scan", "--channel", "3", "-p", fast.port)[1]
    finally:
        fast.control("ap_remove", ssid="[red]x[/]")


def test_join_says_where_it_is(fast: Sim) -> None:
    code, text = espat("join", "espat-lab", "-p", fast.port, ESPAT_KEY=KEY)
    assert code == 0, text
    assert "joined espat-lab" in text and "address 192.168.1.50" in flat(text)
    assert "until the module restarts" in text
    assert "network espat-lab" in flat(espat("info", "-p", fast.port)[1])


def test_join_saves_only_when_asked(fast: Sim) -> None:
    args = ("join", "espat-open", "-p", fast.port)
    assert espat(*args)[0] == 0
    fast.control("reboot")
    code, text = espat("console", "-p", fast.port, stdin="AT+CWSTATE?\n")
    assert '+CWSTATE:0,""' in text, text
    code, text = espat(*args, "--save")
    assert code == 0 and "in the module's flash" in text, text
    fast.control("reboot")
    code, text = espat("console", "-p", fast.port, stdin="AT+CWSTATE?\n" * 3 + "AT+CWJAP?\n")
    fast.control("reboot")
    assert "espat-open" in text, text


@pytest.mark.parametrize(
    ("ssid", "key", "why"),
    [("espat-lab", "not the key", "wrong key"), ("nowhere", "12345678", "no such access point")],
)
def test_join_says_why_it_failed(fast: Sim, ssid: str, key: str, why: str) -> None:
    code, text = espat("join", ssid, "-p", fast.port, ESPAT_KEY=key)
    assert code == 1 and why in text, text
    assert key not in text


def test_a_trace_hides_keys(fast: Sim, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    args = ("--trace", str(trace), "-p", fast.port)
    assert espat("join", "espat-lab", *args, ESPAT_KEY=KEY)[0] == 0
    text = trace.read_text()
    assert 'AT+CWJAP="espat-lab","****"' in text and "WIFI GOT IP" in text
    assert KEY not in text


def test_bench_measures_and_checks(fast: Sim) -> None:
    args = ("--host", "127.0.0.1", "--size", "32", "--commands", "20", "--json")
    code, text = espat("bench", *args, "--ssid", "espat-lab", "-p", fast.port, ESPAT_KEY=KEY)
    found = json.loads(text)
    assert code == 0 and found["bytes"] == 32000
    assert 0 < found["round trip ms"]["median"] <= found["round trip ms"]["slowest"]
    assert found["download"] > 1000 and found["upload"] > 1000


def test_bench_at_another_rate_and_back(pty: Sim) -> None:
    args = ("--host", "127.0.0.1", "--size", "8", "--commands", "10", "-p", pty.port)
    code, text = espat("bench", *args, "--speed", "460800", "--ssid", "espat-open")
    assert code == 0, text
    assert "download" in text and "of the wire" in text
    assert "UART now 11520" in flat(espat("info", "-p", pty.port)[1])


def test_ota_from_a_file_of_this_pc(fast: Sim, tmp_path: Path) -> None:
    image = write(tmp_path / "esp-at.bin", b"\xe9" + bytes(range(256)) * 200)
    assert espat("join", "espat-open", "-p", fast.port)[0] == 0
    code, text = espat("ota", image, "--host", "127.0.0.1", "--yes", "-p", fast.port)
    assert code == 0, text
    assert "done: v3.4.0.0(MINI) runs" in text


def test_ota_refuses_what_is_no_image(fast: Sim, tmp_path: Path) -> None:
    image = write(tmp_path / "factory.bin", b"\xff" * 100)
    code, text = espat("ota", image, "--yes", "-p", fast.port)
    assert code == 2 and "no application image" in " ".join(text.split()), text


def test_ota_asks_espressifs_server(fast: Sim) -> None:
    # There is none in this test: the module says so, and so does the command.
    assert espat("join", "espat-open", "-p", fast.port)[0] == 0
    code, text = espat("ota", "--list", "-p", fast.port)
    assert code == 1 and "AT+CIPFWVER" in text, text


def test_ota_needs_a_network(fast: Sim) -> None:
    fast.control("ap_down", ssid="espat-open")
    try:
        code, text = espat("ota", "--list", "-p", fast.port)
    finally:
        fast.control("ap_up", ssid="espat-open")
    assert code == 2 and "espat join" in text, text


def test_certs_are_loaded_once_and_listed(fast: Sim, tmp_path: Path) -> None:
    ca = write(tmp_path / "ca.pem", factory_pki.CA_1.encode())
    args = ("certs", "load", "mqtt", "--ca", ca, "-p", fast.port)
    trace = tmp_path / "trace"
    code, text = espat(*args, "--trace", str(trace))
    assert code == 0 and "written and read back" in flat(text), text
    code, text = espat(*args)
    assert code == 0 and "nothing to write" in text, text
    assert "BEGIN CERT" in trace.read_text()  # no secret
    code, text = espat("certs", "list", "--json", "-p", fast.port)
    sizes = {row["slot"]: row["bytes"] for row in json.loads(text)}
    assert len(factory_pki.CA_1) in sizes.values(), sizes


def test_certs_that_are_none(fast: Sim, tmp_path: Path) -> None:
    wrong = write(tmp_path / "ca.pem", b"hello")
    code, text = espat("certs", "load", "mqtt", "--ca", wrong, "-p", fast.port)
    assert code == 2 and "no certificate" in text, text
    code, text = espat("certs", "load", "mqtt", "--cert", wrong, "-p", fast.port)
    assert code == 2 and "needs its key" in text, text


def test_a_port_that_is_not_there() -> None:
    code, text = espat("info", "-p", "/dev/ttyUSB99")
    assert code == 2 and "There is no such port" in text, text


def test_nobody_at_a_tcp_port() -> None:
    code, text = espat("info", "-p", "tcp:127.0.0.1:1")
    assert code == 2 and "python -m espat_sim --tcp" in text, text


def test_a_port_that_another_program_has(pty: Sim) -> None:
    import serial

    with serial.Serial(pty.port[4:], 115200, exclusive=True):
        code, text = espat("info", "-p", pty.port)
    assert code == 2 and "Another program has it open" in text, text


def test_a_module_of_the_first_command_set() -> None:
    for sim in start("--tcp", "0", "--fast", "--profile", "esp8266-0.30"):
        code, text = espat("info", "-p", sim.port)
        assert code == 0 and "AT version 0.30" in flat(text) and "active only" in text, text
        code, text = espat("scan", "--channel", "6", "-p", sim.port)
        assert code == 1 and "AT 0.30 (ESP8266) has no scan of one channel" in text, text


def test_without_the_optional_packages(tmp_path: Path) -> None:
    # As after `pip install espat-sim` alone.
    code = "import sys; sys.modules['typer'] = None; import espat_tools.__main__ as m; m.main()"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\n"],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(),
    )
    assert "pip install 'espat-sim[tools]'" in done.stderr, done.stderr
