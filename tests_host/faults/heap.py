"""The heap after many connections on 32-bit MicroPython: what it is after 100, and at the end.

Owns the comparison; heap_board.py makes the connections.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

from tools import run_micropython as runner

SPREAD = 256  # bytes that the moment of looking makes


def measure(count: int) -> dict[int, int]:
    """Bytes in use after so many connections."""
    with runner.simulator() as env:
        done = subprocess.run(
            [str(runner.BINARIES[32]), "-X", "heapsize=256K"]
            + [str(Path(__file__).with_name("heap_board.py")), str(count)],
            env={**os.environ, **env, "MICROPYPATH": runner.search_path()},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    return {int(a): int(b) for a, b in re.findall(r"heap (\d+) (\d+)", done.stdout)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=100_000)
    args = parser.parse_args()
    found = measure(args.connections)
    print(f"heap in use after connections: {found}")
    return 1 if found[args.connections] > found[100] + SPREAD else 0


if __name__ == "__main__":
    sys.exit(main())
