"""Owns: which firmware has which command, by the tables alone (tables/commands.csv and
firmwares.csv): nothing here looks at what the simulated module or the driver can do.

A command of ESP-AT that firmwares.csv does not name has been there since v2.0 on every chip; one
that commands.csv says no released firmware has, is in a build of one's own only. The first command
set has the rows of its dialect, and what firmwares.csv adds since. Names of that table with more
than a command in them ("AT+CIPSTART timeout") are arguments or limits. "AT+RFPOWER?" is the query
form of a command, which a firmware has where the row of its dialect has one.
"""

from __future__ import annotations

import csv
import functools
import re
from typing import NamedTuple

from espat_sim import profiles
from espat_sim.profiles import Profile
from tools import claims

TABLE = claims.ROOT / "tests_host" / "tables" / "firmwares.csv"
ESP_AT, OLD = claims.DIALECTS
# Registered since ever, in no page.
UNDOCUMENTED = ("AT+UART",)
# A row of the table that is no command, or stands for two.
SPELT = {"ATE": ("ATE0", "ATE1"), "+++": ()}


class Firmware(NamedTuple):
    """What a module says of itself (AT+GMR), and what it was built with."""

    dialect: str
    version: tuple[int, ...]
    chip: str
    every: bool = False  # built with everything that the chip can have


def names() -> list[str]:
    """Profiles of the simulated module that have firmware of this kind (one has none at all)."""
    return [name for name in profiles.names() if profiles.load(name).at_firmware]


def of(profile: Profile) -> Firmware:
    found = re.match(r"AT version:(\d+(?:\.\d+)*)", profile.gmr[0])
    assert found is not None, profile.gmr[0]
    version = tuple(int(x) for x in found[1].split("."))
    dialect = ESP_AT if version >= (2,) else OLD
    return Firmware(dialect, version, profile.chip, profile.name.endswith("-full"))


def _number(text: str, default: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(x) for x in text.split(".")) if text else default


@functools.cache
def _rows() -> dict[tuple[str, str], list[dict[str, str]]]:
    found: dict[tuple[str, str], list[dict[str, str]]] = {}
    with open(TABLE, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault((row["dialect"], row["name"]), []).append(row)
    return found


@functools.cache
def _queries() -> dict[tuple[str, str], bool]:
    """(dialect, name) -> whether it has a query form."""
    return {
        (row["dialect"], name): row["query"] == "1"
        for row in claims.rows()
        for name in SPELT.get(row["name"], (row["name"],))
    }


@functools.cache
def _commands() -> dict[tuple[str, str], bool]:
    """(dialect, name) -> whether released firmware has it."""
    return {
        (row["dialect"], name): row["dialect"] == OLD or row["in_default_firmware"] == "1"
        for row in claims.rows()
        for name in SPELT.get(row["name"], (row["name"],))
    }


def has(firmware: Firmware, name: str) -> bool:
    """Whether the tables say that it has this command, or what else firmwares.csv names."""
    if name[:2] == "AT" and name[-1] == "?" and " " not in name:
        return has(firmware, name[:-1]) and _queries().get((firmware.dialect, name[:-1]), True)
    rows = _rows().get((firmware.dialect, name))
    if rows is None:
        released = _commands().get((firmware.dialect, name))
        return released is not None and (released or firmware.every)
    return any(
        _number(row["since"], ()) <= firmware.version <= _number(row["until"], (99,))
        and (not row["chips"] or firmware.chip in row["chips"].split())
        for row in rows
    )


def knows(name: str) -> bool:
    """Whether some firmware has it, or the table says that none of a dialect has."""
    if name[:2] == "AT" and " " not in name:
        name = name.rstrip("?")
    return any((d, name) in table for d in claims.DIALECTS for table in (_rows(), _commands()))


def commands(firmware: Firmware) -> set[str]:
    """The names of all commands that it has."""
    names = {name for dialect, name in _commands() if dialect == firmware.dialect}
    names |= {name for dialect, name in _rows() if dialect == firmware.dialect and name[:2] == "AT"}
    found = {name for name in names if " " not in name and has(firmware, name)}
    return found | (set(UNDOCUMENTED) if firmware.dialect == ESP_AT else set())


def arguments(dialect: str) -> list[str]:
    """What the table names beyond commands."""
    return [name for d, name in _rows() if d == dialect and (" " in name or name[:2] != "AT")]
