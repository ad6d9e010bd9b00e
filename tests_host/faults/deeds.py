"""What the program of a life does: mixed traffic whose every byte is looked at.

Owns the operations. Each ends well, raises OSError, or raises AssertionError for wrong bytes.
Uses the driver's public names only; the far end of a server's client is the test's own.
"""

from __future__ import annotations

import random
from typing import Any, Callable, Optional

import espat
from espat_sim import Module
from espat_sim.peers import pattern

PATTERN = ("pattern.test", 19)
ECHO = ("echo.test", 7)
TIMEOUT_S = 8
PORT = 8080


class Short(OSError):
    """An end before the end: any protocol sees that."""


def same(want: bytes, got: bytes) -> None:
    assert want.startswith(got), f"wrong bytes: {len(got)} of {len(want)}"
    if len(got) != len(want):
        raise Short(0, "short")


class Deeds:
    def __init__(self, rng: random.Random, module: Module, m: espat.Modem, serves: bool) -> None:
        self.rng = rng
        self.module = module
        self.m = m
        self.server: Optional[Any] = None
        self.visits = 0
        self.stored: Optional[bytes] = None  # what nvs holds, if that is known
        many: list[Callable[[], None]] = [self.fetch, self.echo, self.echo, self.ask, self.rest]
        many += [self.page, self.datagram, self.store, self.look_up]
        if serves:
            many += [self.visit, self.visit]
        self.all = many

    def listen(self) -> None:
        self.server = s = self.m.socket()
        s.bind(("", PORT))
        s.listen(2)
        s.settimeout(TIMEOUT_S)

    # -- streams -----------------------------------------------------------------------
    def fetch(self) -> None:
        count = self.rng.choice((1, 100, 1000, 5000))
        with self.m.socket() as s:
            s.settimeout(TIMEOUT_S)
            s.connect(PATTERN)
            s.write(b"%d\n" % count)
            got = bytearray()
            buf = bytearray(self.rng.choice((50, 1024, 3000)))
            want = pattern(count)
            while True:
                k = s.recv_into(buf)
                if not k:
                    break
                got += buf[:k]
                assert want.startswith(got), "wrong bytes"
            same(want, bytes(got))

    def echo(self) -> None:
        with self.m.socket() as s:
            s.settimeout(TIMEOUT_S)
            s.connect(ECHO)
            for _ in range(self.rng.randrange(1, 5)):
                data = self.rng.randbytes(self.rng.choice((1, 30, 500, 1500)))
                s.write(data)
                same(data, s.read(len(data)))

    def visit(self) -> None:
        """A client of the module's server: sends, is answered, one of the two closes."""
        data = self.rng.randbytes(self.rng.choice((1, 300, 2000)))
        self.visits += 1
        ip = f"192.0.2.{self.visits % 250 + 1}"  # whose it is: an earlier one may still wait
        far = self.module.control({"do": "client", "port": PORT, "ip": ip})
        if not far["ok"]:
            raise Short(0, "nobody listens")
        number = far["id"]
        self.m.pause(20)
        self.module.control({"do": "far", "id": number, "send_hex": data.hex()})
        try:
            assert self.server is not None
            c, who = self.server.accept()
            while who[0] != ip:
                c.close()
                c, who = self.server.accept()
            with c:
                c.settimeout(TIMEOUT_S)
                got = c.read(len(data))
                assert data.startswith(got) or not got, "wrong bytes from a client"
                c.write(got)
            self.m.pause(50)
            told = self.module.control({"do": "far", "id": number})
            same(data, bytes.fromhex(told["data_hex"]))
        finally:
            self.module.control({"do": "far", "id": number, "end": "reset"})

    def page(self) -> None:
        count = self.rng.choice((10, 700, 3000))
        r = self.m.http.get(f"http://web.test/file/{count}", timeout_s=TIMEOUT_S)
        if r.status_code not in (200, None):
            raise Short(0, "status")
        same(pattern(count), r.content)

    # -- the rest ----------------------------------------------------------------------
    def datagram(self) -> None:
        with self.m.socket(2, 2) as s:
            s.settimeout(2)
            s.connect(ECHO)
            data = self.rng.randbytes(self.rng.choice((1, 100, 1000)))
            s.send(data)
            got = s.recv(1500)
            if not got:
                raise Short(0, "an empty one")  # a doubled digit in its header can say so
            assert got == data, f"wrong datagram: {len(got)} of {len(data)}"

    def store(self) -> None:
        """The module's own store gives what was written last; after an error in writing it may
        hold anything."""
        data = self.rng.randbytes(self.rng.choice((4, 60)))
        if self.stored is not None and self.rng.random() < 0.5:
            got = self.m.nvs.get("life", "x")
            assert bytes(got) == self.stored, "wrong bytes from nvs"
            return
        self.stored = None
        self.m.nvs.set("life", "x", data)
        self.stored = data

    def look_up(self) -> None:
        name = self.rng.choice(("echo.test", "pattern.test"))
        found = self.m.getaddrinfo(name, 80)
        assert found, "no address"

    def ask(self) -> None:
        self.rng.choice((self.m.wifi.ssid, self.m.wifi.ifconfig, self.m.wifi.rssi))()

    def rest(self) -> None:
        self.m.pause(self.rng.choice((10, 500, 5000)))
