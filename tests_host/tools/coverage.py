"""Owns: `make coverage`: lines and branches of lib/espat that the tests on CPython run.

Only what runs in this process counts: files that are loaded on a board alone (see NOT_HERE) and
programs in processes of their own are left out. The exit code is 0 when both reach BAR.
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
BAR = 95.0
TEXT = """\
[run]
branch = True
source = lib/espat
data_file = build/coverage.data
[report]
exclude_also =
    if False:
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pytest_args", nargs="*", help="after --: more arguments for pytest")
    args = parser.parse_args()
    SETTINGS.parent.mkdir(exist_ok=True)
    SETTINGS.write_text(TEXT)
    command = [sys.executable, "-m", "pytest", "-q", "--no-header", "-n", "2"]
    command += ["--cov", f"--cov-config={SETTINGS}", "--cov-report="]
    command += [f"--cov-report=json:{REPORT}"]
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
