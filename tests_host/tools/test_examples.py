"""Owns: every program of examples/ runs on the simulated module, unchanged but for its settings,
and prints what it should: on MicroPython in a small heap, compiled as on a board, and on CPython.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Optional

import pytest

from espat_sim import Module, VirtualClock, VirtualNetwork, factory_pki, peers
from espat_sim.lockstep import LockstepServer
from tools import demo, run_micropython

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 60
# KB. The shim under the driver takes 8 of them. Objects are twice as big on 64 bits.
HEAP = {32: 64, 64: 128}
HEAP_ASYNCIO = {32: 96, 64: 192}  # asyncio itself, a second face, two sockets at once
SETTINGS = {
    "host": "http.test",
    "path": "/page",
    "echo_host": "echo.test",
    "echo_port": 7,
    "tls_host": "tls.test",
    "ca_file": "ca.pem",
    "broker": "mqtt.test",
}
INTERPRETERS = ("micropython32", "micropython64", "cpython")
SCAN = """\
   -45 dBm  channel  6  02:65:73:70:61:01  WPA2       espat-lab
   -63 dBm  channel 11  02:65:73:70:61:02  open       espat-open
"""
PAGE = "<html><body><p>A page from the simulated network.</p></body></html>\n"
EXPECTED = {
    "scan": "2 networks\n" + SCAN,
    "http_get": PAGE,
    "clock": "today is 2026-01-01\nthis is espat-clock.local, 192.168.1.50\n",
    "udp_time": "48 bytes from port 123\nthe year is 2026\n",
    "https_get": peers.HTTP_RESPONSE.decode().replace("\r", ""),
    "http_by_module": "status 200\n" + PAGE,
    "mqtt_messages": "".join(f"espat/example/{i}: message {i}\n" for i in range(3)),
    "tcp_client": "".join(f"block {i}: 1024 bytes there and back\n" for i in range(8)),
    "asyncio_two_sockets": """\
first: 68 bytes
second: 68 bytes
the same page twice: True
the other task went on meanwhile: True
""",
    "demo": f"""\
espat 0.1.0
module: AT 3.4
scan: 2 networks
{SCAN}joining espat-lab
joined: address 192.168.1.50, gateway 192.168.1.1, -45 dBm
GET http://http.test:80/page
  | {PAGE}page: 68 bytes, CRC-32 43c42608
""",
}


def interpreter(name: str, settings: Path, program: str = "") -> tuple[list[str], dict[str, str]]:
    """The command, to which a program's name is added, and its environment."""
    if name in ("cpython", "blinka"):
        places = [settings, ROOT / "examples", ROOT / "tests_host/shim/cpython", ROOT / "lib"]
        # machine first: it makes MicroPython's clock known, as on a board.
        start = "import machine, runpy, sys; runpy.run_module(sys.argv[1], run_name='__main__')"
        if name == "blinka":
            start = "import sim_machine; sim_machine.use_blinka(); " + start
        command = [sys.executable, "-c", start]
        return command, {"PYTHONPATH": os.pathsep.join(map(str, places)), "PYTHONUTF8": "1"}
    bits = int(name[-2:])
    if run_micropython.missing(bits):
        pytest.skip(run_micropython.missing(bits))
    heap = (HEAP_ASYNCIO if program.startswith("asyncio") else HEAP)[bits]
    command = [str(run_micropython.BINARIES[bits]), "-X", f"heapsize={heap}K", "-m"]
    return command, {"MICROPYPATH": demo.search_path(settings)}


BUSIO = """
def uart():
    import board
    import busio

    return busio.UART(board.GP4, board.GP5, baudrate=115200, receiver_buffer_size=2048)
"""


def run_example(
    name: str,
    where: str,
    folder: Path,
    prepare: Optional[Callable[[Module], Any]] = None,
    **settings: object,
) -> tuple[int, str]:
    demo.write_settings({**SETTINGS, **settings}, folder)
    (folder / "ca.pem").write_text(factory_pki.CA_0)
    if where == "blinka":
        with open(folder / "settings.py", "a") as file:
            file.write(BUSIO)
    command, env = interpreter(where, folder, name)
    clock = VirtualClock()
    net = VirtualNetwork(clock)
    peers.install(net)
    module = Module(clock=clock, net=net)
    if prepare:
        prepare(module)
    with LockstepServer(module) as server:
        return run([*command, name], folder, {**env, **server.env})


def run(command: list[str], folder: Path, env: dict[str, str]) -> tuple[int, str]:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=LIMIT_S,
    )
    return done.returncode, done.stdout


def test_every_example_is_among_these() -> None:
    programs = {path.stem for path in (ROOT / "examples").glob("*.py")} - {"settings"}
    # The last one runs for hours, in process: bench/test_low_power.py.
    assert programs == {*EXPECTED, "own_command", "low_power_sensor"}


@pytest.mark.parametrize("where", INTERPRETERS)
@pytest.mark.parametrize("name", EXPECTED)
def test_example(name: str, where: str, tmp_path: Path) -> None:
    if name.startswith("asyncio") and where == "cpython":
        pytest.skip("CPython's own event loop knows real time only: the next test")
    assert run_example(name, where, tmp_path) == (0, EXPECTED[name])


@pytest.mark.parametrize("name", ["scan", "http_get", "tcp_client"])
def test_example_with_circuitpythons_uart(name: str, tmp_path: Path) -> None:
    pytest.importorskip("adafruit_blinka")
    assert run_example(name, "blinka", tmp_path) == (0, EXPECTED[name])


def test_asyncio_on_cpython_in_real_time(tmp_path: Path) -> None:
    with demo.web_server() as port, demo.simulator("esp32s2-3.4", verbose=False) as sim:
        demo.write_settings({**SETTINGS, "host": demo.LOOPBACK, "port": port}, tmp_path)
        command, env = interpreter("cpython", tmp_path)
        code, text = run([*command, "asyncio_two_sockets"], tmp_path, {**env, **sim})
    assert code == 0, text
    size = len(demo.PAGE)
    assert sorted(text.splitlines()) == [
        f"first: {size} bytes",
        f"second: {size} bytes",
        "the other task went on meanwhile: True",
        "the same page twice: True",
    ]


@pytest.mark.parametrize("where", INTERPRETERS)
def test_own_command(where: str, tmp_path: Path) -> None:
    def sensor(module: Module) -> None:
        """Its firmware says something by itself while the ping is under way."""

        def trace(direction: str, t_us: int, data: bytes) -> None:
            if direction == "in" and b"AT+PING" in data:
                module.control({"do": "inject", "line": "+MYSENSOR:21.5"})

        module.trace = trace

    code, text = run_example("own_command", where, tmp_path, sensor)
    assert code == 0, text
    assert "AT version:3.4" in text, text
    assert "sensor says b'+MYSENSOR:21.5'\n" in text, text
    assert "[b'+SYSTIMESTAMP:1735689600']\n" in text, text
    assert "[b'+PING:" in text, text
    assert "16 bytes: b'" in text, text
    assert "AT+MYSENSOR failed, code 0x01090000: " in text, text


@pytest.mark.parametrize("where", INTERPRETERS)
def test_an_example_that_fails_says_so(where: str, tmp_path: Path) -> None:
    code, text = run_example("http_get", where, tmp_path, ssid="not there")
    assert code != 0, text
    assert "no such access point" in text, text
