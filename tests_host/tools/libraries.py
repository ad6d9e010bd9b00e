"""Owns: docs/libraries.md, the table of unmodified libraries that run over the driver.

A test that runs one carries @shows(...). When it has passed, its row must stand on the page, with
the version that ran; `python -m tools.libraries` runs these tests and writes the page.
"""

from __future__ import annotations

import ast
import functools
import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests_host" / "thirdparty"
PAGE = ROOT / "docs" / "libraries.md"
_REPORT = "ESPAT_LIBRARIES"  # a file for the rows that passed, while the page is being written
LIMIT_S = 900
FROZEN = "as built in"  # the version is the interpreter's business

_BEFORE = """\
# Libraries that run unmodified

Written by `python -m tools.libraries` from a run of `tests_host/thirdparty`; do not edit. Each row
is a test: the library as its authors have published it, the driver, and the simulated module.
`make test` runs all of them and fails if one does not pass or is missing here. What a library
needs for this is in [tls.md](tls.md).

"""
_HEAD = ("library", "version", "runs on", "does", "with")


class Row(NamedTuple):
    library: str
    version: str
    interpreter: str
    does: str
    other_end: str

    def __str__(self) -> str:
        return f"| {' | '.join(self)} |"


def version(library: str, interpreter: str) -> str:
    """Of the installed package; of a MicroPython package, what .tools/micropython says, else it
    is a part of the interpreter (a package of the same name for CPython is another one)."""
    from tools import get_packages

    known = get_packages.versions().get(library)
    if known:
        return known
    if interpreter == "MicroPython":
        return FROZEN
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return FROZEN


def shows(library: str, interpreter: str, does: str, other_end: str) -> Callable[..., Any]:
    """Marks the test that proves a row."""

    def decorate(test: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(test)
        def tested(*args: Any, **options: Any) -> None:
            test(*args, **options)
            passed(Row(library, version(library, interpreter), interpreter, does, other_end))

        return tested

    return decorate


def passed(row: Row) -> None:
    report = os.environ.get(_REPORT)
    if report:
        with open(report, "a") as file:
            file.write(json.dumps(row) + "\n")
    else:
        text = PAGE.read_text() if PAGE.exists() else ""
        assert str(row) in text.splitlines(), f"run python -m tools.libraries: {row} is missing"


def marks() -> int:
    """How many rows there should be."""
    return sum(
        isinstance(node, ast.Call) and ast.unparse(node.func) == "libraries.shows"
        for path in TESTS.glob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
    )


def rows_on_page() -> int:
    return sum(line.startswith("| ") for line in PAGE.read_text().splitlines()) - 2


def page(rows: list[Row]) -> str:
    lines = [f"| {' | '.join(_HEAD)} |", "| --- " * len(_HEAD) + "|"]
    lines += map(str, sorted(set(rows), key=lambda row: (row.interpreter, row.library)))
    return _BEFORE + "\n".join(lines) + "\n"


def main() -> int:
    report = ROOT / "build" / "libraries.jsonl"
    report.parent.mkdir(exist_ok=True)
    report.write_text("")
    command = [sys.executable, "-m", "pytest", "-q", "-n0", str(TESTS)]
    env = {**os.environ, _REPORT: str(report)}
    code = subprocess.run(command, env=env, cwd=ROOT, timeout=LIMIT_S).returncode
    rows = [Row(*json.loads(line)) for line in report.read_text().splitlines()]
    if code:
        return code
    PAGE.write_text(page(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
