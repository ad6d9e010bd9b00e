# What the commands print: one console, one set of signs and colours, errors with advice. Owns
# looks only; knows no command.
from __future__ import annotations

import contextlib
import json
import sys
from typing import Any, Iterator, Optional, Sequence

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table
from rich.theme import Theme

THEME = Theme(
    {
        "good": "green",
        "bad": "bold red",
        "warn": "yellow",
        "name": "bold cyan",
        "faint": "dim",
        "key": "bold",
    }
)
out = Console(theme=THEME, highlight=False)
err = Console(theme=THEME, highlight=False, stderr=True)

_SIGNS = {"good": ("✔", "ok"), "bad": ("✘", "!!"), "warn": ("!", "! "), "faint": ("·", "- ")}


def again() -> Console:
    """The console once more, for a stdout that was replaced (prompt_toolkit)."""
    return Console(theme=THEME, highlight=False, force_terminal=True, file=sys.stdout)


def sign(kind: str) -> str:
    """A coloured mark, in ASCII where the terminal has no more."""
    plain = not (out.encoding or "").lower().startswith("utf")
    return f"[{kind}]{_SIGNS[kind][plain]}[/]"


def say(kind: str, text: str, more: str = "") -> None:
    """One line with a mark; more is said faintly behind it."""
    tail = f"  [faint]{escape(more)}[/]" if more else ""
    out.print(f"{sign(kind)} {escape(text)}{tail}")


def fail(text: str, advice: str = "") -> None:
    err.print(f"{sign('bad')} [bad]{escape(text)}[/]")
    if advice:
        err.print(f"  {escape(advice)}")


def pairs(title: str, rows: Sequence[tuple[str, Optional[str]]]) -> None:
    """Names and values, aligned; those without a value are left out."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="faint", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        if value:
            table.add_row(name, escape(value))
    if title:
        out.print(f"[name]{escape(title)}[/]")
    out.print(table)


def table(*columns: str, right: Sequence[str] = ()) -> Table:
    found = Table(box=None, header_style="faint", pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        found.add_column(column, justify="right" if column in right else "left", no_wrap=True)
    return found


def numbered(texts: Sequence[str]) -> None:
    grid = Table.grid(padding=(0, 1))
    for i, text in enumerate(texts, 1):
        grid.add_row(f" {i}.", escape(text))
    out.print(grid)


def as_json(value: Any) -> None:
    """For programs: nothing but the value on stdout."""
    print(json.dumps(value, indent=1, ensure_ascii=False))


@contextlib.contextmanager
def busy(text: str) -> Iterator[Any]:
    """A spinner while something lasts; nothing at all where stdout is no terminal."""
    if not sys.stdout.isatty():
        yield None
        return
    with out.status(escape(text), spinner="dots") as status:
        yield status


def bar(unit: str = "bytes") -> Progress:
    columns: list[Any] = [TextColumn("{task.description}"), BarColumn(bar_width=30)]
    if unit == "bytes":
        columns += [DownloadColumn(), TransferSpeedColumn()]
    else:
        columns += [TextColumn("{task.completed:.0f}/{task.total:.0f} " + unit)]
    return Progress(*columns, console=out, transient=not sys.stdout.isatty())


def strength(rssi: int) -> str:
    """RSSI as five blocks, green to red."""
    bars = max(1, min(5, (rssi + 100) // 10))
    colour = "good" if bars > 3 else "warn" if bars > 1 else "bad"
    return f"[{colour}]{'▮' * bars}[/][faint]{'▯' * (5 - bars)}[/]"


def count(n: int, one: str, many: str = "") -> str:
    return f"{n} {one if n == 1 else many or one + 's'}"
