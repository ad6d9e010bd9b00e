"""Owns: the table of figures in docs/memory.md, made from docs/bench/bench.json.

`make bench` calls it; --check only says whether the table is up to date.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from bench import report, run

DOC = report.ROOT / "docs" / "memory.md"
BEGIN = "<!-- figures: written by `make bench` -->\n"
END = "<!-- end of figures -->\n"


def table(figures: dict[str, Any]) -> str:
    rows = run.table_rows(figures)
    lines = [[cell or " " for cell in row] for row in rows]
    lines.insert(1, ["---"] + ["---:"] * (len(rows[0]) - 1))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def with_table(text: str, figures: dict[str, Any]) -> str:
    start = text.index(BEGIN) + len(BEGIN)
    return text[:start] + table(figures) + text[text.index(END) :]


def kept() -> dict[str, Any]:
    return dict(json.loads((report.DOCS / "bench.json").read_text()))


def write(doc: Path = DOC) -> None:
    doc.write_text(with_table(doc.read_text(), kept()))


def main() -> int:
    parser = argparse.ArgumentParser(description="Write the table of figures into docs/memory.md.")
    parser.add_argument("--check", action="store_true", help="only say whether it is up to date")
    args = parser.parse_args()
    if not args.check:
        write()
    elif DOC.read_text() != with_table(DOC.read_text(), kept()):
        print("docs/memory.md does not show docs/bench/bench.json: run 'make bench'")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
