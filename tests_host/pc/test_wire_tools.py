"""Owns: what the tools make of the wire, without processes: payload in messages, secrets, ports."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Optional

import pytest

from espat_tools import masking, session
from espat_tools.listener import Listener

TABLES = Path(__file__).resolve().parents[1] / "tables"
BINARY = b'\x00\r\nOK\r\n\xff,:"+IPD,0,3:'


class Bytes:
    """A port that has these bytes, and gives them a few at a time."""

    def __init__(self, data: bytes, step: int) -> None:
        self._data = data
        self._step = step
        self.rest = len(data)

    def any(self) -> int:
        return min(self._step, len(self._data))

    def readinto(self, buf: bytearray, n: Optional[int] = None) -> int:
        n = min(n or len(buf), self._step, len(self._data))
        buf[:n] = self._data[:n]
        self._data = self._data[n:]
        return n


def cut(data: bytes, step: int = 1000, sender: bool = False) -> list[tuple[bytes, bytes]]:
    """(line, b"") or (head, payload), in order."""
    found: list[tuple[bytes, bytes]] = []
    port = Bytes(data, step)
    listener = Listener(
        port,  # type: ignore[arg-type]
        lambda line: found.append((line, b"")),
        lambda: found.append((b">", b"")),
        lambda head, payload: found.append((head, payload)),
    )
    listener.sender_in_data = sender
    listener.prompt = True
    for _ in range(len(data) + 2):
        listener.pump()
    return found


N = len(BINARY)
PAYLOADS = [
    (b"+IPD,%d:" % N, False),
    (b"+IPD,3,%d:" % N, False),
    (b'+IPD,3,%d,"192.168.1.2",80:' % N, False),
    (b'+IPD,%d,"fe80::1",80:' % N, False),
    (b"+CIPRECVDATA:%d," % N, False),
    (b'+CIPRECVDATA:%d,"192.168.1.2",80,' % N, True),
    (b"+CIPRECVDATA,%d:" % N, False),
    (b'+MQTTSUBRECV:0,"a,b/c",%d,' % N, False),
    (b"+HTTPCLIENT:%d," % N, False),
    (b"+HTTPCGET:%d," % N, False),
    (b"+WS_DATA:0,%d," % N, False),
    (b"+SYSFLASH:%d," % N, False),
    (b'+SYSMFG:"mqtt_ca","mqtt_ca",8,%d,' % N, False),
    (b"+USERRAM:%d," % N, False),
    (b"+FS:%d," % N, False),
]


@pytest.mark.parametrize("step", [1, 7, 1000])
@pytest.mark.parametrize(("head", "sender"), PAYLOADS, ids=[h.decode()[:12] for h, _ in PAYLOADS])
def test_payload_is_taken_by_its_length(head: bytes, sender: bool, step: int) -> None:
    found = cut(b"\r\n" + head + BINARY + b"\r\nOK\r\n", step, sender)
    assert found == [(head, BINARY), (b"OK", b"")]


def test_long_payload_and_several_at_once() -> None:
    data = bytes(range(256)) * 12
    found = cut((b"\r\n+IPD,0,%d:" % len(data) + data) * 3 + b"\r\n> \r\nOK\r\n", 333)
    assert [x for x in found if x[0].startswith(b"+IPD")] == [(b"+IPD,0,3072:", data)] * 3
    assert (b">", b"") in found and found[-1] == (b"OK", b"")


def test_what_only_looks_like_payload() -> None:
    lines = [b"+IPD,0,100", b"+FS:a.txt b,c.txt", b'+CIPSTATUS:0,"TCP","1.2.3.4",80,1,0', b"+FS:12"]
    assert [x[0] for x in cut(b"\r\n".join(lines) + b"\r\n")] == lines


def test_every_message_with_payload_of_the_tables_is_known() -> None:
    with open(TABLES / "messages.csv", newline="") as file:
        rows = [x["pattern"] for x in csv.DictReader(file) if x["binary_payload"] == "1"]
    heads = tuple(name for name in Listener(Bytes(b"", 1), print, print, print).patterns)  # type: ignore[arg-type]
    missing = [x for x in rows if x.startswith("+") and not x.startswith(heads)]
    # Bluetooth, and a list whose length counts nothing that follows on the same line.
    assert missing == ["+BLUFIDATA:<len>,<data>", "+MDNS:<data_len>,.."], missing


SECRETS = [
    (b'AT+CWJAP="net","pass,wo\\"rd"\r\n', b'AT+CWJAP="net","****"\r\n'),
    (b'AT+CWJAP_DEF="net","key"', b'AT+CWJAP_DEF="net","****"'),
    (b'AT+CWJAP="net","ke', b'AT+CWJAP="net","****'),
    (b'AT+CWJAP="net",""', b'AT+CWJAP="net",""'),
    (b'+CWSAP:"net","key",1,3,4,0', b'+CWSAP:"net","****",1,3,4,0'),
    (b'AT+CWJEAP="n",1,"i","u","pw",3', b'AT+CWJEAP="n",1,"i","u","****",3'),
    (b'AT+CIPSSLCPSK="psk","hint"', b'AT+CIPSSLCPSK="****","hint"'),
    (b'AT+CIPSSLCPSK=0,"psk","hint"', b'AT+CIPSSLCPSK=0,"****","hint"'),
    (b'+CIPSSLCPSK:0,"psk","hint"', b'+CIPSSLCPSK:0,"****","hint"'),
    (b'AT+MQTTUSERCFG=0,1,"c","u","pw",0,0,""', b'AT+MQTTUSERCFG=0,1,"c","u","****",0,0,""'),
    (b"password:secret", b"password:****"),
    (b"AT+CWJAP?", b"AT+CWJAP?"),
    (b'+CWJAP:"net","02:00:00:00:00:01",6,-45', b'+CWJAP:"net","02:00:00:00:00:01",6,-45'),
    (b'AT+SYSMFG=2,"mqtt_key","mqtt_key",8,241', b'AT+SYSMFG=2,"mqtt_key","mqtt_key",8,241'),
]


@pytest.mark.parametrize(("line", "shown"), SECRETS)
def test_secrets_in_lines(line: bytes, shown: bytes) -> None:
    assert masking.masked(line) == shown


def test_every_command_with_a_secret_argument_is_known() -> None:
    # The tables name such arguments; "key" is also what MDNS and SYSMFG call a name.
    wanted = re.compile(r"pwd|password|psk|esptouch v2 key")
    with open(TABLES / "commands.csv", newline="") as file:
        rows = {x["name"][3:] for x in csv.DictReader(file) if wanted.search(x["set_syntax"])}
    assert {re.sub("_CUR$|_DEF$", "", name) for name in rows} == set(masking.SECRET_ARGS)


@pytest.mark.parametrize("step", [1, 5, 1000])
def test_a_trace_leaves_keys_in_payload_away(step: int) -> None:
    key = b"-----BEGIN PRIVATE KEY-----\nMHcCAQEE\n-----END PRIVATE KEY-----\n"
    out = b'AT+SYSMFG=2,"mqtt_key","mqtt_key",8,%d\r\n' % len(key) + key + b"AT+GMR\r\n"
    back = b'\r\n+SYSMFG:"mqtt_key","mqtt_key",8,%d,' % len(key) + key + b"\r\nOK\r\n"
    file = io.StringIO()
    trace = session.Trace(file)
    for direction, data in ((">", out), ("<", back)):
        for i in range(0, len(data), step):
            trace(direction, data[i : i + step])
    trace.close()
    text = file.getvalue()
    assert "MHcC" not in text and "PRIVATE" not in text, text
    assert "AT+GMR" in text and "OK" in text and text.count("****") == 2, text
