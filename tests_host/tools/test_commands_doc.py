"""Owns: docs/commands.md is true, current, and complete for the groups that are finished; and that
a claim which is not so is found."""

from __future__ import annotations

import pytest

from system.recorder import Recorder
from tools import claims, commands_doc

CLAIM = claims.Claim("esp-at", "AT+PING", "set", "net.ping", "test_x.py::test_x")


def test_claims_name_commands_forms_and_calls_that_exist() -> None:
    assert commands_doc.wrong_claims() == []


def test_finished_groups_are_complete() -> None:
    assert commands_doc.missing() == []


def test_finished_groups_are_groups() -> None:
    rows = claims.rows()
    groups = {(row["dialect"], row["group"]) for row in rows}
    groups |= {("esp-at", name) for name in commands_doc.NAMED}
    assert groups.issuperset(commands_doc.REQUIRED)
    names = {row["name"] for row in rows}
    assert names.issuperset(name for part in commands_doc.NAMED.values() for name in part)


def test_commands_md_is_up_to_date() -> None:
    assert commands_doc.DOC.read_text() == commands_doc.text(), "run 'make format'"


def test_a_group_without_calls_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "every", list)
    monkeypatch.setattr(commands_doc, "REQUIRED", (("esp-at", "signaling"),))
    assert commands_doc.missing() == ["esp-at AT+FACTPLCP"]
    # modem.command() reaches everything and wraps nothing.
    raw = claims.Claim("esp-at", "AT+FACTPLCP", "set", claims.RAW, "test_x.py::test_x")
    monkeypatch.setattr(claims, "every", lambda: [raw])
    assert commands_doc.missing() == ["esp-at AT+FACTPLCP"]
    monkeypatch.setattr(claims, "every", lambda: [raw._replace(call="start")])
    assert commands_doc.missing() == []


def test_claims_about_nothing_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in (
        CLAIM._replace(command="AT+PONG", call="start"),
        CLAIM._replace(form="query", call="start"),
        CLAIM._replace(call="net.pong"),
    ):
        monkeypatch.setattr(claims, "every", lambda wrong=wrong: [wrong])
        assert commands_doc.wrong_claims()


def test_how_a_claim_is_written() -> None:
    found = list(claims.in_lines(["    # wire: AT+X?, AT+Y=, ATE0 by net.ping"], "t"))
    assert [(c.command, c.form) for c in found] == [
        ("AT+X", "query"),
        ("AT+Y", "set"),
        ("ATE", "execute"),
    ]
    (old,) = claims.in_lines(["# wire: esp8266-0.30 AT+CWJAP_CUR= by wifi.connect"], "t")
    assert old.dialect == "esp8266-0.30" and old.call == "wifi.connect"
    for wrong in ("# wire: AT+X?", "# wire: at+x? by start", "# wire: AT+X? AT+Y by start"):
        with pytest.raises(claims.BadClaim):
            list(claims.in_lines([wrong], "t"))


def test_a_claim_that_was_not_kept_fails_its_test() -> None:
    recorder = Recorder()
    served = {("AT+PING", "set")}
    with pytest.raises(AssertionError, match="nobody"):
        recorder.check([CLAIM], "esp-at", served)
    recorder.seen.add(("AT+PING", "set", "command"))
    with pytest.raises(AssertionError, match="command"):
        recorder.check([CLAIM], "esp-at", served)
    recorder.seen.add(("AT+PING", "set", "net.ping"))
    recorder.check([CLAIM], "esp-at", served)
    with pytest.raises(AssertionError, match="speaks"):
        recorder.check([CLAIM], "esp8266-0.30", served)
    with pytest.raises(AssertionError, match="did not run"):
        recorder.check([CLAIM], "esp-at", set())
