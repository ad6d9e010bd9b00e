"""Every call, with something gone wrong at each of its commands: it ends in time, well or with a
documented error, and what comes after it works.

Owns the list of calls and what goes wrong; random lives are life.py's.
"""

from __future__ import annotations

import asyncio
import struct
from typing import Any, Callable, Iterator

import pytest
import sim_machine
from machine import UART, Pin

import espat
from espat import aio, tls
from espat_sim import Module, VirtualClock, VirtualNetwork, peers
from faults import life
from faults.test_field_notes import LAB, fetch

ECHO = ("echo.test", 7)
GUIDE = "esp32s2-3.4-full"
NEWER = "esp32s2-5.0"
OLD = "esp8266-1.7"
V2 = "esp8266-2.2"
MOST = 60  # commands of one call


def socket(m: espat.Modem, *args: Any, kind: int = 1) -> Any:
    s = m.socket(2, kind)
    s.settimeout(4)
    if args:
        s.connect(args[0])
    return s


def stream(m: espat.Modem, module: Module) -> None:
    with socket(m) as s:
        s.setsockopt(6, 1, 1)  # TCP_NODELAY
        s.connect(ECHO)
        s.setsockopt(1, 8, 1)
        s.setsockopt(1, 128, struct.pack("ii", 1, 0))
        s.setsockopt(1, 4101, struct.pack("ll", 5, 0))
        s.write(b"hello")
        assert s.read(5) in (b"hello", b"")
        s.getpeername()
        s.getsockname()
        s.available()


def plain(m: espat.Modem, module: Module) -> None:
    with socket(m, ECHO) as s:
        s.write(b"hello")
        assert s.read(5) in (b"hello", b"")
        s.getpeername()
        s.send_long(bytes(3000))
        s.read(100)


def names(m: espat.Modem, module: Module) -> None:
    s = m.socket(2, 1)
    s.settimeout(4)
    s.bind(("", 4567))
    s.connect(("echo.test", 7))
    s.setblocking(False)
    for _ in range(20):
        try:
            s.send(b"x")
            break
        except OSError as e:
            if e.errno != 11:
                s.close()
                raise
            m.pause(20)
    s.settimeout(4)
    s.recv(1)
    s.close()


def long_send(m: espat.Modem, module: Module) -> None:
    with socket(m, ECHO) as s:
        told: list[int] = []
        s.send_long(bytes(3000), progress=lambda a, b: told.append(a), report=1000, transmit=500)
        s.read(100)


def datagrams(m: espat.Modem, module: Module) -> None:
    with socket(m, kind=2) as s:
        s.bind(("", 5000))
        s.sendto(b"one", ECHO)
        s.recvfrom(100)
        s.setsockopt(0, 3, bytes((239, 1, 2, 3)) + bytes(4))
        s.connect(ECHO)
        for i in range(3):
            s.send(b"two" * (i + 1))
        s.recv(2)
        s.recv(100)


def server(m: espat.Modem, module: Module) -> None:
    s = socket(m)
    s.bind(("", 8080))
    s.listen(2, 60)
    far = module.control({"do": "client", "port": 8080})
    if far["ok"]:
        m.pause(50)
        module.control({"do": "far", "id": far["id"], "send_hex": b"hello".hex()})
        c, _ = s.accept()
        c.settimeout(4)
        c.read(5)
        c.write(b"answer")
        c.close()
        module.control({"do": "far", "id": far["id"], "end": "reset"})
    s.stop(True)
    s.close()


def secure(m: espat.Modem, module: Module) -> None:
    context = tls.SSLContext(m)
    context.verify_mode = tls.CERT_NONE
    s = m.socket()
    s.settimeout(8)
    s = context.wrap_socket(s, server_hostname="tls.test")
    s.connect(("tls.test", 443))
    s.close()


def web(m: espat.Modem, module: Module) -> None:
    assert (
        m.http.get("http://web.test/file/100", headers={"X": "y"}, timeout_s=4).content is not None
    )
    m.http.head("http://web.test/file/100", timeout_s=4)
    assert m.http.post("http://web.test/post", b"data", timeout_s=4).content is not None
    assert m.http.put("http://web.test/put", json={"a": 1}, timeout_s=4).content is not None
    m.http.delete("http://web.test/delete", timeout_s=4)
    m.http.get("http://web.test/status/404", timeout_s=4).close()
    m.http.get_size("http://web.test/file/100", timeout_s=4)


def download(m: espat.Modem, module: Module) -> None:
    class File:
        at = 0

        def write(self, data: Any) -> int:
            self.at += len(data)
            return len(data)

        def tell(self) -> int:
            return self.at

        def seek(self, at: int, _whence: int = 0) -> int:
            self.at = at
            return at

    m.http.download("http://web.test/file/5000", File(), attempts=2, timeout_s=4)


def websocket(m: espat.Modem, module: Module) -> None:
    s = m.ws.connect("ws://ws.test/echo", headers={"X": "y"}, timeout_s=10)
    s.send("text")
    s.receive(2000)
    s.send(b"bytes")
    s.recv_into(bytearray(20), 2000)
    s.close()
    m.ws.status()


def mqtt(m: espat.Modem, module: Module) -> None:
    m.mqtt.connect("mqtt.test", user="u", password="p" * 300)
    m.mqtt.subscribe("t/#")
    m.mqtt.publish("t/a", b"x\r\n")
    m.mqtt.receive(2000)
    m.mqtt.subscriptions()
    m.mqtt.unsubscribe("t/#")
    m.mqtt.status()
    m.mqtt.disconnect()


def store(m: espat.Modem, module: Module) -> None:
    m.nvs.set("mine", "a", b"\r\nOK\r\n")
    m.nvs.get("mine", "a")
    m.nvs.keys("mine")
    m.nvs.partitions()
    m.nvs.erase("mine")


def files(m: espat.Modem, module: Module) -> None:
    m.fs.write("a.txt", b"hello" * 10)
    with m.fs.open("a.txt") as f:
        f.read(5)
    with m.fs.open("b.txt", "wb") as f:
        f.write(b"xyz")
    m.fs.listdir()
    m.fs.stat("a.txt")
    m.fs.remove("a.txt")
    m.ram.allocate(100)
    m.ram.write(b"abc")
    m.ram.read(3)
    m.ram.free()


def pins(m: espat.Modem, module: Module) -> None:
    p = m.gpio.PWM(5, freq=1000, duty_u16=100)
    q = m.gpio.PWM(6, freq=2000)
    p.duty_u16(500)
    p.fade(1000, 100)
    p.freq(500)
    q.deinit()
    p.deinit()
    m.gpio.ADC(0).read_u16()
    i2c = m.gpio.I2C(0, 1, 2)
    i2c.scan()
    i2c.deinit()


def through(m: espat.Modem, module: Module) -> None:
    s = m.passthrough.connect(ECHO)
    try:
        s.settimeout(4)
        s.write(b"hello")
        s.read(5)
    finally:
        s.close()


def rates(m: espat.Modem, module: Module) -> None:
    m.uart.configure(921600)
    m.wifi.rssi()
    m.uart.configure(115200)


def network(m: espat.Modem, module: Module) -> None:
    m.net.resolve("echo.test")
    m.net.dns()
    m.net.dns("1.1.1.1")
    m.net.dns(None)
    m.net.addresses()
    m.net.connections()
    m.net.status()
    m.net.sntp(1, "ntp.test")
    if not m.speak:
        m.mdns.start("clock", "_http", 80)
        m.mdns.stop()


def wifi(m: espat.Modem, module: Module) -> None:
    m.wifi.scan()
    m.wifi.status()
    m.wifi.ifconfig()
    m.wifi.hostname("board")
    m.wifi.disconnect()
    m.wifi.connect(*LAB)
    m.ap.config("board", "12345678")
    m.ap.stations()
    m.ap.active(False)


def system(m: espat.Modem, module: Module) -> None:
    m.system.version()
    m.system.ram()
    m.system.add_filter("^+NOTHING:[0-9]*,", "\r\n$")
    m.system.filters()
    m.system.clear_filters()
    next(iter(m.system.commands()))
    m.power.sleep("modem")
    m.power.sleep("off")


def queue(m: espat.Modem, module: Module) -> None:
    with socket(m, ECHO) as s:
        s.queue()
        for _ in range(3):
            s.write(b"hello")
        s.room()
        s.flush()
        s.read(15)


CALLS: dict[str, tuple[str, Callable[[espat.Modem, Module], None]]] = {
    "stream": (GUIDE, stream),
    "stream 1.7": (OLD, plain),
    "stream 2.2": (V2, plain),
    "names": (GUIDE, names),
    "long send": (GUIDE, long_send),
    "datagrams": (GUIDE, datagrams),
    "datagrams 5.0": (NEWER, datagrams),
    "datagrams 2.2": (V2, datagrams),
    "datagrams 1.7": (OLD, datagrams),
    "server": (GUIDE, server),
    "server 5.0": (NEWER, server),
    "server 1.7": (OLD, server),
    "secure": (GUIDE, secure),
    "web": (GUIDE, web),
    "download": (GUIDE, download),
    "websocket": (GUIDE, websocket),
    "mqtt": (GUIDE, mqtt),
    "store": (GUIDE, store),
    "files": (GUIDE, files),
    "pins": (GUIDE, pins),
    "through": (GUIDE, through),
    "through 1.7": (OLD, through),
    "rates": (GUIDE, rates),
    "network": (GUIDE, network),
    "network 1.7": (OLD, network),
    "wifi": (GUIDE, wifi),
    "wifi 1.7": (OLD, wifi),
    "system": (GUIDE, system),
    "queue 1.7": (OLD, queue),
}
TROUBLE = ("lost", "error", "reboot", "closed", "busy")


class World:
    """A module whose command number `at` goes wrong."""

    def __init__(self, profile: str) -> None:
        self.clock = VirtualClock()
        net = VirtualNetwork(self.clock)
        peers.install(net)
        self.module = Module(profile, clock=self.clock, net=net)
        self.host = sim_machine.attach(self.module)
        self.left = -1
        self.kind = ""
        self.module.trace = self._trace

    def _trace(self, way: str, _t: int, data: bytes) -> None:
        if way != "in" or not data.startswith(b"AT") or self.left < 0:
            return
        self.left -= 1
        if self.left >= 0:
            return
        f = self.module.faults
        if self.kind == "lost":
            f.state.commands = ["lose"]
        elif self.kind == "error":
            f.swap(b"\r\nOK\r\n", b"ERR CODE:0x010a0001\r\n\r\nERROR\r\n")
        elif self.kind == "reboot":
            self.clock.call_later(300, self.module.restart)
        elif self.kind == "closed":
            f.swap(b"\r\nOK\r\n", b"0,CLOSED\r\n4,CLOSED\r\n", before=True)
        else:
            f.swap(b"\r\nOK\r\n", b"\r\nbusy p...\r\n", before=True)


@pytest.fixture(name="world")
def make_world() -> Iterator[Callable[[str], World]]:
    def make(profile: str) -> World:
        sim_machine.detach()
        return World(profile)

    yield make
    sim_machine.detach()


def in_time(w: World, do: Callable[[], object]) -> bool:
    start = w.clock.now_us
    try:
        do()
        return True
    except OSError:
        return False
    finally:
        assert w.clock.now_us - start < life.CALL_LIMIT_MS * 3000  # several calls


@pytest.mark.parametrize("kind", TROUBLE)
@pytest.mark.parametrize("name", CALLS)
def test_each_command_of_a_call(world: Callable[[str], World], name: str, kind: str):
    profile, call = CALLS[name]
    w = world(profile)
    m = espat.Modem(
        UART(1, 115200, tx=Pin(4), rx=Pin(5), rxbuf=2048), reset=Pin(6, Pin.OUT, value=1)
    )
    m.poller = life.Poller(w.host)
    m.wifi.connect(*LAB)
    call(m, w.module)
    step = 1 if kind in ("lost", "error") else 3
    for at in range(0, MOST, step):
        w.left, w.kind = at, kind
        in_time(w, lambda: call(m, w.module))
        over = w.left >= 0
        w.left = -1
        w.module.faults.forget()
        m.pause(1000)
        for _ in range(5):  # what was under way may still be in the way of the next call
            if in_time(w, lambda: fetch(m, 300)):
                break
            in_time(w, m.watchdog)
            if m.wifi_state != 2:  # it had left the network by itself
                in_time(w, lambda: m.wifi.connect(*LAB))
            m.pause(1000)
        assert fetch(m, 300) == life.pattern(300), at
        if over:
            break


async def tasks(m: Any) -> None:
    async def one() -> None:
        s = m.socket()
        s.settimeout(4)
        try:
            await s.connect(ECHO)
            await s.write("hello")
            await s.read(5)
        finally:
            await s.close()

    async def two() -> None:
        s = m.socket(2, 2)
        s.settimeout(4)
        try:
            await s.connect(ECHO)
            await s.send(b"hello")
            await s.recv(5)
        finally:
            await s.close()

    async def three() -> None:
        await m.wifi.rssi()
        await m.http.get("http://web.test/file/10", timeout_s=4)

    for x in await asyncio.gather(one(), two(), three(), return_exceptions=True):
        if isinstance(x, BaseException) and not isinstance(x, OSError):
            raise x


@pytest.mark.parametrize("kind", TROUBLE)
def test_each_command_of_three_tasks(world: Callable[[str], World], kind: str):
    async def main() -> None:
        m = aio.Modem(UART(1, 115200, tx=Pin(4), rx=Pin(5), rxbuf=2048))
        await m.wifi.connect(*LAB)
        await tasks(m)
        for at in range(0, 30, 2):
            w.left, w.kind = at, kind
            await tasks(m)
            w.left = -1
            w.module.faults.forget()
            for _ in range(5):
                try:
                    await m.watchdog()
                    await m.pause(1000)
                    assert await m.getaddrinfo("echo.test", 7)
                    break
                except OSError:
                    pass
            else:
                raise AssertionError(at)

    w = world(GUIDE)
    sim_machine.run_virtual(main())
