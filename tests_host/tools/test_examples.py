"""Owns: every program of examples/ runs on the simulated module, unchanged but for its settings,
and prints what it should: on MicroPython in a small heap, compiled as on a board, and on CPython.
What happens in the world meanwhile (clients, phones, a broker) is example_world.py's.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from espat_sim import Module, VirtualClock, VirtualNetwork, factory_pki, peers
from espat_sim.lockstep import LockstepServer
from tools import build_mpy, demo, example_world, get_packages, run_micropython
from tools.example_world import World

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 60
PROFILE = "esp32s2-3.4"
SETTINGS = {
    "host": "http.test",
    "path": "/page",
    "echo_host": "echo.test",
    "echo_port": 7,
    "tls_host": "tls.test",
    "ca_file": "ca.pem",
    "broker": "mqtt.test",
    "broker_ca_file": "ca.pem",
    "broker_cert_file": "client.pem",
    "broker_key_file": "client.key",
    "ws_uri": "ws://ws.test/echo",
    "rounds": 2,
}
FILES = {
    "ca.pem": factory_pki.CA_0,
    "client.pem": factory_pki.CLIENT_CERT_0,
    "client.key": factory_pki.CLIENT_KEY_0,
}
ANYWHERE = ("micropython32", "micropython64", "cpython")
BOARD = ("micropython32", "cpython")
PAGE = "<html><body><p>A page from the simulated network.</p></body></html>\n"
TLS_PAGE = peers.HTTP_RESPONSE.decode().replace("\r", "")
SCAN = """\
   -45 dBm  channel  6  02:65:73:70:61:01  WPA2       espat-lab
   -63 dBm  channel 11  02:65:73:70:61:02  open       espat-open
"""


class Case(NamedTuple):
    """What an example prints, where, and in how much heap (KB on 32 bits, of which the shim under
    the driver takes 8; objects are twice as big on 64)."""

    printed: str
    where: tuple[str, ...] = BOARD
    heap: int = 64
    profile: str = PROFILE
    typed: str = ""


CASES = {
    "scan": Case("2 networks\n" + SCAN, ANYWHERE),
    "http_get": Case(PAGE, ANYWHERE),
    "https_get": Case(TLS_PAGE, ANYWHERE),
    "http_by_module": Case("status 200\n" + PAGE),
    "clock": Case("today is 2026-01-01\nthis is espat-clock.local, 192.168.1.50\n"),
    "udp_time": Case(
        "48 bytes from port 123\nthe year is 2026\n",
        ANYWHERE,
        heap=72,  # a UDP socket's ring alone is 2 KB in one piece
    ),
    "tcp_client": Case("".join(f"block {i}: 1024 bytes there and back\n" for i in range(8))),
    "tcp_server": Case(
        """\
listening at 192.168.1.50 port 8080
client 1 from 192.168.1.77
client 2 from 192.168.1.78
""",
        ANYWHERE,
        heap=80,  # one of the lines has 2,000 bytes
    ),
    "web_server": Case("http://192.168.1.50:8080/\nstopped\n", ("micropython32",), heap=128),
    "websocket": Case(
        """\
sent 4, received 4: b'text'
sent 3, received 3: b'\\x00\\x01\\x02'
sent 1000, received 1000: b'xxxxxxxx'
""",
        profile="esp32s2-3.4-full",
    ),
    "mqtt_sensor": Case(
        """\
published -45
from now on every 3 s
published -45
"""
    ),
    "mqtt_tls": Case(
        """\
written into the flash: mqtt_cert
espat/secret: for your eyes only
"""
    ),
    "low_power_sensor": Case("command: blink\npublished 2 values\n", heap=96),
    "smartconfig": Case(
        """\
start the app now
- listening
- type
- credentials
- joined
- address
- telling
joined home net, address 192.168.1.50
"""
    ),
    "captive_portal": Case(
        """\
join the network espat-setup and open any page
joined home net
""",
        ("micropython32",),
        heap=96,
    ),
    "ota_update": Case(
        """\
this is AT 3.4
there is: v3.3.0.0, v3.4.0.0
   25 %  server found
   50 %  connected
   75 %  version known
  100 %  done
restarted with the new one: AT 3.4
"""
    ),
    "passthrough_bridge": Case(
        "connected\nhello\nAT+RST\n+++\nthe end\nclosed\n",
        ("micropython32",),
        typed="hello\nAT+RST\n+++\nthe end\n",
    ),
    "asyncio_five_sockets": Case(
        "".join(f"socket {i}: 68 bytes\n" for i in range(5))
        + "the other task went on meanwhile: True\n",
        # On CPython asyncio knows real time only: the test below. The heap: asyncio itself, a
        # second face, five sockets at once.
        ANYWHERE[:2],
        heap=96,
    ),
    "circuitpython_requests": Case(
        f"http://http.test:80/page 200\n{PAGE}\nhttps://tls.test:443/ 200\n{PAGE}\n", ("blinka",)
    ),
    "own_command": Case("", ANYWHERE),
    "demo": Case("", ("micropython32",)),
}
RUNS = [(name, where) for name, case in CASES.items() for where in case.where if case.printed]


def interpreter(where: str, settings: Path, heap: int) -> tuple[list[str], dict[str, str]]:
    """The command, to which a program's name is added, and its environment."""
    if where in ("cpython", "blinka"):
        places = [settings, ROOT / "examples", ROOT / "tests_host/shim/cpython", ROOT / "lib"]
        # machine first: it makes MicroPython's clock known, as on a board.
        start = "import machine, runpy, sys; runpy.run_module(sys.argv[1], run_name='__main__')"
        if where == "blinka":
            start = "import sim_machine; sim_machine.use_blinka(); " + start
        command = [sys.executable, "-c", start]
        return command, {"PYTHONPATH": os.pathsep.join(map(str, places)), "PYTHONUTF8": "1"}
    bits = int(where[-2:])
    if run_micropython.missing(bits):
        pytest.skip(run_micropython.missing(bits))
    command = [str(run_micropython.BINARIES[bits]), "-X", f"heapsize={heap * bits // 32}K", "-m"]
    return command, {"MICROPYPATH": demo.search_path(settings)}


BUSIO = """
def uart():
    import board
    import busio

    return busio.UART(board.GP4, board.GP5, baudrate=115200, receiver_buffer_size=2048)
"""


def run_example(name: str, where: str, folder: Path, **settings: object) -> tuple[int, str]:
    case = CASES[name]
    demo.write_settings({**SETTINGS, **settings}, folder)
    for file, text in FILES.items():
        (folder / file).write_text(text)
    if name == "web_server":  # compiled, as one would on a board
        for file in ("__init__", "microdot"):
            source = get_packages.FOLDER / f"microdot/{file}.py"
            build_mpy.compile_file(source, folder / f"microdot/{file}.mpy", f"{file}.py")
    if where == "blinka":
        with open(folder / "settings.py", "a") as settings_py:
            settings_py.write(BUSIO)
    command, env = interpreter(where, folder, case.heap)
    clock = VirtualClock()
    net = VirtualNetwork(clock)
    peers.install(net)
    module = Module(case.profile, clock=clock, net=net)
    world: World = getattr(example_world, name, World)(module)
    with LockstepServer(module) as server:
        code, text = run([*command, name], folder, {**env, **server.env}, case.typed)
    if not code:
        world.check()
    return code, text


def run(command: list[str], folder: Path, env: dict[str, str], typed: str = "") -> tuple[int, str]:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **env},
        input=typed,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=LIMIT_S,
    )
    return done.returncode, done.stdout


def test_every_example_is_among_these() -> None:
    programs = {path.stem for path in (ROOT / "examples").glob("*.py")} - {"settings"}
    assert programs == {*CASES}  # demo as a whole: test_demo.py


@pytest.mark.parametrize("name, where", RUNS)
def test_example(name: str, where: str, tmp_path: Path) -> None:
    if where == "blinka":
        pytest.importorskip("adafruit_blinka")
    if name == "web_server" and "microdot" not in get_packages.versions():
        pytest.skip("no microdot (make setup fetches it from PyPI)")
    assert run_example(name, where, tmp_path) == (0, CASES[name].printed)


@pytest.mark.parametrize("name", ["scan", "http_get", "tcp_client"])
def test_example_with_circuitpythons_uart(name: str, tmp_path: Path) -> None:
    pytest.importorskip("adafruit_blinka")
    assert run_example(name, "blinka", tmp_path) == (0, CASES[name].printed)


def test_asyncio_on_cpython_in_real_time(tmp_path: Path) -> None:
    with demo.web_server() as port, demo.simulator(PROFILE, verbose=False) as sim:
        demo.write_settings({**SETTINGS, "host": demo.LOOPBACK, "port": port}, tmp_path)
        command, env = interpreter("cpython", tmp_path, 0)
        code, text = run([*command, "asyncio_five_sockets"], tmp_path, {**env, **sim})
    assert code == 0, text
    size = len(demo.PAGE)
    assert sorted(text.splitlines()) == [
        *(f"socket {i}: {size} bytes" for i in range(5)),
        "the other task went on meanwhile: True",
    ]


@pytest.mark.parametrize("where", CASES["own_command"].where)
def test_own_command(where: str, tmp_path: Path) -> None:
    code, text = run_example("own_command", where, tmp_path)
    assert code == 0, text
    assert "AT version:3.4" in text, text
    assert "sensor says b'+MYSENSOR:21.5'\n" in text, text
    assert "[b'+SYSTIMESTAMP:1735689600']\n" in text, text
    assert "[b'+PING:" in text, text
    assert "16 bytes: b'" in text, text
    assert "AT+MYSENSOR failed, code 0x01090000: " in text, text


@pytest.mark.parametrize("where", ANYWHERE)
def test_an_example_that_fails_says_so(where: str, tmp_path: Path) -> None:
    code, text = run_example("http_get", where, tmp_path, ssid="not there")
    assert code != 0, text
    assert "no such access point" in text, text


def test_the_broker_s_certificate_is_checked(tmp_path: Path) -> None:
    other = factory_pki.CA_1
    (tmp_path / "other.pem").write_text(other)
    code, text = run_example("mqtt_tls", "cpython", tmp_path, broker_ca_file="other.pem")
    assert code != 0 and "for your eyes only" not in text, text
