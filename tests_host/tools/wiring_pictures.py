"""Owns: docs/img/*.svg, drawn from the wiring tables (board, module, wire) of docs/quickstart.md.

python -m tools.wiring_pictures           # writes them; --check compares only
"""

from __future__ import annotations

import re
import sys
from html import escape
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "quickstart.md"
FOLDER = ROOT / "docs" / "img"
ROW, TOP, BOX, GAP, MARGIN = 34, 56, 150, 190, 20
COLOURS = {
    "red": "#c62828",
    "black": "#37474f",
    "blue": "#1565c0",
    "green": "#2e7d32",
    "yellow": "#f9a825",
}


class Picture(NamedTuple):
    file: str
    board: str
    module: str
    wires: list[tuple[str, str, str]]  # pin of the board, pin of the module, colour


def pictures(text: str) -> list[Picture]:
    """Each table of that shape, with the picture that is shown below it."""
    found = []
    for table, file in re.findall(r"((?:^\|.*\n)+)\n!\[[^]]*\]\(img/(\w+\.svg)\)", text, re.M):
        rows = [[cell.strip() for cell in x.strip("|").split("|")] for x in table.splitlines()]
        head, wires = rows[0], rows[2:]
        found.append(Picture(file, head[0], head[1], [(a, b, c) for a, b, c in wires]))
    return found


def svg(picture: Picture) -> str:
    height = TOP + ROW * len(picture.wires) + MARGIN
    width = 2 * (MARGIN + BOX) + GAP
    right = MARGIN + BOX + GAP
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="sans-serif" font-size="13">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for x, title, fill in (
        (MARGIN, picture.board, "#e8f5e9"),
        (right, f"ESP-AT {picture.module}", "#e3f2fd"),
    ):
        out.append(
            f'<rect x="{x}" y="{MARGIN}" width="{BOX}" height="{height - 2 * MARGIN}" rx="8" '
            f'fill="{fill}" stroke="#546e7a"/>'
        )
        out.append(
            f'<text x="{x + BOX // 2}" y="{MARGIN + 20}" text-anchor="middle" '
            f'font-weight="bold">{escape(title)}</text>'
        )
    for n, (ours, its, colour) in enumerate(picture.wires):
        y = TOP + ROW * n + ROW // 2
        a, b = MARGIN + BOX, right
        out.append(
            f'<path d="M{a} {y} C{a + 60} {y} {b - 60} {y} {b} {y}" fill="none" '
            f'stroke="{COLOURS[colour]}" stroke-width="4"/>'
        )
        for x in (a, b):
            out.append(f'<circle cx="{x}" cy="{y}" r="5" fill="#eceff1" stroke="#37474f"/>')
        out.append(f'<text x="{a - 12}" y="{y + 4}" text-anchor="end">{escape(ours)}</text>')
        out.append(f'<text x="{b + 12}" y="{y + 4}">{escape(its)}</text>')
    return "\n".join([*out, "</svg>"]) + "\n"


def drawn() -> dict[Path, str]:
    return {FOLDER / picture.file: svg(picture) for picture in pictures(PAGE.read_text())}


def main() -> int:
    wanted = drawn()
    if "--check" in sys.argv:
        return int(any(not p.exists() or p.read_text() != t for p, t in wanted.items()))
    FOLDER.mkdir(exist_ok=True)
    for path, text in wanted.items():
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
