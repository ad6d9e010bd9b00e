"""`make soak`: as many simulated lives under random faults as one likes (life.py).

Owns the command line. `--only KIND` gives every fault of a life the same kind.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(HERE), str(HERE / "shim" / "cpython"), str(HERE.parent / "lib")]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=10)
    args = parser.parse_args()
    from faults import life

    seeds = range(args.first, args.first + args.seeds)
    return 1 if life.many(seeds, args.minutes, lambda text: print(text, flush=True)) else 0


if __name__ == "__main__":
    sys.exit(main())
