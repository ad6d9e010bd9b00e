"""A state machine of hypothesis: a program with up to five links and datagrams at once, in any
order, while faults come, driver against simulator. What fails is made as short as it can be.

    python -m faults.talks --examples 1000 --seed 1

Owns the rules and what must hold: where nothing has gone wrong no call may fail; after faults each
link gives the bytes that are its own, or an error, and a new one works when they are over. (The
lives of life.py are longer, with one operation at a time.)
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
from typing import Any, Sequence

import hypothesis
import sim_machine
from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from machine import UART, Pin

import espat
from espat_sim import Module, VirtualClock, VirtualNetwork, peers
from faults import deeds, life, trouble
from tools import code_cache

LINKS = 5
STEPS = 40
RING = 1024
MODULE_KEEPS = 5000
TIMEOUT_S = 8
DGRAM = 2


class Link:
    """A socket, and what the far end has still to give back."""

    def __init__(self, s: Any) -> None:
        self.s = s
        self.waiting = bytearray()
        self.broken = False


def done(f: Any, *args: Any) -> bool:
    f(*args)
    return True


class Talks(RuleBasedStateMachine):
    faults = trouble.Trouble

    def __init__(self) -> None:
        super().__init__()
        self.clock = VirtualClock()
        self.net = VirtualNetwork(self.clock)
        peers.install(self.net)
        self.module = Module(clock=self.clock, net=self.net)
        self.host = sim_machine.attach(self.module)
        self.trouble = self.faults(random.Random(0), self.clock, self.net, self.module)
        self.all: list[Link] = []
        self.started = False

    @initialize(passive=st.booleans(), flow=st.booleans(), loses=st.booleans())
    def start(self, passive: bool, flow: bool, loses: bool) -> None:
        without = trouble.INSERTS if loses else trouble.LOSES  # docs/reliability.md
        if not passive:
            without += trouble.LOSES_PAYLOAD
        self.kinds = [kind for kind in trouble.KINDS if kind not in without]
        # In passive receive the module keeps it, in active a ring: what nobody reads must fit.
        self.room = MODULE_KEEPS if passive else RING // 2
        words = UART.RTS | UART.CTS if flow else 0
        uart = UART(1, 115200, tx=Pin(4), rx=Pin(5), rxbuf=2048, flow=words)
        reset = Pin(6, Pin.OUT, value=1)
        self.m = espat.Modem(uart, reset=reset, passive=passive, flow=flow, ring=RING)
        self.m.poller = life.Poller(self.host)
        self.m.wifi.connect(*life.LAB)
        self.started = True

    @property
    def calm(self) -> bool:
        """Nothing has gone wrong so far."""
        return not self.trouble.count

    def teardown(self) -> None:
        try:
            if self.started:
                self.come_back()
        finally:
            sim_machine.detach()

    def call(self, f: Any, *args: Any, may_fail: bool = False) -> Any:
        """What it gives; None for an error, which only a fault may cause."""
        start = self.clock.now_us
        try:
            return f(*args)
        except OSError as e:
            assert may_fail or not self.calm, f"without a fault: {e!r}"
            return None
        finally:
            took = (self.clock.now_us - start) // 1000
            assert took < life.CALL_LIMIT_MS, f"{f} took {took} ms"

    # -- streams -----------------------------------------------------------------------
    @precondition(lambda self: len(self.all) < LINKS)
    @rule()
    def connect(self) -> None:
        link = Link(self.m.socket())
        link.s.settimeout(TIMEOUT_S)
        if self.call(done, link.s.connect, deeds.ECHO):
            self.all.append(link)
        else:
            link.s.close()

    @precondition(lambda self: len(self.all) == LINKS)
    @rule()
    def one_too_many(self) -> None:
        with self.m.socket() as s:
            broken = any(link.broken for link in self.all)  # it has a link no more
            opened = self.call(done, s.connect, deeds.ECHO, may_fail=True)
            assert not opened or broken or not self.calm, "a sixth link"

    @precondition(lambda self: self.all)
    @rule(
        which=st.integers(0, LINKS - 1),
        size=st.sampled_from((1, 30, 500, 1500, 3000)),
        seed=st.integers(0, 255),
    )
    def write(self, which: int, size: int, seed: int) -> None:
        link = self.all[which % len(self.all)]
        if link.broken:
            return  # after an error nobody knows how much has gone out
        size = min(size, self.room - len(link.waiting))
        data = random.Random(seed).randbytes(size)
        link.waiting += data  # also after an error: a part may have gone out
        if not self.call(done, link.s.sendall, data):
            link.broken = True

    @precondition(lambda self: any(x.waiting for x in self.all))
    @rule(which=st.integers(0, LINKS - 1), size=st.sampled_from((1, 10, 700, 3000)))
    def read(self, which: int, size: int) -> None:
        some = [x for x in self.all if x.waiting]
        self.read_from(some[which % len(some)], size)

    @precondition(lambda self: self.all)
    @rule(
        order=st.permutations(range(LINKS)),
        size=st.sampled_from((1, 100, 1460)),
        rounds=st.integers(1, 3),
    )
    def all_at_once(self, order: list[int], size: int, rounds: int) -> None:
        """Something on every link, and then the answers in another order."""
        for i in range(rounds):
            for which in range(len(self.all)):
                self.write(which, size, i)
            for which in order:
                if which < len(self.all) and self.all[which].waiting:
                    self.read_from(self.all[which], 3000)

    def read_from(self, link: Link, size: int) -> None:
        got = self.call(link.s.recv, size, may_fail=link.broken)
        if not got:
            assert got is None or link.broken or not self.calm, "an end that nobody made"
            link.broken = True
            return
        assert len(got) <= size
        assert link.waiting.startswith(got), f"wrong bytes: {len(got)}"
        del link.waiting[: len(got)]

    @precondition(lambda self: self.all)
    @rule(which=st.integers(0, LINKS - 1))
    def close(self, which: int) -> None:
        self.call(self.all.pop(which % len(self.all)).s.close)

    @precondition(lambda self: any(x.broken for x in self.all))
    @rule()
    def close_broken(self) -> None:
        for link in self.all[:]:
            if link.broken:
                self.call(link.s.close)
                self.all.remove(link)

    # -- the rest ----------------------------------------------------------------------
    @rule(size=st.sampled_from((1, 100, 1000)))
    def datagram(self, size: int) -> None:
        if len(self.all) < LINKS:
            self.call(self.one_datagram, bytes([size & 255]) * size)

    def one_datagram(self, data: bytes) -> None:
        with self.m.socket(2, DGRAM) as s:
            s.settimeout(2)
            s.connect(deeds.ECHO)
            s.send(data)
            got = s.recv(1500)
            assert got == data or not got and not self.calm, f"wrong datagram: {len(got)}"

    @rule()
    def ask(self) -> None:
        name = self.call(self.m.wifi.ssid)
        assert not self.calm or name == life.LAB[0].encode()

    @rule(ms=st.sampled_from((1, 100, 3000)))
    def rest(self, ms: int) -> None:
        self.call(self.m.pause, ms)

    @rule()
    def look(self) -> None:
        self.call(self.m.watchdog)

    @rule(seed=st.integers(0, 1 << 16), data=st.data())
    def fault(self, seed: int, data: Any) -> None:
        self.trouble.rng = random.Random(seed)
        self.trouble.kinds = (data.draw(st.sampled_from(self.kinds)),)
        self.trouble.begin()

    # -- the end -----------------------------------------------------------------------
    def come_back(self) -> None:
        if not self.calm:
            self.trouble.end()
        for link in self.all:
            self.call(link.s.close)
        end_us = self.clock.now_us
        while not self.call(done, self.whole_echo):
            assert self.clock.now_us - end_us < life.BACK_MS * 1000, "no service afterwards"
            self.call(self.m.watchdog)
            self.m.pause(200)

    def whole_echo(self) -> None:
        data = bytes(range(200))
        with self.m.socket() as s:
            s.settimeout(TIMEOUT_S)
            s.connect(deeds.ECHO)
            s.sendall(data)
            deeds.same(data, s.read(len(data)))


def run(
    examples: int,
    seed: int,
    machine: type[Talks] = Talks,
    phases: Sequence[Phase] = (Phase.generate, Phase.shrink),
) -> None:
    run_state_machine_as_test(
        hypothesis.seed(seed)(machine),
        settings=hypothesis.settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=phases,
            suppress_health_check=list(hypothesis.HealthCheck),
        ),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    logging.getLogger("espat").setLevel(logging.ERROR)  # not each module that stops answering
    code_cache.settle_in()
    run(args.examples, args.seed)
    print(f"{args.examples} conversations from seed {args.seed}: no finding")
    return 0


if __name__ == "__main__":
    sys.exit(main())
