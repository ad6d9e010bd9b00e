"""Owns: `make coverage`: lines and branches of lib/espat that the tests on CPython run.

Only what runs in this process counts. What runs on a board alone is left out: NOT_HERE and
ELSEWHERE say what, and why. WITHOUT and NO_CHANCE are tests that do not run here: what is run by
chance only would be a figure of luck. The exit code is 0 when both figures reach BAR and all
tests pass.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "build" / "coverage.json"
SETTINGS = ROOT / "build" / "coverage.ini"
TESTS = ("unit", "system", "faults", "thirdparty/test_adafruit.py")
# It has no driver in this process: the heap on MicroPython.
WITHOUT = ("faults/test_heap.py",)
# Lives and conversations under random faults: they take as long as all else together, and what goes
# wrong in them goes wrong at an exact byte in the other tests.
NO_CHANCE = ("faults/test_life.py::test_mixed_faults", "faults/test_talks.py")
BAR = 95.0
# Files that take the place of MicroPython's own modules (socket, ssl, network) and run there only:
# system/test_dropin*.py.
NOT_HERE = ("dropin*.py", "once/dropin_*.py", "once/at_once.py")
# Interpreters' differences that CPython has not: MicroPython's asyncio, CircuitPython's pins, clock
# and asyncio; the tests of these files run on MicroPython, too.
ELSEWHERE = (
    "if False:",
    'if sys.implementation.name == "micropython":',
    'if sys.implementation.name != "cpython":',
    r"else:\n\n +async def rest\(",  # aiowait.py: CircuitPython
    r"except ImportError:\n\n    def const",  # compat.py
    r"except ImportError:\n    from \.ticks",
    r"except ImportError:\n +import time\n",  # once/net_clock.py: CircuitPython's rtc
    r"except ImportError:  # CircuitPython",
    r"except ImportError:  # a part",  # what is not installed (micropython/test_install.py)
)
TEXT = f"""\
[run]
branch = True
source = lib/espat
data_file = build/coverage.data
[report]
omit =
{"".join(f"    lib/espat/{name}" + chr(10) for name in NOT_HERE)}exclude_also =
{"".join(f"    {line}" + chr(10) for line in ELSEWHERE)}"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pytest_args", nargs="*", help="after --: more arguments for pytest")
    args = parser.parse_args()
    SETTINGS.parent.mkdir(exist_ok=True)
    SETTINGS.write_text(TEXT)
    command = [sys.executable, "-m", "pytest", "-q", "--no-header", "-n", "2"]
    command += ["--cov", f"--cov-config={SETTINGS}", "--cov-report="]
    command += [f"--cov-report=json:{REPORT}"]
    command += [f"--ignore=tests_host/{name}" for name in WITHOUT]
    command += [f"--deselect=tests_host/{name}" for name in NO_CHANCE]
    command += [f"tests_host/{name}" for name in TESTS] + args.pytest_args
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL)
    files = json.loads(REPORT.read_text())["files"]
    lines = branches = lines_run = branches_run = 0
    for name, data in sorted(files.items()):
        s = data["summary"]
        lines += s["num_statements"]
        lines_run += s["covered_lines"]
        branches += s["num_branches"]
        branches_run += s["covered_branches"]
        if data["missing_lines"] or data["missing_branches"]:
            missing = ", ".join(map(str, data["missing_lines"]))
            ways = ", ".join(f"{a}->{b}" for a, b in data["missing_branches"])
            print(f"{name}: lines {missing or '-'}; branches {ways or '-'}")
    shares = (100 * lines_run / lines, 100 * branches_run / branches)
    print(f"lines {shares[0]:.1f} % of {lines}, branches {shares[1]:.1f} % of {branches}")
    return done.returncode or (0 if min(shares) >= BAR else 1)


if __name__ == "__main__":
    sys.exit(main())
