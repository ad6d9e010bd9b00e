"""`make fuzz`: the checks of test_fuzz_*.py for as many inputs, or as long, as one likes.

Owns counting, the clock and the corpus (a finding is kept as its seed, or with --atheris as a
file). Random seeds by default; --atheris is guided by the coverage of lib/espat.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from pathlib import Path
from typing import Callable

CORPUS = Path(__file__).with_name("corpus")


def checks() -> dict[str, Callable[[int], None]]:
    """Each check takes a seed; inputs() says how many streams one seed stands for."""
    from faults import commands, compare, parsers, streams, talk

    return {
        "streams": lambda seed: compare.check(streams.stream(seed), seed, bool(seed & 1)),
        "talks": talk.check,
        "parsers": parsers.check,
        "commands": commands.check,
    }


WEIGHTS = {"streams": 60, "talks": 1, "parsers": 20, "commands": 5}


def run_random(args: argparse.Namespace) -> int:
    found = 0
    known = checks()
    names = [args.only] if args.only else list(known)
    weights = [WEIGHTS[name] for name in names]
    rng = random.Random(args.seed)
    start = time.monotonic()
    done = dict.fromkeys(names, 0)
    for i in range(args.inputs):
        name = rng.choices(names, weights)[0]
        seed = args.seed * 1_000_003 + i
        try:
            known[name](seed)
        except Exception:
            found += 1
            traceback.print_exc(limit=4)
            print(f"finding: --only {name} --inputs 1 --at {seed}", flush=True)
            if found >= 20:
                break
        done[name] += 1
        if args.seconds and time.monotonic() - start > args.seconds:
            break
    took = time.monotonic() - start
    counts = ", ".join(f"{n} {name}" for name, n in done.items())
    print(f"fuzz: seed {args.seed}: {sum(done.values())} inputs ({counts}), {took:.0f} s,", end=" ")
    print(f"{found} findings")
    return 1 if found else 0


def run_atheris(args: argparse.Namespace) -> int:
    """Coverage-guided, the stream cutter and the answer parsers in turn."""
    import atheris

    with atheris.instrument_imports(include=["espat"]):
        from faults import compare, parsers

    def one(data: bytes) -> None:
        if len(data) < 2:
            return
        if data[0] & 1:
            compare.check(data[2:], data[1], bool(data[0] & 2))
        else:
            parsers.check_lines(data[1], data[2:].split(b"\n"))

    CORPUS.mkdir(exist_ok=True)
    options = [sys.argv[0], f"-seed={args.seed}", f"-runs={args.inputs}", "-max_len=600"]
    if args.seconds:
        options.append(f"-max_total_time={args.seconds}")
    atheris.Setup([*options, str(CORPUS)], one)
    atheris.Fuzz()
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000_000)
    parser.add_argument("--seconds", type=int, default=0, help="stop then; 0: at --inputs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=sorted(WEIGHTS))
    parser.add_argument("--at", type=int, help="the one seed that a finding names")
    parser.add_argument("--atheris", action="store_true", help="guided by coverage")
    args = parser.parse_args()
    if args.at is not None:
        checks()[args.only or "streams"](args.at)
        return 0
    return run_atheris(args) if args.atheris else run_random(args)


if __name__ == "__main__":
    sys.exit(main())
