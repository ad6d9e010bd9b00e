# The command table of a profile against commands.csv: names, forms, argument counts, prompts.
from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from espat_sim import peers
from espat_sim.commands_ota import HOST as FIRMWARE_HOST
from espat_sim.parser import EXECUTE, QUERY, SET, TEST
from espat_sim.profiles import load
from espat_sim.registry import CommandTable
from sim.rig import Rig

TABLE = Path(__file__).parent.parent / "tables" / "commands.csv"
with open(TABLE, encoding="utf-8", newline="") as _file:
    ROWS = [row for row in csv.DictReader(_file) if row["dialect"] == "esp-at"]

# Registered by the firmware, in no page of the guide.
LEGACY = {"AT+UART", "AT+CIPRECVMODE"}
# A mode of the port, not a command of the table.
NO_COMMAND = {"+++"}
COMMANDS = [row for row in ROWS if row["name"] not in NO_COMMAND]
FULL = "esp32s2-3.4-full"
FORMS = {"test": TEST, "query": QUERY, "set": SET, "execute": EXECUTE}


@pytest.fixture(scope="module")
def table():
    profile = load(FULL)
    return CommandTable(profile.command_files, profile.without)


def names(row):
    return ["ATE0", "ATE1"] if row["name"] == "ATE" else [row["name"]]


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row["name"])
def test_a_command_has_exactly_the_forms_of_its_row(table, row):
    for name in names(row):
        command = table.find(name)
        assert command is not None, f"{name} is missing"
        has = {form: form_name in command.forms for form, form_name in FORMS.items()}
        assert has == {form: row[form] == "1" for form in FORMS}


def test_nothing_is_registered_that_no_row_knows(table):
    known = {name for row in ROWS for name in names(row)} | LEGACY
    assert set(table.by_name) <= known


@pytest.mark.parametrize("row", [r for r in ROWS if r["set"] == "1"], ids=lambda row: row["name"])
def test_a_set_form_without_arguments_is_refused(row):
    """Every set form wants an argument, or at least a comma; CWLAP alone may have none."""
    rig = Rig(wifi=True, profile=FULL)
    assert rig.ok(row["name"] + "=") is (row["name"] == "AT+CWLAP")


@pytest.mark.parametrize("row", [r for r in ROWS if r["query"] == "1"], ids=lambda row: row["name"])
def test_a_query_answers_under_its_own_name(row):
    """Every line of a query's answer begins with +NAME:, and OK ends it."""
    rig = Rig(wifi=True, profile=FULL)
    rig.ok("AT+CWMODE=3")
    rig.net.serve_tcp(FIRMWARE_HOST, 80, peers.serve_firmware(["v3.4.0.0"], {}))
    rig.connect()
    prefix = "+CIPUPDATE:" if row["name"] == "AT+CIUPDATE" else row["name"][2:] + ":"
    lines = rig.lines(row["name"] + "?")
    assert lines[-1] == "OK"
    for line in lines[:-1]:
        assert line.startswith(prefix)
    shape = row["query_response"]
    if "[" not in shape and "||" not in shape and "/" not in shape and "per" not in shape:
        fields = len(re.findall(r"<[^>]+>", shape))
        for line in lines[:-1]:
            assert len(line.split(",")) == fields, f"{line} is not {shape}"


def test_the_released_firmware_lacks_what_its_page_says():
    profile = load("esp32s2-3.4")
    released = CommandTable(profile.command_files, profile.without)
    for row in ROWS:
        if row["name"] not in NO_COMMAND:
            for name in names(row):
                assert (released.find(name) is not None) == (row["in_default_firmware"] == "1")


def test_the_list_of_commands_is_what_the_table_has(table):
    lines = Rig(profile=FULL).lines("AT+CMD?")[:-1]
    listed = [line.split('"')[1] for line in lines]
    assert listed == list(table.by_name)


def test_a_profile_may_leave_commands_out():
    profile = load("esp32s2-3.4")
    smaller = CommandTable(profile.command_files, frozenset({"AT+CIPSENDL"}))
    assert smaller.find("AT+CIPSENDL") is None
    assert smaller.find("AT+CIPSEND") is not None


def test_an_unknown_profile_is_a_clear_error():
    with pytest.raises(ValueError, match="no profile 'esp99-1.0'; there are .*esp32s2-3.4"):
        load("esp99-1.0")
