"""A module of three commands on the other end, to fuzz reading and sending at full length.

Owns the far end's bytes: it answers AT+CIPRECVDATA and AT+CIPSEND in the guide's framing, says
other things at every border between two messages, and hands everything over in pieces. What the
links receive and send must be those bytes, in both of the framer's forms.
"""

from __future__ import annotations

import random
import re
from functools import partial

from espat.framer import Framer
from espat.link import Wire, give, take
from faults import compare, streams

TURNS = 400000


class Module:
    """Answers what is complete on the wire; its words leave in pieces."""

    def __init__(self, rng: random.Random, links: int) -> None:
        self.rng = rng
        self.source = [streams.payload(rng, rng.randrange(3000)) for _ in range(links)]
        self.given = [0] * links
        self.taken = [bytearray() for _ in range(links)]
        self.uart = compare.Uart()
        self.out = bytearray()  # said, but not yet there
        self.raw = 0
        self.to = 0
        self.piece = rng.choice((1, 9, 63, 64, 65, 500, 9000))
        self.chatty = rng.choice((0, 0, 3, 10))

    def say(self, *messages: bytes) -> None:
        for text in messages:
            self.aside()
            self.out += text

    def aside(self) -> None:
        if self.chatty and self.rng.random() * self.chatty < 1:
            self.out += self.rng.choice(streams.ASIDE)
            i = self.rng.randrange(len(self.source))
            if self.given[i] < len(self.source[i]) and self.rng.random() < 0.5:
                self.out += b"\r\n+IPD,%d,%d\r\n" % (i, len(self.source[i]) - self.given[i])

    def step(self) -> None:
        sent = self.uart.sent
        if self.raw:
            part = sent[: self.raw]
            del sent[: self.raw]
            self.taken[self.to] += part
            self.raw -= len(part)
            if part and not self.raw:
                self.say(b"\r\nRecv %d bytes\r\n" % self.size, b"\r\nSEND OK\r\n")
        else:
            end = sent.find(b"\r\n")
            if end >= 0:
                line = bytes(sent[:end])
                del sent[: end + 2]
                self.command(line)
        n = int(self.rng.random() * self.piece) + 1
        self.uart.rx += self.out[:n]
        del self.out[:n]

    def command(self, line: bytes) -> None:
        found = re.fullmatch(rb"AT\+CIP(RECVDATA|SEND)=(\d),(\d+)", line)
        assert found, f"a command that nobody has given: {line!r}"
        i, n = int(found.group(2)), int(found.group(3))
        if found.group(1) == b"SEND":
            self.to, self.raw, self.size = i, n, n
            self.say(b"\r\nOK\r\n", b"\r\n>")
            return
        data = self.source[i][self.given[i] : self.given[i] + n]
        self.given[i] += len(data)
        if data:
            self.say(b"+CIPRECVDATA:%d," % len(data) + data + b"\r\nOK\r\n")
        else:
            self.say(b"\r\nERROR\r\n")
            if self.rng.random() < 0.3:
                self.aside()


def check(seed: int) -> None:
    """AssertionError when a link reads or sends anything but its own bytes."""
    for fast in (False, True):
        rng = random.Random(seed)
        count = rng.randrange(1, 6)
        there = Module(rng, count)
        m = compare.modem()
        m.ring = rng.choice((128, 256, 1024))
        m.rings = []
        m.engine = e = compare.Engine(192, rng.choice((128, 1024)))
        e.any = there.uart.any
        e.readinto = there.uart.readinto
        e.write = there.uart.write
        m.wire = Wire(e)
        if not fast:
            e.pump = partial(Framer.pump, e)
        links = []
        for i in range(count):
            s = m.socket()
            s.id = i
            s.up = s.passive = s.hint = True
            e.links[i] = s
            links.append(s)
        got = [bytearray() for _ in links]
        sizes = [rng.choice((1, 60, 128, 256, 1000, 2000)) for _ in links]
        bufs = [bytearray(n) for n in sizes]
        sends = [streams.payload(rng, rng.randrange(2000)) for _ in links]
        gone = [0] * count
        where = f"seed {seed}, {'bulk' if fast else 'framer'}"
        for now in range(TURNS):
            there.step()
            e.poll(now)
            for i, s in enumerate(links):
                if now % 4096 == 0:
                    s.hint = True  # what a silent link does
                if not s.settle() and gone[i] < len(sends[i]) and rng.random() < 0.3:
                    k = give(s, sends[i], gone[i], min(len(sends[i]) - gone[i], sizes[i]))
                    gone[i] += k or 0
                elif len(got[i]) < len(there.source[i]):
                    k = take(s, bufs[i], sizes[i])
                    if k:
                        got[i] += bufs[i][:k]
                assert not s.err, f"{where}: link {i} failed with {s.err}"
            if now % 64 == 0 and not e.stage and not there.out:
                if all(len(g) == len(x) for g, x in zip(got, there.source)):
                    if gone == [len(x) for x in sends]:
                        break
        else:
            state = e.stage, e.left, e.lost, len(there.out), len(there.uart.rx), gone
            raise AssertionError(f"{where}: no end: {[len(x) for x in got]} {state}")
        for i in range(count):
            assert got[i] == there.source[i], f"{where}: wrong bytes from link {i}"
            assert there.taken[i] == sends[i], f"{where}: wrong bytes to link {i}"
