"""Owns: how figures are shown, kept (docs/bench/*.json) and compared with the budgets.

Budgets are exact, repeatable numbers (bytes, blocks, instructions); never wall-clock times.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Sequence

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs" / "bench"
BUDGETS = Path(__file__).with_name("budgets.json")


def text_table(rows: Sequence[Sequence[str]]) -> str:
    """First row: headings. The first column is words, the others are numbers."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for number, row in enumerate(rows):
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        lines.append("  ".join(cells).rstrip())
        if number == 0:
            lines.append("-" * len(lines[0]))
    return "\n".join(lines)


def write_json(name: str, figures: dict[str, Any]) -> Path:
    DOCS.mkdir(parents=True, exist_ok=True)
    path = DOCS / f"{name}.json"
    path.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")
    return path


def into_page(page: Path, name: str, rows: Sequence[Sequence[str]], right: bool = False) -> None:
    """A table of docs/<page>, between the two marks of that name; right: numbers."""
    text = page.read_text()
    start = text.index("-->\n", text.index(f"<!-- {name}: ")) + 4
    end = text.index(f"<!-- end of {name} -->")
    lines = [list(rows[0]), ["---:" if right else "---"] * len(rows[0]), *rows[1:]]
    table = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    page.write_text(text[:start] + table + text[end:])


def budget(name: str) -> int:
    return int(json.loads(BUDGETS.read_text())[name])


def check_budget(figures: dict[str, int]) -> int:
    """0 when each figure is within its budget; says which is not."""
    over = 0
    for name, value in figures.items():
        limit = budget(name)
        if value > limit:
            print(f"OVER BUDGET: {name} is {value}, the budget is {limit}")
            over += 1
    return 1 if over else 0
