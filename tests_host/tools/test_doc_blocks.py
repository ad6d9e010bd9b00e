"""Owns: every block of Python in README and docs/ runs on a simulated module, as it stands. What
happens around it (servers, who writes, what stood before it on the page) is SCENES'.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import re
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any, Iterator, NamedTuple, Optional

import pytest
import sim_machine

from espat_sim import AccessPoint, Module, VirtualClock, VirtualNetwork, factory_pki, peers
from espat_sim.air import Air
from espat_sim.peers_tls import server_context
from tools import run_micropython

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# These have a test of their own (test_examples.py, test_docs.py) or are no program.
ELSEWHERE = {"recipes.md": "each is an example", "simulator.md": "test_docs.py runs it"}
IMAGE = b"\xe9" + bytes(3000)
JOINED = """
from machine import UART, Pin
import espat
modem = espat.Modem(UART(1, 115200, tx=Pin(4), rx=Pin(5), rxbuf=4096),
    wake=Pin(7, Pin.OUT, value=1), host_wake=Pin(8, Pin.IN))
modem.wifi.connect("my network", "my password")
modem.command("AT+SYSTIMESTAMP", 1780272000)  # June 2026
"""
AF = "AF_INET, SOCK_DGRAM, AF_INET6 = 2, 2, 10\n"


NETWORK = 'ssid, key = "my network", "my password"\n'
DER = "import ssl\nder_bytes = ssl.PEM_cert_to_DER_cert(CA)\n"


class Enough(BaseException):
    """The block has no end of its own; it has run for so long."""


class Scene(NamedTuple):
    before: str = JOINED
    ends_s: Optional[float] = None  # it goes on for ever: it is stopped then
    prints: str = ""
    profile: str = "esp32s2-3.4-full"
    blinka: bool = False
    stm32: bool = False  # its second UART, and pins with other names
    says: tuple[tuple[float, str], ...] = ()  # after so many seconds WORLD[name] happens


# Page, and what is in the block; what is not here begins with a modem that has joined.
SCENES: dict[tuple[str, str], Scene] = {
    ("README.md", "espat.Modem"): Scene("", prints="A page from the simulated network"),
    ("errors.md", "WifiError"): Scene(JOINED),
    ("migration.md", "adafruit_requests"): Scene(blinka=True, prints="A page from"),
    ("migration.md", "dropin.install"): Scene(prints="('example.com', 80)"),
    ("power.md", "host_sleep"): Scene(JOINED + NETWORK, ends_s=200),
    ("quickstart.md", "rxbuf=2048))"): Scene("", prints="192.168.1.50"),
    ("quickstart.md", "modem.wifi.rssi"): Scene("", prints="-50 dBm"),
    ("quickstart.md", 'Pin("X5"'): Scene("", stm32=True, prints="192.168.1.50"),
    ("quickstart.md", "busio"): Scene("", blinka=True, prints="192.168.1.50"),
    ("services.md", "mqtt.connect"): Scene(
        JOINED + "def handler(topic, payload): pass\n",
        ends_s=60,
        says=((5, "message"),) * 2,
    ),
    ("services.md", "http.get"): Scene(JOINED + "url = 'https://example.com/anything'\n"),
    ("services.md", "ws.connect"): Scene(says=((3, "frame"), (9, "close"))),
    ("services.md", "fs.write"): Scene(JOINED + "data, buf = b'some bytes', bytearray(10)\n"),
    ("sockets.md", "passthrough.connect"): Scene(says=((10, "bridge"),)),
    ("services.md", "der_bytes"): Scene(JOINED + DER),
    ("sockets.md", "s.queue()"): Scene(
        JOINED.partition("modem.command")[0] + "s, data = modem.socket(), bytes(3000)\n",
        profile="esp8266-1.7",
    ),
    ("sockets.md", "six ="): Scene(JOINED + AF),
    ("sockets.md", "u.bind"): Scene(JOINED + "u = modem.socket(2, 2)\n", says=((2, "datagram"),)),
    ("sockets.md", "s.accept()"): Scene(JOINED + "s = modem.socket()\n", says=((2, "client"),)),
    ("tls.md", "PROTOCOL_TLS_SERVER"): Scene(JOINED + "from espat import tls\n"),
    ("tls.md", "SocketPool"): Scene(
        JOINED + "import adafruit_requests\n",
        blinka=True,
    ),
    ("wiring.md", "reset=Pin(6"): Scene(""),
    ("wiring.md", 'Pin("X5"'): Scene("", stm32=True),
    ("wiring.md", "busio"): Scene("", blinka=True),
    ("wiring.md", "flow=True"): Scene("from machine import UART, Pin\nimport espat\n"),
    ("wiring.md", "AT+GMR"): Scene(prints="AT version:3.4"),
    ("testing.md", "def test_ping"): Scene(""),
    ("troubleshooting.md", "AT+CWJAP?"): Scene(prints="AT version:3.4"),
}


def blocks(path: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", path.read_text(), re.S | re.M)


ALL = [
    pytest.param(path, n, id=f"{path.name}-{n}")
    for path in PAGES
    if path.name not in ELSEWHERE
    for n in range(len(blocks(path)))
]


def made(profile: str) -> Module:
    """A module among the hosts that the pages name."""
    clock = VirtualClock()
    net = VirtualNetwork(clock)
    peers.install(net)
    services = net.services
    for name, number in (("example.com", 1), ("broker.example", 2), ("ws.example.com", 3)):
        net.hosts[name] = f"198.18.0.{number}"
    tls = {name: server_context(name) for name in net.hosts if "example" in name}
    net.serve_tcp("example.com", 80, peers.serve_http)
    net.serve_tcp("example.com", 443, services.web.serve, tls=tls["example.com"])
    net.serve_tcp("broker.example", 8883, services.broker.serve, tls=tls["broker.example"])
    net.serve_tcp("ws.example.com", 443, services.ws.serve, tls=tls["ws.example.com"])
    net.serve_tcp("192.168.1.9", 8080, peers.serve_echo)
    net.udp_peer("192.168.1.9", 5000)
    versions = ["v3.3.0.0", "v3.4.0.0"]
    firmware = peers.serve_firmware(versions, {"ota": IMAGE})
    net.serve_tcp("iot.espressif.cn", 80, firmware)
    air = Air([AccessPoint(b"my network", b"my password", rssi=-50)])
    module = Module(profile, clock=clock, net=net, air=air)
    pages = {"/data.json": b'{"a": 1}', "/anything": b"x" * 3000, "/own.bin": IMAGE}
    for path, body in pages.items():
        module.control({"do": "web", "path": path, "body_hex": body.hex()})
    module.control({"do": "i2c", "address": 0x76, "memory_hex": "00" * 256})
    return module


@contextlib.contextmanager
def scene(found: Scene, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Module]:
    monkeypatch.chdir(folder)
    for name, text in (
        ("ca.pem", factory_pki.CA_0),
        ("cert.pem", factory_pki.SERVER_CERT),
        ("key.pem", factory_pki.SERVER_KEY),
        ("device.pem", factory_pki.CLIENT_CERT_0),
        ("device.key", factory_pki.CLIENT_KEY_0),
        ("big.bin", "x" * 3000),
    ):
        (folder / name).write_text(text)
    module = made(found.profile)
    kept = dict(sys.modules)
    sim_machine.attach(module)
    try:
        # Python's own clock is real for the simulation's libraries, virtual for Adafruit's.
        with sim_machine.virtual_time() if found.blinka else contextlib.nullcontext():
            yield module
    finally:
        sim_machine.detach()
        for name in ("socket", "ssl", "network", "tls", "usocket", "ussl"):
            if name in kept:
                sys.modules[name] = kept[name]
            else:
                sys.modules.pop(name, None)


def found_scene(page: str, text: str) -> Scene:
    found = [scene for (name, part), scene in SCENES.items() if name == page and part in text]
    assert len(found) < 2, f"{page}: two scenes for one block"
    return found[0] if found else Scene()


def test_every_scene_is_that_of_a_block() -> None:
    for page, part in SCENES:
        path = ROOT / page if page == "README.md" else ROOT / "docs" / page
        assert sum(part in text for text in blocks(path)) == 1, (page, part)


@pytest.mark.parametrize("path, number", ALL)
def test_block(path: Path, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = blocks(path)[number]
    if path.name == "memory.md":  # CPython has no gc.mem_alloc()
        if run_micropython.missing(32):
            pytest.skip(run_micropython.missing(32))
        subprocess.run([run_micropython.BINARIES[32], "-c", text], check=True, timeout=60)
        return
    found = found_scene(path.name, text)
    if found.blinka:
        pytest.importorskip("adafruit_blinka")
        sim_machine.use_blinka()
        board = importlib.import_module("board")
        for name, pin in (("TX", board.GP4), ("RX", board.GP5)):  # as a Feather's are called
            monkeypatch.setattr(board, name, pin, raising=False)
    if found.stm32:
        import machine

        uart = machine.UART
        monkeypatch.setattr(machine, "UART", lambda n, *args, **more: uart(1, *args, **more))
    printed = io.StringIO()
    with scene(found, tmp_path, monkeypatch) as module:
        names: dict[str, Any] = {"__name__": "block", "CA": factory_pki.CA_0}
        exec(compile(found.before, "before", "exec"), names)
        for in_s, what in found.says:
            module.clock.call_later(round(in_s * 1e6), partial(WORLD[what], module))
        if found.ends_s is not None:
            module.clock.call_later(round(found.ends_s * 1e6), stop)
        with contextlib.redirect_stdout(printed):
            if found.ends_s is None:
                exec(compile(text, str(path), "exec"), names)
            else:
                with pytest.raises(Enough):
                    exec(compile(text, str(path), "exec"), names)
    assert found.prints in printed.getvalue(), printed.getvalue()


def stop() -> None:
    raise Enough


def message(module: Module) -> None:
    module.control({"do": "broker", "topic": "garden/shed/temperature", "data": "21.5", "qos": 1})


def frame(module: Module) -> None:
    module.control({"do": "ws", "data": "a frame"})


def close(module: Module) -> None:
    module.control({"do": "ws", "end": "close"})


def datagram(module: Module) -> None:
    net: Any = module.net
    net.udp_peer("192.168.1.8", 4000).sendto(b"hello", "192.168.1.50", 5353)


def client(module: Module) -> None:
    net: Any = module.net
    net.client_tcp(80)


def bridge(module: Module) -> None:
    net: Any = module.net
    net.client_tcp(8080)


WORLD = {f.__name__: f for f in (message, frame, close, datagram, client, bridge)}
