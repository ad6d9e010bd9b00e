"""Months of a device's life on 32-bit MicroPython, in virtual time: the heap after the first days,
and at the end.

Owns the command line and the comparison; months_board.py lives, and looks at everything else.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from pathlib import Path
from typing import Callable, NamedTuple

from tools import build_mpy
from tools import run_micropython as runner
from tools.children import Child

SPREAD = 256  # bytes that the moment of looking makes
DAY_S = 24 * 3600
WRAP_MS = 1 << 30  # ticks_ms() on a board
OPERATIONS = 100  # a day, at least: a life in which little happens proves little
HEAP = "192K"  # of a Pico
LIMIT_S = 4 * 3600


class Look(NamedTuple):
    day: float
    heap: int
    operations: int
    errors: int
    faults: int
    wraps: int


LINE = re.compile(
    r"day ([\d.]+): heap (\d+), operations (\d+), errors (\d+), faults (\d+), wraps (\d+)"
)


def live(
    days: int,
    seed: int = 0,
    look_s: int = 5 * DAY_S,
    start_ms: int = 0,
    say: Callable[[str], object] = str,
) -> list[Look]:
    """start_ms: what ticks_ms() says when the device is switched on."""
    looks = []

    def look(line: str) -> None:
        say(line)
        found = LINE.match(line)
        if found:
            day, *numbers = found.groups()
            looks.append(Look(float(day), *map(int, numbers)))

    command = [str(runner.BINARIES[32]), "-X", f"heapsize={HEAP}"]
    command.append(str(Path(__file__).with_name("months_board.py")))
    command += [str(days), str(seed), str(look_s)]
    with runner.simulator() as env:
        # From .mpy, as a board has it: what is loaded for a moment is not compiled each time.
        path = runner.search_path(lib=build_mpy.build_all())
        env = {**env, "ESPAT_SIM_TICKS_MS": str(start_ms), "LC_ALL": "C", "MICROPYPATH": path}
        with Child(command, env, look) as board:
            code = board.wait(LIMIT_S)
    assert code == 0, "".join(board.lines)
    return looks


def wrong(looks: list[Look], days: int, start_ms: int = 0) -> str:
    """What does not hold; empty if all does. What only the device can see it has looked at."""
    first, last = looks[0], looks[-1]
    wraps = (start_ms + days * DAY_S * 1000) // WRAP_MS
    if last.day < days:
        return f"it ended on day {last.day}"
    if last.wraps < wraps:
        return f"the clock wrapped {last.wraps} times, not {wraps}"
    if last.operations < OPERATIONS * days:
        return f"no more than {last.operations} operations"
    if not last.faults or not last.errors:
        return "nothing went wrong: that is no life"
    if last.heap > first.heap + SPREAD:
        return f"the heap has grown from {first.heap} to {last.heap}"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start-ms", type=int, default=0, help="of the device's clock")
    args = parser.parse_args()
    start = time.monotonic()
    looks = live(
        args.days, args.seed, start_ms=args.start_ms, say=lambda line: print(line, flush=True)
    )
    bad = wrong(looks, args.days, args.start_ms)
    print(
        f"{args.days} days, seed {args.seed}: {bad or 'all well'}; {time.monotonic() - start:.0f} s"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
