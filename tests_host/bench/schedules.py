"""Owns: random schedules of data, Wi-Fi events and sleeps of the host, in every way of waking. What
arrives must be what was sent, at once, and nothing may hang. On CPython, in process.

    python -m bench.schedules [--count 10000] [--first 0]

A schedule is its number: `--first 123 --count 1` runs that one again.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import random
import sys
import time
from functools import partial
from typing import Any

import sim_machine

from espat_sim import Module, VirtualClock, VirtualNetwork, peers

WAKE_GPIO, HOST_GPIO = 12, 18
espat: Any = importlib.import_module("espat")
DELAYS_MS = (0, 1, 10, 39, 40, 60, 100, 500, 1000, 5000, 20000, 60000)
LIMIT_S = 300  # of virtual time for a whole schedule
# From the far end until the program has it: beacons, a race that is seen one piece later, the
# answer of a module that is asked.
SEEN_S = {"pin": 3.0, "uart": 12.0}


class Wrong(Exception):
    """A schedule that did not go as it must."""


def options(chance: random.Random) -> dict[str, Any]:
    kind = chance.choice(("pin", "pin", "uart"))
    found: dict[str, Any] = {"delay_ms": chance.choice(DELAYS_MS)}
    if chance.random() < 0.3:
        found["delay_ms"] = chance.randint(0, 60000)
    found["check_bits"] = chance.choice((1, 2, 3, 5, 6, 7))
    if kind == "uart":
        found["byte"] = chance.randint(0, 255)
    else:
        found.update(gpio=HOST_GPIO, level=chance.randint(0, 1))
    return found


def run(number: int) -> dict[str, int]:
    """One schedule. Raises Wrong; gives how much was sent and how often the host slept."""
    gc.freeze()  # the driver collects after each file of once/: only what is new
    chance = random.Random(number)
    clock = VirtualClock()
    net = VirtualNetwork(clock)
    peers.install(net)
    module = Module("esp32s2-3.4", clock=clock, net=net)
    sim_machine.attach(module)
    try:
        return schedule(chance, clock, net, module)
    finally:
        sim_machine.detach()


def schedule(
    chance: random.Random, clock: VirtualClock, net: VirtualNetwork, module: Module
) -> dict[str, int]:
    from machine import UART, Pin

    far: list[Any] = []
    net.serve_tcp("far.test", 7700, far.append)
    how = options(chance)
    uart = "byte" in how
    light = how["check_bits"] & 3 == 1 and chance.random() < 0.6
    modem = espat.Modem(
        UART(1, chance.choice((9600, 115200, 115200, 921600)), tx=Pin(4), rx=Pin(5), rxbuf=2048),
        wake=Pin(7, Pin.OUT, value=1),
        host_wake=Pin(5 if uart else 8, Pin.IN),
    )
    module.uart[0] = 115200
    modem.wifi.connect("espat-lab", "espat-pass")
    if light:
        modem.power.sleep("light", gpio=WAKE_GPIO)
    modem.power.host_wake(**how)
    links = []
    for _ in range(chance.randint(1, 3)):
        s = modem.socket()
        s.settimeout(0)
        try:
            s.connect(("far.test", 7700))
        except OSError:
            pass
        s.settimeout(30)
        links.append(s)
    while len(far) < len(links):
        modem.pause(10)
    sent = [bytearray() for _ in links]
    got = [bytearray() for _ in links]
    when: list[list[tuple[int, float]]] = [[] for _ in links]
    cut = [False] * len(links)

    def send(i: int, data: bytes) -> None:
        if not cut[i]:
            far[i].send(data)
            sent[i] += data
            when[i].append((len(sent[i]), clock.now_us / 1e6))

    def kick() -> None:
        for i in range(len(cut)):
            cut[i] = True  # what was under way nobody knows
        module.control({"do": "kick"})

    end_s = chance.uniform(1, 60)
    for _ in range(chance.randint(1, 12)):
        i = chance.randrange(len(links))
        data = bytes(chance.randrange(256) for _ in range(chance.choice((1, 2, 20, 200, 1500))))
        clock.call_later(round(chance.uniform(0, end_s) * 1e6), partial(send, i, data))
    if chance.random() < 0.3:
        clock.call_later(round(chance.uniform(0, end_s) * 1e6), kick)
    start_s = clock.now_us / 1e6
    slept = 0
    while True:
        now_s = clock.now_us / 1e6
        if now_s - start_s > LIMIT_S:
            raise Wrong(
                f"it does not end: {how}, {[len(x) for x in got]} of {[len(x) for x in sent]}"
            )
        if now_s - start_s > end_s and all(
            c or len(g) >= len(x) for c, g, x in zip(cut, got, sent)
        ):
            break
        woke = modem.power.host_sleep(chance.choice((0, 1, 7, 100, 1000, 5000, 20000, 60000)))
        slept += 1
        if woke not in ("data", "time", "wifi"):
            raise Wrong(f"woken by {woke}: {how}")
        for i, s in enumerate(links):
            take(i, s, got[i], cut)
            if not cut[i] and not sent[i].startswith(bytes(got[i])):
                raise Wrong(f"link {i}: other bytes: {how}")
            seen_s = clock.now_us / 1e6
            limit_s = SEEN_S["uart" if uart else "pin"]
            for n, at_s in when[i]:
                if not cut[i] and len(got[i]) >= n and seen_s - at_s > limit_s:
                    raise Wrong(f"link {i}: seen after {seen_s - at_s:.1f} s: {how}")
            when[i] = [(n, at_s) for n, at_s in when[i] if len(got[i]) < n]
    return {"bytes": sum(map(len, got)), "sleeps": slept}


def take(i: int, s: Any, got: bytearray, cut: list[bool]) -> None:
    """All that is there."""
    s.settimeout(0)
    while not (cut[i] and s.eof and not s.hint):
        try:
            data = s.recv(2000)
        except OSError as e:
            if e.errno == 11:  # EAGAIN: the answer may still be on its way
                if s.job or s.hint:
                    s.m.pause(2)
                    continue
                return
            cut[i] = True
            return
        if not data:
            cut[i] = True
            return
        got += data


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--first", type=int, default=0)
    args = parser.parse_args()
    started = time.monotonic()
    total = {"bytes": 0, "sleeps": 0}
    failed = 0
    for number in range(args.first, args.first + args.count):
        try:
            for name, n in run(number).items():
                total[name] += n
        except Exception as e:
            failed += 1
            print(f"schedule {number}: {type(e).__name__}: {e}", flush=True)
    took_s = time.monotonic() - started
    print(f"{args.count} schedules, {failed} failed, {total['sleeps']} sleeps,", end=" ")
    print(f"{total['bytes']} bytes, {took_s:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
