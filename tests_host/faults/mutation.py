"""Owns: `make mutation`: how many small faults in framer and engine the tests notice.

mutmut changes one thing at a time in a copy of the driver (build/mutation) and runs the unit tests
on it. Some changes nobody can notice, because they change nothing that can be seen (`find(x, 0, n)`
for `find(x, None, n)`, `<` for `<=` where both ways do the same); they count as not noticed all the
same. The exit code is 0 when at least BAR of all were noticed.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STAGE = ROOT / "build" / "mutation"
FILES = ("framer", "engine")
TESTS = tuple(
    f"unit/{name}.py"
    for name in (
        "test_framer",
        "test_engine",
        "test_framer_edges",
        "test_engine_edges",
        "test_engine_send",
    )
)
BAR = 0.90
KILLED = ("killed", "timeout", "suspicious", "segfault")
SETTINGS = """\
[tool.pytest.ini_options]
pythonpath = ["tests"]
addopts = "--import-mode=importlib -q -p no:cacheprovider -p no:xdist"

[tool.mutmut]
source_paths = ["src"]
only_mutate = [{files}]
pytest_add_cli_args_test_selection = [{tests}]
"""


def stage() -> None:
    """A copy in the layout that mutmut expects, with nothing but these tests."""
    shutil.rmtree(STAGE, ignore_errors=True)
    shutil.copytree(ROOT / "lib" / "espat", STAGE / "src" / "espat")
    shutil.copytree(ROOT / "tests_host" / "unit", STAGE / "tests" / "unit")
    files = ", ".join(f'"src/espat/{name}.py"' for name in FILES)
    tests = ", ".join(f'"tests/{name}"' for name in TESTS)
    (STAGE / "pyproject.toml").write_text(SETTINGS.format(files=files, tests=tests))


def mutmut(*args: str) -> str:
    command = [sys.executable, "-m", "mutmut", *args]
    return subprocess.run(
        command, cwd=STAGE, stdin=subprocess.DEVNULL, capture_output=True, text=True
    ).stdout


def change(name: str) -> str:
    """What the mutant changes: its lost and its new lines."""
    lines = re.findall(r"^[-+](?![-+]).*", mutmut("show", name), re.M)
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--show", action="store_true", help="what was not noticed")
    args = parser.parse_args()
    stage()
    output = mutmut("run", "--max-children", str(args.jobs))
    results = dict(re.findall(r"^\s+(\S+): ([\w ]+)$", mutmut("results", "--all", "true"), re.M))
    if not results:
        print(output[-3000:])
        return 1
    alive = [name for name, state in results.items() if state not in KILLED]
    for name in alive if args.show else ():
        print(f"{name}: {results[name]}\n{change(name)}")
    share = 1 - len(alive) / len(results)
    for module in FILES:
        mine = [name for name in results if name.startswith(f"espat.{module}.")]
        left = sum(name in alive for name in mine)
        print(f"{module}: {len(mine)} changes, {left} not noticed")
    print(f"{len(results)} changes, {100 * share:.1f} % noticed, {100 * BAR:.0f} % wanted")
    return 0 if share >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
