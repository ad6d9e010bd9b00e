"""One simulated life under random faults, from one number: what a program sees is correct bytes or
an error, no call lasts longer than it may, and service is back soon after the faults have ended.

Owns the run and its limits; the faults are trouble.py's, what the program does deeds.py's.
"""

from __future__ import annotations

import logging
import random
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any, Callable, NamedTuple, Optional

import sim_machine
from machine import UART, Pin

import espat
from espat_sim import Module, VirtualClock, VirtualNetwork, peers
from faults import deeds, trouble
from tools import code_cache

LAB = ("espat-lab", "espat-pass")
CALL_LIMIT_MS = 90_000  # what docs/reliability.md promises: the longest that a call may last
BACK_MS = 30_000
KINDS = trouble.KINDS


def pattern(count: int) -> bytes:
    return peers.pattern(count)


class Poller:
    """What select.poll() is on a board: the time until something comes passes at once."""

    def __init__(self, host: Any) -> None:
        self.host = host

    def ipoll(self, ms: int) -> tuple[()]:
        self.host.idle(ms * 1000)
        return ()


class Life:
    def __init__(self, seed: int, minutes: float, only: Optional[str] = None) -> None:
        self.rng = random.Random(seed)
        self.clock = VirtualClock()
        net = VirtualNetwork(self.clock)
        peers.install(net)
        self.module = Module(clock=self.clock, net=net, seed=seed)
        self.host = sim_machine.attach(self.module)
        self.trouble = trouble.Trouble(self.rng, self.clock, net, self.module)
        self.end_us = int(minutes * 60e6)
        self.good = 0
        self.errors = 0
        self.longest_ms = 0
        self.back_ms = 0
        # What kind of host it is.
        self.passive = only in trouble.LOSES_PAYLOAD or self.rng.random() < 0.8
        self.flow = "stuck_cts" in (only or "") or self.rng.random() < 0.4
        self.serves = self.rng.random() < 0.4
        self.host.reaction_us = self.rng.choice((300, 300, 1000, 5000))
        without = self.rng.choice((trouble.LOSES, trouble.INSERTS))
        kinds = [only] if only else [kind for kind in KINDS if kind not in without]
        if not self.passive:
            kinds = [kind for kind in kinds if kind not in trouble.LOSES_PAYLOAD]
        self.trouble.kinds = tuple(kinds)

    @property
    def faults(self) -> int:
        return self.trouble.count

    def now_ms(self) -> int:
        return self.clock.now_us // 1000

    def run(self) -> None:
        try:
            flow = UART.RTS | UART.CTS if self.flow else 0
            uart = UART(1, 115200, tx=Pin(4), rx=Pin(5), rxbuf=2048, flow=flow)
            self.m = m = espat.Modem(
                uart, reset=Pin(6, Pin.OUT, value=1), passive=self.passive, flow=self.flow
            )
            m.poller = Poller(self.host)
            m.wifi.connect(*LAB)
            self.deeds = deeds.Deeds(self.rng, self.module, m, self.serves)
            if "drop_output" in self.trouble.kinds:
                self.deeds.all.remove(self.deeds.store)  # of two lost bytes nothing can tell there
            if self.serves:
                self.deeds.listen()
            self.clock.call_at(self.end_us, self.trouble.end)
            while not self.trouble.over:
                if self.rng.random() < 0.4:
                    self.trouble.begin()
                self.one(self.rng.choice(self.deeds.all))
            self.come_back()
        finally:
            sim_machine.detach()

    def one(self, what: Callable[[], None]) -> bool:
        """One operation; an error is fine, wrong bytes are not."""
        start = self.now_ms()
        try:
            what()
            self.good += 1
            return True
        except OSError:
            self.errors += 1
            return False
        finally:
            self.within(what.__name__, start)
            if self.m.engine.lost or self.m.wifi_state != 2 or self.rng.random() < 0.3:
                self.look()

    def within(self, name: str, start: int) -> None:
        took = self.now_ms() - start
        self.longest_ms = max(self.longest_ms, took)
        assert took < CALL_LIMIT_MS, f"{name} took {took} ms"

    def look(self) -> None:
        start = self.now_ms()
        try:
            self.m.watchdog()
        except OSError:
            pass  # the next call goes on
        self.within("watchdog", start)

    def come_back(self) -> None:
        """Service in both directions. Counted from the moment at which the faults ended, or from
        the end of the call that was under way then: it has a limit of its own."""
        wanted = [self.deeds.echo] + [self.deeds.visit] * self.serves
        end_ms = self.now_ms()
        last: Optional[BaseException] = None
        while wanted:
            if self.now_ms() - end_ms > BACK_MS:
                raise AssertionError(f"no service {BACK_MS} ms after the faults: {last!r}")
            start = self.now_ms()
            try:
                wanted[0]()
                wanted.pop(0)
            except OSError as e:
                last = e
                self.look()
                self.m.pause(200)
            self.within("on the way back", start)
        self.back_ms = self.now_ms() - end_ms


def live(seed: int, minutes: float, only: Optional[str] = None) -> Life:
    one = Life(seed, minutes, only)
    one.run()
    return one


class Figures(NamedTuple):
    seed: int
    failed: str
    good: int
    errors: int
    faults: int
    longest_ms: int
    back_ms: int


def one(seed: int, minutes: float) -> Figures:
    life = Life(seed, minutes)
    failed = ""
    try:
        life.run()
    except Exception as e:
        failed = f"{type(e).__name__}: {e}"
    return Figures(seed, failed, life.good, life.errors, life.faults, life.longest_ms, life.back_ms)


def many(seeds: range, minutes: float, say: Callable[[str], object] = print, jobs: int = 1) -> int:
    """How many lives failed; says so for each, and the figures at the end."""
    logging.getLogger("espat").setLevel(logging.ERROR)  # not each module that stops answering
    start = time.monotonic()
    if jobs > 1:
        with ProcessPoolExecutor(jobs, initializer=code_cache.settle_in) as pool:
            lots = pool.map(one, seeds, [minutes] * len(seeds), chunksize=5)
            all_ = [told(figures, say) for figures in lots]
    else:
        code_cache.settle_in()
        all_ = [told(one(seed, minutes), say) for seed in seeds]
    failed = sum(bool(f.failed) for f in all_)
    say(
        f"{len(seeds)} seeds from {seeds.start} x {minutes} min: {failed} failed; "
        f"{sum(f.faults for f in all_)} faults, {sum(f.good for f in all_)} operations done, "
        f"{sum(f.errors for f in all_)} with an error; "
        f"longest call {max(f.longest_ms for f in all_)} ms, "
        f"longest way back {max(f.back_ms for f in all_)} ms; {time.monotonic() - start:.0f} s"
    )
    return failed


def told(figures: Figures, say: Callable[[str], object]) -> Figures:
    if figures.failed:
        say(f"seed {figures.seed}: {figures.failed}")
    return figures
