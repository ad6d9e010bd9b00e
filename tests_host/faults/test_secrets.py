"""Keys and passwords reach no log: every command of the tables that has one, in everything that
shows the wire: modem.trace on the board, the tools' trace, the simulator's, its page.

Errors are test_injection.py's.
"""

from __future__ import annotations

import contextlib
import csv
import io
import re
from pathlib import Path

import pytest

from espat import trace
from espat_sim import Module, runner
from espat_sim.wiretap import Wiretap
from espat_tools import masking, session

TABLES = Path(__file__).resolve().parents[1] / "tables"
SECRET = b"s3cr3t-W0rd"
WORDS = re.compile(r'^<?"?(pwd|password|psk|psk hex|esptouch v2 key)"?>?$')


def lines() -> list[bytes]:
    """Each such command of the tables, written out; and what has no row there."""
    found = []
    with open(TABLES / "commands.csv", newline="") as file:
        for row in csv.DictReader(file):
            for form in row["set_syntax"].split("||"):
                form = re.sub(r"[\[\]]", "", form.strip().lstrip("="))
                fields = [x.strip() for x in form.split(",")]
                if not any(WORDS.match(x) for x in fields):
                    continue
                args = [b'"%s"' % SECRET if WORDS.match(x) else b"1" for x in fields]
                found.append(row["name"].encode() + b"=" + b",".join(args))
    return found + [
        b'+CWSAP:"net","%s",1,3,4,0' % SECRET,
        b'+CWJEAP:"n",1,"i","u","%s",3' % SECRET,
        b'+CIPSSLCPSK:0,"%s","hint"' % SECRET,
        b"password:" + SECRET,
        b'AT+HTTPCLIENT=2,0,"http://h/",,,1,"Authorization: Basic %s"' % SECRET,
        b'AT+HTTPCGET="http://me:%s@host/x"' % SECRET,
        b"+HTTPCLIENT:9,set-cookie: " + SECRET,
    ]


LINES = sorted(set(lines()))


def test_the_commands_are_found():
    assert len(LINES) >= 18, LINES
    assert any(b"MQTTUSERCFG" in x for x in LINES) and any(b"CWJEAP" in x for x in LINES)


@pytest.mark.parametrize("line", LINES)
def test_no_log_shows_it(line: bytes, tmp_path: Path):
    way = ">" if line.startswith(b"AT") else "<"
    shown = [repr(trace._hide(line)), repr(masking.masked(line))]
    file = io.StringIO()
    tools = session.Trace(file)
    tools(way, line + b"\r\n")
    tools.close()
    shown.append(file.getvalue())
    for step in (1, 7, 32, 1000):
        module = Module()
        path = tmp_path / "trace"
        with runner.tracing(module, str(path)):
            tap = Wiretap(module)
            data = line + b"\r\n"
            for i in range(0, len(data), step):
                assert module.trace is not None
                module.trace("in" if way == ">" else "out", i, data[i : i + step])
        shown += [path.read_text(), repr(tap.records)]
        # (In pieces the page may cut a line in two.)
        assert len(re.sub(rb"[^*]", b"", masking.Stars(True)(line))) >= len(SECRET)
    for text in shown:
        assert SECRET.decode() not in text and "3cr3t" not in text, text


@pytest.mark.parametrize("step", (1, 9, 1000))
def test_data_that_is_secret(step: int):
    key = b"-----BEGIN PRIVATE KEY-----\n" + SECRET + b"\n-----END PRIVATE KEY-----\n"
    sent = b'AT+SYSMFG=2,"mqtt_key","mqtt_key",8,%d\r\n' % len(key) + key
    sent += b"AT+MQTTLONGPASSWORD=0,%d\r\n" % len(SECRET) + SECRET + b"AT+GMR\r\n"
    back = b'\r\n+SYSMFG:"mqtt_key","mqtt_key",8,%d,' % len(key) + key + b"\r\nOK\r\n"
    for commands, data in ((True, sent), (False, back)):
        stars = masking.Stars(commands)
        shown = b"".join(stars(data[i : i + step]) for i in range(0, len(data), step))
        assert len(shown) == len(data)
        assert SECRET not in shown and b"BEGIN" not in shown, shown
        assert shown.endswith(b"AT+GMR\r\n" if commands else b"OK\r\n")


def test_what_is_no_secret_stays():
    for line in (b'AT+CIPSTART=0,"TCP","host",80', b"AT+CWJAP?", b"OK", b"+IPD,0,5:a@b:c"):
        assert masking.masked(line) == line and masking.Stars(True)(line) == line
    with contextlib.suppress(ValueError):
        assert trace._hide(b"+CWJAP:3") == b"+CWJAP:3"
