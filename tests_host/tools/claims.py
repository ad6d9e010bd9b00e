"""Owns: what the system tests say about commands: "# wire: AT+PING= by net.ping" in a test.

The test puts that form of the command on the wire while that call of the driver runs.
Read here from the sources; system/conftest.py checks each one when the test has run.
"""

from __future__ import annotations

import ast
import csv
import functools
import re
from pathlib import Path
from typing import Iterator, NamedTuple, Optional

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "tests_host" / "tables" / "commands.csv"
SYSTEM = ROOT / "tests_host" / "system"
STUBS = ROOT / "stubs" / "espat"

DIALECTS = ("esp-at", "esp8266-0.30")
RAW = "command"  # modem.command(): reaches everything, wraps nothing
FORMS = {"=?": "test", "?": "query", "=": "set", "": "execute"}

_MARK = re.compile(r"^\s*# wire: (?:(esp8266-0\.30) )?(.+) by ([\w.]+)$")
_COMMAND = re.compile(r"(AT[A-Z0-9+_]*|\+\+\+)(=\?|\?|=)?")


class Claim(NamedTuple):
    dialect: str
    command: str  # "AT+PING", as in the table
    form: str  # "query", "set" ...
    call: str  # "net.ping", "socket.connect", "start"
    test: str  # "test_net.py::test_ping"

    def __str__(self) -> str:
        sign = {form: sign for sign, form in FORMS.items()}[self.form]
        return f"{self.command}{sign} by {self.call}"


class BadClaim(ValueError):
    """A line that begins as a claim and is none."""


def split(text: str) -> Optional[tuple[str, str]]:
    """("AT+PING", "set") for "AT+PING=..."; the two literal echo commands are one row."""
    found = _COMMAND.match(text)
    if found is None:
        return None
    name = "ATE" if found[1] in ("ATE0", "ATE1") else found[1]
    return name, FORMS[found[2] or ""]


def in_lines(lines: list[str], test: str) -> Iterator[Claim]:
    for line in lines:
        if not line.lstrip().startswith("# wire:"):
            continue
        found = _MARK.match(line)
        if found is None:
            raise BadClaim(f"{test}: {line.strip()}")
        for text in found[2].split(", "):
            if not _COMMAND.fullmatch(text):
                raise BadClaim(f"{test}: {text} in {line.strip()}")
            name, form = split(text) or ("", "")
            yield Claim(found[1] or DIALECTS[0], name, form, found[3], test)


def in_file(path: Path) -> Iterator[Claim]:
    text = path.read_text()
    lines = text.splitlines()
    inside = 0
    for node in ast.parse(text, str(path)).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            body = lines[node.lineno : node.end_lineno]
            found = list(in_lines(body, f"{path.name}::{node.name}"))
            inside += sum(line.lstrip().startswith("# wire:") for line in body)
            yield from found
    if inside != sum(line.lstrip().startswith("# wire:") for line in lines):
        raise BadClaim(f"{path.name}: a claim outside of every test")


def every() -> list[Claim]:
    return [claim for path in sorted(SYSTEM.glob("test_*.py")) for claim in in_file(path)]


def rows() -> list[dict[str, str]]:
    with open(TABLE, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# -- what the driver offers ----------------------------------------------------------------


def _methods(node: ast.ClassDef) -> Iterator[str]:
    for item in node.body:
        if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield item.name


@functools.cache
def calls(face: str = "__init__.pyi") -> set[str]:
    """The public calls of a face, by its stubs: "start", "wifi.scan", "socket.send",
    "dropin.install", "SSLContext.wrap_socket"."""
    classes: dict[str, ast.ClassDef] = {}
    found = set()
    for path in sorted(STUBS.glob("*.pyi"), key=lambda path: path.name == face):
        other = path.name in ("__init__.pyi", "aio.pyi") and path.name != face
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not other:
                classes[node.name] = node  # the face's own come last, and win
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                found.add(f"{path.stem}.{node.name}")
    modem = classes["Modem"]
    for item in modem.body:
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            part = classes.get(ast.unparse(item.annotation))
            if part is not None:
                found.update(f"{item.target.id}.{name}" for name in _methods(part))
    found.update(_methods(modem))
    for name, node in classes.items():
        owner = "socket" if name == "Socket" else name
        found.update(f"{owner}.{method}" for method in _methods(node))
    return found
