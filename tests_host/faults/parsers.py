"""Every call that reads an answer, against a module that answers anything.

Owns the answers: the right ones, mutated, and lines in the shape of the command's own with any
fields. A call may give a value or raise OSError (ATError is one); nothing else.
"""

from __future__ import annotations

import random
from functools import lru_cache
from typing import Any, Callable

import sim_machine

import espat
from espat_sim import Module, VirtualClock
from faults import compare, streams
from faults.life import Poller

CALLS: dict[str, Callable[[Any], Any]] = {
    "wifi.status": lambda m: m.wifi.status(),
    "wifi.rssi": lambda m: m.wifi.rssi(),
    "wifi.ssid": lambda m: m.wifi.ssid(),
    "wifi.info": lambda m: m.wifi.info(),
    "wifi.scan": lambda m: m.wifi.scan(),
    "wifi.scan_iter": lambda m: list(m.wifi.scan_iter()),
    "wifi.connect": lambda m: m.wifi.connect("net", "password"),
    "wifi.ifconfig": lambda m: m.wifi.ifconfig(),
    "wifi.ipv6": lambda m: m.wifi.ipv6(),
    "wifi.dhcp": lambda m: m.wifi.dhcp(),
    "wifi.mac": lambda m: m.wifi.mac(),
    "wifi.hostname": lambda m: m.wifi.hostname(),
    "wifi.reconnect": lambda m: m.wifi.reconnect(),
    "wifi.autoconnect": lambda m: m.wifi.autoconnect(),
    "wifi.protocol": lambda m: m.wifi.protocol(),
    "wifi.country": lambda m: m.wifi.country(),
    "wifi.active": lambda m: m.wifi.active(),
    "wifi.init": lambda m: m.wifi.init(),
    "wifi.enterprise": lambda m: m.wifi.enterprise(),
    "ap.config": lambda m: m.ap.config(),
    "ap.active": lambda m: m.ap.active(),
    "ap.stations": lambda m: m.ap.stations(),
    "ap.ifconfig": lambda m: m.ap.ifconfig(),
    "ap.ipv6": lambda m: m.ap.ipv6(),
    "ap.dhcp": lambda m: m.ap.dhcp(),
    "ap.dhcp_range": lambda m: m.ap.dhcp_range(),
    "ap.mac": lambda m: m.ap.mac(),
    "ap.protocol": lambda m: m.ap.protocol(),
    "net.resolve": lambda m: m.net.resolve("example.com"),
    "net.dns": lambda m: m.net.dns(),
    "net.ping": lambda m: m.net.ping("example.com"),
    "net.addresses": lambda m: m.net.addresses(),
    "net.connections": lambda m: m.net.connections(),
    "net.status": lambda m: m.net.status(),
    "net.sntp": lambda m: m.net.sntp(),
    "net.sntp_interval": lambda m: m.net.sntp_interval(),
    "net.localtime": lambda m: m.net.localtime(),
    "net.timestamp": lambda m: m.net.timestamp(),
    "system.version": lambda m: m.system.version(),
    "system.docs": lambda m: m.system.docs(),
    "system.commands": lambda m: list(m.system.commands()),
    "system.ram": lambda m: m.system.ram(),
    "system.filters": lambda m: m.system.filters(),
    "uart.settings": lambda m: m.uart.settings(),
    "system.store": lambda m: m.system.store(),
    "system.messages": lambda m: m.system.messages(),
    "system.rf_power": lambda m: m.system.rf_power(),
    "system.sleep": lambda m: m.system.sleep(),
    "system.register": lambda m: m.system.register(0x3F400000),
    "nvs.namespaces": lambda m: m.nvs.namespaces(),
    "nvs.keys": lambda m: m.nvs.keys("space"),
    "nvs.get": lambda m: m.nvs.get("space", "name"),
    "nvs.partitions": lambda m: m.nvs.partitions(),
    "getaddrinfo": lambda m: m.getaddrinfo("example.com", 80),
    "command": lambda m: m.command("AT+CWMODE?"),
    "command.run": lambda m: m.command("AT+GMR"),
    "command.into": lambda m: m.command("AT+SYSMFG", 1, into=bytearray(64)),
}

FIELDS = (
    b"",
    b"0",
    b"1",
    b"-50",
    b"99999999999999999999",
    b"0x1F",
    b"1.5",
    b'"text"',
    b'"',
    b'""',
    b'"a,b","c"',
    b'"192.168.1.2"',
    b'"fe80::1"',
    b'"aa:bb:cc:dd:ee:ff"',
    b'"aa:bb"',
    b'"zz:bb:cc:dd:ee:ff"',
    b"\xff\xfe\x80",
    b'"\xff"',
    b"(1)",
    b'(3,"net",-50,"aa:bb:cc:dd:ee:ff",1,-1,-1,4,4)',
    b'(3,"net',
    b"Thu Jan 01 00:00:00 1970",
    b"Thu",
    b"disable",
    b'ip:"10.0.0.1"',
    b"ip:",
)


class Uart(compare.Uart):
    """Each command line is answered at once."""

    def __init__(self) -> None:
        super().__init__()
        self.answer: Callable[[bytes], bytes] = lambda line: b"\r\nOK\r\n"

    def write(self, buf: bytes, off: int = 0, n: Any = None) -> int:
        n = super().write(buf, off, n)
        end = self.sent.find(b"\n")
        while end >= 0:
            line = bytes(self.sent[: end + 1])
            del self.sent[: end + 1]
            self.rx += self.answer(line)
            end = self.sent.find(b"\n")
        return n


@lru_cache(maxsize=1)
def modem() -> tuple[espat.Modem, Uart]:
    uart = Uart()
    m = espat.Modem(uart)
    m.poller = Poller(board())
    m.start()  # a firmware that says OK to everything
    return m, uart


def board() -> Any:
    """A board whose time passes only where the driver waits; its module has no power."""
    return sim_machine.attach(_no_module())


@lru_cache(maxsize=1)
def _no_module() -> Module:
    return Module(clock=VirtualClock(), power=False)


def lines(rng: random.Random, name: bytes) -> list[bytes]:
    """What a command of this name may be answered with."""
    out = []
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3, 8))):
        if rng.random() < 0.15:
            line = rng.choice(streams.said()).strip()
        else:
            count = rng.choice((0, 1, 2, 3, 5, 9))
            fields = b",".join(rng.choice(FIELDS) for _ in range(count))
            line = b"+" + name + b":" + fields
        if rng.random() < 0.2:
            line = streams.mutate(rng, line)
        out.append(line)
    return out


def own(line: bytes) -> bytes:
    """CWMODE of AT+CWMODE?"""
    name = line.strip()[3:]
    for c in (b"=", b"?"):
        name = name.split(c)[0]
    return name


def final(text: bytes) -> bytes:
    return b"\r\n".join([text, b"", b""])


def check_call(name: str, answer: Callable[[bytes], bytes]) -> str:
    """What became of the call: "value" or the error's name."""
    m, uart = modem()
    m.poller.host = board()
    uart.rx.clear()
    uart.sent.clear()
    uart.answer = answer
    e = m.engine
    e.lost = False
    e.left = e.n = 0
    e.dst = e.head = None
    m.state = 2
    m.kept = ()
    try:
        CALLS[name](m)
    except OSError as x:
        assert x.__cause__ is None
        return type(x).__name__
    finally:
        if e.stage:
            e.fetch()
        e.out = e.raw = None
        e.prompt = False
        assert e.answer is None, f"{name}: its handler stays"
    return "value"


def stray(text: bytes) -> bytes:
    """Without what begins counted payload (it would wait for its bytes) or tells of a boot."""
    for word in (b"+IPD,", b"+CIPRECVDATA", b"ready", b"AT+", b">"):
        text = text.replace(word, b"")
    return text


def check(seed: int) -> None:
    rng = random.Random(seed)
    name = rng.choice(sorted(CALLS))

    def answer(line: bytes) -> bytes:
        said = stray(b"\r\n".join(lines(rng, own(line))))
        end = b"OK" if rng.random() < 0.8 else b"ERROR"
        return said + b"\r\n\r\n" + end + b"\r\n"

    check_call(name, answer)


def check_lines(which: int, said: list[bytes]) -> None:
    """The call number `which` with exactly these lines; for a fuzzer that makes the bytes."""
    names = sorted(CALLS)
    text = stray(b"\r\n".join(x.strip(b"\r") for x in said))
    check_call(
        names[which % len(names)],
        lambda line: b"+" + own(line) + b":" + text + b"\r\n\r\nOK\r\n",
    )
