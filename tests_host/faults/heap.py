"""The heap after many connections on 32-bit MicroPython: what it is after 100, and at the end.

Owns the comparison; heap_board.py makes the connections.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from pathlib import Path
from typing import Callable

from tools import run_micropython as runner
from tools.children import Child

SPREAD = 256  # bytes that the moment of looking makes
LIMIT_S = 4 * 3600


def measure(count: int, say: Callable[[str], object] = str) -> dict[int, int]:
    """Bytes in use after so many connections: 100, ten times as many ..., and the last one."""
    found = {}

    def look(line: str) -> None:
        for a, b in re.findall(r"heap (\d+) (\d+)", line):
            found[int(a)] = int(b)
            say(line)

    command = [str(runner.BINARIES[32]), "-X", "heapsize=256K"]
    command += [str(Path(__file__).with_name("heap_board.py")), str(count)]
    with runner.simulator() as env:
        env = {**env, "MICROPYPATH": runner.search_path()}
        with Child(command, env, look) as board:
            code = board.wait(LIMIT_S)
    assert code == 0, "".join(board.lines)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=100_000)
    args = parser.parse_args()
    start = time.monotonic()
    found = measure(args.connections, lambda line: print(line, flush=True))
    took = time.monotonic() - start
    print(f"bytes of heap in use after so many connections: {found}; {took:.0f} s")
    return 1 if found[args.connections] > found[100] + SPREAD else 0


if __name__ == "__main__":
    sys.exit(main())
