"""`make fuzz`: the checks of test_fuzz_*.py for as many inputs, or as long, as one likes.

Owns counting, the clock, the processes and the corpus. Random seeds by default, each of which can
be had again; --atheris is guided by the coverage of lib/espat and keeps what it finds in corpus/.

What counts as one input: of "messages" one message (payload with its header, a line, an answer, or
a spoilt one) in a stream of 64, each stream checked as a whole; of "streams" a stream of up to some
thousand bytes through both forms of the framer; of "talks" a conversation of up to five links; of
"parsers" a whole answer to one call of the driver; of "commands" a command line to the simulator.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import time
import traceback
from pathlib import Path
from typing import Callable, NamedTuple, Optional

CORPUS = Path(__file__).with_name("corpus")
MESSAGES = 64
LINES = 100
BATCH = 20_000  # inputs that one process takes at a time
MOST = 20  # findings, then it stops


class Kind(NamedTuple):
    check: Callable[[int], None]  # takes a seed
    inputs: int  # that one seed stands for
    share: float  # of all inputs, in thousandths


def kinds() -> dict[str, Kind]:
    from faults import commands, compare, parsers, streams, talk

    def messages(seed: int) -> None:
        compare.check_one(streams.messages(seed, MESSAGES), seed)

    def whole(seed: int) -> None:
        compare.check(streams.stream(seed), seed, bool(seed & 1))

    return {
        "messages": Kind(messages, MESSAGES, 924),
        "streams": Kind(whole, 1, 2),
        "talks": Kind(talk.check, 1, 0.1),
        "parsers": Kind(parsers.check, 1, 40),
        "commands": Kind(lambda seed: commands.check(seed, LINES), LINES, 34),
    }


class Done(NamedTuple):
    counts: dict[str, int]
    found: list[str]


def batch(task: tuple[int, int, str]) -> Done:
    """The inputs of one number; small enough that the processes end at about the same time."""
    seed, inputs, only = task
    known = kinds()
    names = [only] if only else list(known)
    rng = random.Random(seed)
    counts = dict.fromkeys(names, 0)
    found: list[str] = []
    weights = [known[name].share / known[name].inputs for name in names]
    at = seed * 1_000_003
    while sum(counts.values()) < inputs and len(found) < MOST:
        name = rng.choices(names, weights)[0]
        try:
            known[name].check(at)
        except Exception:
            where = f"finding: --only {name} --at {at}"
            found.append(traceback.format_exc(limit=-4) + where)
        counts[name] += known[name].inputs
        at += 1
    return Done(counts, found)


def settle() -> None:
    from tools import code_cache

    kinds()["parsers"].check(1)
    code_cache.settle_in()


def run_random(args: argparse.Namespace) -> int:
    start = time.monotonic()
    counts: dict[str, int] = {}
    found = 0
    size = min(BATCH, args.inputs)
    tasks = (
        (args.seed * 100_000 + i, size, args.only or "") for i in range(-(-args.inputs // size))
    )
    with multiprocessing.Pool(args.jobs, settle) as pool:
        for number, done in enumerate(pool.imap_unordered(batch, tasks), 1):
            for name, count in done.counts.items():
                counts[name] = counts.get(name, 0) + count
            found += len(done.found)
            print(*done.found, sep="\n", end="\n" if done.found else "", flush=True)
            if number % 50 == 0:
                print(f"{sum(counts.values())} inputs, {found} findings", flush=True)
            late = args.seconds and time.monotonic() - start > args.seconds
            if late or found >= MOST:
                pool.terminate()
                break
    took = time.monotonic() - start
    each = ", ".join(f"{n} {name}" for name, n in counts.items())
    print(f"fuzz: seed {args.seed}: {sum(counts.values())} inputs ({each}), {took:.0f} s,", end=" ")
    print(f"{found} findings")
    return 1 if found else 0


def run_atheris(args: argparse.Namespace) -> int:
    """Coverage-guided: the stream cutter, the answer parsers, the simulator's parser in turn."""
    import atheris

    from tools import code_cache

    # Files of once/ are loaded anew for each call: their counters are put in once, into the code
    # that is kept. Before anything of the driver is loaded.
    if any(name.partition(".")[0] == "espat" for name in sys.modules):
        raise RuntimeError("the driver was loaded before it could be watched")
    code_cache.prepare = lambda code: atheris.patch_code(code, True)
    code_cache.install()
    with atheris.instrument_imports(include=["espat_sim.parser", "espat_sim.escape"]):
        from faults import commands, compare, parsers

    rig: list[Optional[commands.Rig]] = [None]
    code_cache.settle_in()

    def one(data: bytes) -> None:
        if len(data) < 2:
            return
        kind = data[0] & 3
        if kind < 2:
            compare.check(data[2:], data[1], bool(data[0] & 4), pumps=(bool(kind),))
        elif kind == 2:
            parsers.check_lines(data[1], data[2:].split(b"\n"))
        else:
            rig[0] = commands.one(rig[0], data[1:])

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
    parser.add_argument("--jobs", type=int, default=0, help="processes; 0: as many as CPUs")
    parser.add_argument("--only", help="one kind: messages, streams, talks, parsers, commands")
    parser.add_argument("--at", type=int, help="the one seed that a finding names")
    parser.add_argument("--atheris", action="store_true", help="guided by coverage")
    args = parser.parse_args()
    args.jobs = args.jobs or multiprocessing.cpu_count()
    if args.atheris:
        return run_atheris(args)
    if args.only and args.only not in kinds():
        parser.error(f"--only takes one of {', '.join(kinds())}")
    if args.at is not None:
        kinds()[args.only or "messages"].check(args.at)
        return 0
    return run_random(args)


if __name__ == "__main__":
    sys.exit(main())
