"""Owns: docs/commands.md: for each row of the table of commands the driver's call, the tests that
put it on the wire, and the firmwares of the simulator that have it.

Nothing is believed: calls come from the stubs, tests from their "# wire:" lines (claims.py), which
are checked whenever the test runs. Run without arguments to write the page; --check compares.
"""

from __future__ import annotations

import argparse
import sys
from typing import Iterable, NamedTuple

from espat_sim import profiles
from espat_sim.registry import CommandTable
from tools import claims

DOC = claims.ROOT / "docs" / "commands.md"
OLD = claims.DIALECTS[1]

# What must be wrapped completely: a line here, and a missing row fails `make test`.
# A group of the table, or of the names below.
REQUIRED: tuple[tuple[str, str], ...] = (
    ("esp-at", "basic"),
    ("esp-at", "wifi"),
    ("esp-at", "names and time"),
    ("esp-at", "mqtt"),
    ("esp-at", "tcpip"),
    ("esp-at", "http"),
    ("esp-at", "fs"),
    ("esp-at", "websocket"),
    ("esp-at", "signaling"),
    ("esp-at", "driver"),
    ("esp-at", "webserver"),
    ("esp-at", "user"),
    (OLD, "basic"),
    (OLD, "wifi"),
    (OLD, "tcpip"),
)
# A part of a group that is finished before the rest of it.
NAMED = {
    "names and time": (
        "AT+CIPDOMAIN AT+CIFSR AT+CIPSTATE AT+CIPSTATUS AT+CIPSNTPCFG AT+CIPSNTPTIME"
        " AT+CIPSNTPINTV AT+PING AT+CIPDNS AT+MDNS"
    ).split(),
}
HEAD = """# Which command is behind which call

Written by `make format`; do not edit. A row of the table of commands
(`tests_host/tables/commands.csv`), the call of the driver that sends it, a test in
`tests_host/system` that does so on the simulated module, and which of the simulator's firmwares
have it. "forms" are those that a call of the driver sends: `?` asks, `=` sets, `run` has no
arguments; in brackets those that only `modem.command(...)` reaches. An empty call: by
`modem.command(...)` only.
"""
SIGNS = {"test": "=?", "query": "?", "set": "=", "execute": "run"}


class Row(NamedTuple):
    dialect: str
    group: str
    name: str
    forms: tuple[str, ...]  # that the table has
    said: tuple[claims.Claim, ...]  # all, modem.command() among them

    @property
    def wrapped(self) -> list[claims.Claim]:
        return [claim for claim in self.said if claim.call != claims.RAW]


def table() -> list[Row]:
    every = claims.every()
    found = []
    for row in claims.rows():
        forms = tuple(form for form in SIGNS if row[form] == "1")
        mine = [c for c in every if (c.dialect, c.command) == (row["dialect"], row["name"])]
        found.append(Row(row["dialect"], row["group"], row["name"], forms, tuple(mine)))
    return found


def wrong_claims() -> list[str]:
    """Claims about commands, forms or calls that do not exist."""
    forms = {(row.dialect, row.name): row.forms for row in table()}
    wrong = []
    for claim in claims.every():
        if claim.form not in forms.get((claim.dialect, claim.command), ()):
            wrong.append(f"{claim.test}: {claim}: the table has no such command or form")
        for face in ("__init__.pyi", "aio.pyi"):
            if claim.call not in claims.calls(face):
                wrong.append(f"{claim.test}: {claim}: no such call in {face}")
    return wrong


def required(row: Row) -> bool:
    groups = [row.group, *(name for name, rows in NAMED.items() if row.name in rows)]
    return any((row.dialect, group) in REQUIRED for group in groups)


def missing() -> list[str]:
    """Rows of a finished group that no call of the driver sends, as far as a test has shown."""
    return [f"{row.dialect} {row.name}" for row in table() if required(row) and not row.wrapped]


def firmwares(dialect: str) -> dict[str, CommandTable]:
    found = {}
    for name in profiles.names():
        profile = profiles.load(name)
        if name.startswith("esp8266") == (dialect == OLD):
            found[name] = CommandTable(profile.command_files, profile.without)
    return found


def has(commands: CommandTable, name: str) -> bool:
    names = {"ATE": ["ATE0"], "+++": ["AT+CIPMODE"]}.get(name, [name])
    return any(commands.find(name) is not None for name in names)


def distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))


def line(row: Row, columns: dict[str, CommandTable]) -> str:
    sent = {claim.form for claim in row.wrapped}
    raw = [form for form in row.forms if form not in sent]
    forms = " ".join(f"`{SIGNS[form]}`" for form in row.forms if form in sent)
    if raw:
        forms = f"{forms} ({' '.join(f'`{SIGNS[form]}`' for form in raw)})".strip()
    calls = ", ".join(f"`{call}`" for call in distinct(c.call for c in row.wrapped))
    tests = distinct(c.test.replace(".py::test_", ": ") for c in row.wrapped or row.said)
    cells = [f"`{row.name}`", forms, calls, "<br>".join(text[5:] for text in tests)]
    cells += ["yes" if has(commands, row.name) else "" for commands in columns.values()]
    return "| " + " | ".join(cells) + " |\n"


def text() -> str:
    out = [HEAD]
    rows = table()
    for dialect in claims.DIALECTS:
        ours = [row for row in rows if row.dialect == dialect]
        out.append(f"\n## {dialect}\n")
        columns = firmwares(dialect)
        for group in distinct(row.group for row in ours):
            out.append(f"\n### {group}\n\n")
            names = ["command", "forms", "call", "tests", *columns]
            out.append(f"| {' | '.join(names)} |\n|{'---|' * len(names)}\n")
            out += [line(row, columns) for row in ours if row.group == group]
    return "".join(out)


def main() -> int:
    parser = argparse.ArgumentParser(description="Write docs/commands.md.")
    parser.add_argument("--check", action="store_true", help="only say what is wrong")
    args = parser.parse_args()
    wrong = wrong_claims() + [f"no call and test: {name}" for name in missing()]
    for problem in wrong:
        print(problem)
    if not args.check:
        DOC.write_text(text())
    elif not DOC.exists() or DOC.read_text() != text():
        wrong.append("old")
        print("docs/commands.md is not up to date: run 'make format'")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
