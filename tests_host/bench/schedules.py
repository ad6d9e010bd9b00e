"""Owns: random schedules of data both ways, Wi-Fi events and sleeps of the host, in every way of
waking. What arrives must be what was sent, in time; the host may not sleep on what it has heard,
and nothing may hang. On CPython, in process.

    python -m bench.schedules [--count 10000] [--first 0]

A schedule is its number: `--first 123 --count 1` runs that one again. Every third is one of
asyncio, whose host sleeps by idle() whenever all its tasks wait.
"""

from __future__ import annotations

import argparse
import random
import sys
import time

import sim_machine

from bench import in_process, report
from bench.schedule import Schedule
from bench.schedule_idle import IdleSchedule
from espat_sim import Module, VirtualClock, VirtualNetwork, peers


def run(number: int) -> dict[str, int]:
    """One schedule. Raises Wrong; gives how much was sent and how often the host slept."""
    clock = VirtualClock()
    net = VirtualNetwork(clock)
    peers.install(net)
    module = Module("esp32s2-3.4", clock=clock, net=net)
    host = sim_machine.attach(module)
    try:
        with in_process.fast():
            kind = IdleSchedule if number % 3 == 2 else Schedule
            return kind(random.Random(number), clock, net, module, host).run()
    finally:
        sim_machine.detach()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--write", action="store_true", help="what came out into docs/power.md")
    args = parser.parse_args()
    started = time.monotonic()
    total: dict[str, int] = {}
    failed = 0
    for number in range(args.first, args.first + args.count):
        try:
            for name, n in run(number).items():
                total[name] = total.get(name, 0) + n
        except Exception as e:
            failed += 1
            print(f"schedule {number}: {type(e).__name__}: {e}", flush=True)
        done = number - args.first + 1
        if done % 500 == 0 or done == args.count:
            took_s = time.monotonic() - started
            print(f"{done} schedules, {failed} failed, {total.get('sleeps', 0)} sleeps,", end=" ")
            print(f"{total.get('bytes', 0)} bytes down, {total.get('up', 0)} up,", end=" ")
            print(f"{took_s:.0f} s", flush=True)
    if args.write:
        words = ["schedules", "failed", "sleeps", "bytes received", "bytes sent"]
        counts = [args.count, failed, *(total.get(x, 0) for x in ("sleeps", "bytes", "up"))]
        rows = [words, [str(n) for n in counts]]
        report.into_page(report.ROOT / "docs" / "power.md", "schedules", rows, right=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
