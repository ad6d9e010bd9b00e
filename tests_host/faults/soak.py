"""`make soak`: as many simulated lives under random faults as one likes (life.py).

Owns the command line.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(HERE), str(HERE / "shim" / "cpython"), str(HERE.parent / "lib")]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--jobs", type=int, default=0, help="processes; 0: as many as CPUs")
    args = parser.parse_args()
    from faults import life

    seeds = range(args.first, args.first + args.seeds)
    jobs = args.jobs or multiprocessing.cpu_count()
    failed = life.many(seeds, args.minutes, lambda text: print(text, flush=True), jobs)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
