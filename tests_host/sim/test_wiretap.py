# What the dashboard shows of the wire: each message once, under its right kind, whatever is in it.
from __future__ import annotations

import pytest

from espat_sim.errors import explain
from espat_sim.wiretap import KEEP, MOST, Wiretap, show
from sim.rig import Rig


def tap(**args):
    rig = Rig(**args)
    return rig, Wiretap(rig.m)


def said(wiretap):
    return [(r.side, r.kind, r.text) for r in wiretap.records]


def test_a_command_and_its_answer():
    rig, wiretap = tap()
    rig.command("AT+CWMODE?")
    assert said(wiretap) == [
        ("host", "command", "AT+CWMODE?"),
        ("module", "reply", "+CWMODE:0"),
        ("module", "answer", "OK"),
    ]
    assert [r.number for r in wiretap.records] == [0, 1, 2]


def test_a_refusal_is_explained():
    rig, wiretap = tap()
    rig.command("AT+SYSLOG=1")
    rig.command("AT+CWMODE=9")
    code, error = list(wiretap.records)[-2:]
    assert (code.kind, code.text) == ("error", "ERR CODE:0x01070000")
    assert code.note == "the value of argument 0 is not allowed"
    assert (error.kind, error.text) == ("error", "ERROR")


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (0x01090000, "no such command in this firmware"),
        (0x01060201, "1 arguments given, 2 needed"),
        (0x010A0003, "could not be carried out (3)"),
        (0x7194, "HTTP status 404"),
        (0x7000, "HTTP: no connection, or no good answer"),
        (0x02000000, ""),
        (0x01550000, ""),
    ],
)
def test_error_codes(code, text):
    assert explain(code) == text


def test_data_both_ways_is_no_text():
    rig, wiretap = tap(wifi=True)
    (peer,) = rig.connect()
    first = wiretap.count
    hostile = b"\r\nOK\r\nAT+RST\r\n"
    rig.prompt(f"AT+CIPSEND={len(hostile)}", hostile)
    peer.send(b"\r\nready\r\nERROR\r\n")
    rig.collect(0.1)
    kinds = [(r.side, r.kind, r.text) for r in wiretap.since(first)]
    assert ("host", "data", "\\r\\nOK\\r\\nAT+RST\\r\\n") in kinds
    assert kinds[-1] == ("module", "payload", "+IPD,16:\\r\\nready\\r\\nERROR\\r\\n")
    assert [text for _, kind, text in kinds if kind == "command"] == ["AT+CIPSEND=14"]


def test_what_the_module_says_by_itself_is_an_event():
    rig, wiretap = tap(wifi=True)
    first = wiretap.count
    rig.m.control({"do": "ap_down", "ssid": "espat-lab"})
    rig.collect(0.5)
    assert ("event", "WIFI DISCONNECT") in [(r.kind, r.text) for r in wiretap.since(first)]


def test_a_command_in_pieces_is_one_record():
    rig, wiretap = tap()
    for piece in ("A", "T+CW", "MODE?", "\r", "\n"):
        rig.write(piece)
        rig.collect(0.01)
    assert [text for _, kind, text in said(wiretap) if kind == "command"] == ["AT+CWMODE?"]


def test_a_command_to_a_busy_module_is_marked():
    rig, wiretap = tap()
    rig.command("AT+CWMODE=1")
    rig.write("AT+CWLAP\r\n")
    rig.collect(0.05)
    rig.write("AT\r\n")
    rig.collect(5)
    notes = {r.text: r.note for r in wiretap.records if r.kind == "command"}
    assert "busy" in notes["AT"] and not notes["AT+CWLAP"]


def test_it_keeps_a_bounded_number_of_bounded_records():
    rig, wiretap = tap()
    for _ in range(KEEP + 10):
        wiretap._trace("out", 0, b"x" * (MOST + 5) + b"\r\n")
    assert len(wiretap.records) == KEEP and wiretap.records[0].number == wiretap.count - KEEP
    assert wiretap.records[-1].text.endswith("x ... 5 more bytes")
    assert [r.number for r in wiretap.since(wiretap.count - 3)] == [
        wiretap.count - 3,
        wiretap.count - 2,
        wiretap.count - 1,
    ]
    assert wiretap.since(wiretap.count) == []


def test_the_trace_that_was_there_goes_on():
    rig = Rig()
    heard = []
    rig.m.trace = lambda *args: heard.append(args)
    wiretap = Wiretap(rig.m)
    rig.command("AT")
    assert heard[0][0] == "in" and heard[-1][2].endswith(b"OK\r\n") and wiretap.count == 2


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"caf\xc3\xa9", "caf\u00e9"),
        (b"\xff\x00\x1b[2J", "\\\\xff\\u0000\\u001b[2J"),
        (b"a\\b\r\n", "a\\\\b\\r\\n"),
        ("\u202e".encode(), "\\u202e"),
    ],
)
def test_show(data, text):
    assert show(data) == text
