"""Owns: the order of all checks behind `make test`, and their common exit code.

Every step runs even when an earlier one failed, so that one run tells everything.
pytest comes last: its closing line says how many tests there were.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("lib", "tests_host", "examples", "stubs", "manifest.py")
STEP_LIMIT_S = 1800  # a machine that is busy, or slow; on a free one with 2 cores it is a third


def steps(quick: bool, pytest_args: list[str]) -> list[tuple[str, list[str]]]:
    python = [sys.executable, "-m"]
    present = [name for name in SOURCES if (ROOT / name).exists()]
    pytest = [*python, "pytest", "--no-header", "-n", "2", "--dist", "loadgroup"]
    if quick:
        pytest += ["-m", "not slow"]
    return [
        ("lint", [*python, "ruff", "check", "-q", *present]),
        ("format", [*python, "ruff", "format", "-q", "--check", "--diff", *present]),
        ("types", [*python, "mypy"]),
        ("stubs", [*python, "tools.check_stubs"]),
        ("sizes", [*python, "bench.sizes", "--budget"]),
        ("pytest", [*pytest, *pytest_args]),
    ]


def run(command: list[str]) -> bool:
    try:
        done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, timeout=STEP_LIMIT_S)
    except subprocess.TimeoutExpired:
        print(f"stopped after {STEP_LIMIT_S} s")
        return False
    return done.returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave out tests marked slow")
    parser.add_argument("pytest_args", nargs="*", help="after --: more arguments for pytest")
    args = parser.parse_args()
    failed = []
    for name, command in steps(args.quick, args.pytest_args):
        print(f"== {name}", flush=True)
        start = time.monotonic()
        good = run(command)
        if not good:
            failed.append(name)
        took_s = time.monotonic() - start
        print(f"-- {name}: {'ok' if good else 'FAILED'}, {took_s:.1f} s", flush=True)
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
