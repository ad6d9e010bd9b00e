"""One stream through the driver, as pieces and readers happen to fall, against the slow cutter.

Owns the comparison: the same lines, the same payload for each link, no exception, no hang.
Touches the driver only as its own sockets and parts do (engine, links).
"""

from __future__ import annotations

import random
from functools import lru_cache, partial
from typing import Optional

import espat
from espat.engine import Engine
from espat.framer import Framer
from espat.link import Wire, take
from faults import cutter

SILENT = (b"OK", b"SEND OK")  # never told: the command in flight takes them
ROOMY = 1 << 16
STALLED_MS = 2000
WANTS = (1, 5, 64, 100, 300, 1000)
PIECES = (1, 3, 17, 64, 200, 5000)  # most bytes that come between two looks
LARGE = (17, 64, 200, 200, 1000, 5000)
TURNS = 4000  # looks at the wire until a stream must be over


class Uart:
    """The stream, in pieces."""

    def __init__(self) -> None:
        self.rx = bytearray()
        self.sent = bytearray()

    def any(self) -> int:
        return len(self.rx)

    def readinto(self, buf: bytearray, n: Optional[int] = None) -> int:
        n = min(len(buf) if n is None else n, len(self.rx))
        buf[:n] = self.rx[:n]
        del self.rx[:n]
        return n

    def write(self, buf: bytes, off: int = 0, n: Optional[int] = None) -> int:
        n = len(buf) - off if n is None else n
        self.sent += bytes(buf[off : off + n])
        return n


class Profile:
    passive = None
    send_max = 8192


@lru_cache(maxsize=1)
def modem() -> espat.Modem:
    """One for all runs: making it costs more than a run."""
    m = espat.Modem(Uart())
    m.profile = Profile()
    m.state = 2
    return m


class Run:
    """Links in active receive, nobody's command in flight, or one that waits."""

    def __init__(
        self,
        data: bytes,
        seed: int,
        fast: bool,
        prompt: bool,
        ring: int = 0,
        pieces: tuple[int, ...] = PIECES,
    ) -> None:
        self.rng = random.Random(seed)
        self.pieces = pieces
        self.uart = Uart()
        self.m = modem()
        self.m.ring = ring or self.rng.choice((128, 256, 1024))
        self.m.rings = []
        self.m.engine = self.e = Engine(cutter.LINE, 1024)
        self.e.any = self.uart.any
        self.e.readinto = self.uart.readinto
        self.e.write = self.uart.write
        self.m.wire = Wire(self.e)
        if not fast:
            self.e.pump = partial(Framer.pump, self.e)
        self.lines: list[bytes] = []
        self.prompts = 0
        self.links = []
        for i in range(cutter.LINKS):
            s = self.m.socket()
            s.id = i
            s.up = True
            s.kind = "TCP"
            self.e.links[i] = s
            self.links.append(s)
        # What the engine tells: every line that is no word of a command's end.
        self.e.on_text = self.lines.append
        self.got = [bytearray() for _ in self.links]
        self.failed = [False] * cutter.LINKS
        if prompt:
            self.e.prompt = True
            self.e.on_prompt = self._on_prompt
        self._feed(data)

    def _on_prompt(self) -> None:
        self.prompts += 1

    def _read(self, i: int) -> bool:
        """One try of a reader of link i; did it get something?"""
        s = self.links[i]
        if self.failed[i]:
            if s.ring is not None:
                s.ring.n = 0
            return False
        want = WANTS[int(self.rng.random() * len(WANTS))]
        buf = bytearray(want)
        try:
            if want >= 64 and self.rng.random() < 0.7:
                k = take(s, buf, want)
                if k is None:
                    k = s.leave() or s.got
                    s.got = 0
            else:
                k = take(s, None, 1) and take(s, buf, want)
        except OSError:
            self.failed[i] = True
            return False
        if k:
            self.got[i] += buf[:k]
        return bool(k)

    def _feed(self, data: bytes) -> None:
        random_ = self.rng.random
        rx = self.uart.rx
        e = self.e
        at = now = idle = 0
        size = self.rng.choice(self.pieces)
        slow = self.rng.choice((1, 10))  # one reader in so many turns
        for _ in range(TURNS + 2 * len(data)):
            n = int(random_() * size) + 1
            if at < len(data):
                rx += data[at : at + n]
                at += n
                e.poll(now)
                if random_() * slow < 1:
                    self._read(int(random_() * cutter.LINKS))
                continue
            before = len(rx), e.left, e.off
            e.poll(now)
            moved = False
            for i in range(cutter.LINKS):
                moved = self._read(i) or moved
            if moved or before != (len(rx), e.left, e.off):
                idle = 0
                continue
            idle += 1
            if idle > 3 and now:
                return
            if idle > 3:
                # What is still missing does not come any more.
                idle = 0
                now = STALLED_MS
        raise AssertionError("no end")


def told(lines: list[bytes]) -> list[bytes]:
    """The lines that the engine tells on: not the words of a command's end, not hints."""
    return [x for x in lines if x not in SILENT and not x.startswith((b"+IPD,", b"Recv "))]


def check_one(data: bytes, seed: int) -> None:
    """A long stream through one of the two forms, in large pieces: much for little time."""
    check(data, seed, bool(seed & 1), pumps=(bool(seed & 2),), pieces=LARGE)


def check(
    data: bytes,
    seed: int,
    prompt: bool = False,
    sound: bool = False,
    pumps: tuple[bool, ...] = (False, True),
    pieces: tuple[int, ...] = PIECES,
) -> None:
    """AssertionError when the driver sees anything else in data than the slow cutter does.

    sound: the stream has no fault and its readers have room, so that no link may fail. (Small
    packets that come in one chunk when a ring is full fail their link.)
    """
    found = cutter.cut(data, prompt)
    for fast in pumps:
        run = Run(data, seed, fast, prompt, ROOMY if sound else 0, pieces)
        where = f"seed {seed}, {'bulk' if fast else 'framer'}"
        assert not run.uart.rx, f"{where}: bytes left in the UART"
        lines = told(cutter.lines_of(found))
        assert told(run.lines) == lines, f"{where}: {run.lines} not {lines}"
        assert run.prompts == sum(isinstance(x, cutter.Prompt) for x in found), where
        for i in range(cutter.LINKS):
            want = cutter.payload_of(found, i)
            got = bytes(run.got[i])
            if run.failed[i]:
                assert not sound, f"{where}: link {i} failed without a reason"
                assert want.startswith(got), f"{where}: wrong bytes on link {i}"
            else:
                assert got == want, f"{where}: link {i}: {len(got)} of {len(want)} bytes"
