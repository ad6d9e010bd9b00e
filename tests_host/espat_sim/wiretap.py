# What goes over the wire, cut into what a person calls a message: commands, answers, events, data.
# Owns the last few thousand of them, without keys and passwords. Listens to Module.trace; changes
# nothing on the line.
from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from espat_tools.masking import Stars

from .errors import explain

if TYPE_CHECKING:
    from .module import Module

KEEP = 4000  # records
MOST = 512  # bytes of one record that are shown
HOST, MODULE = "host", "module"

_FINALS = re.compile(
    rb"(OK|ERROR|FAIL|ready|SEND OK|SEND FAIL|SEND Canceled|SET OK|WRITE OK|ALREADY CONNECTED"
    rb"|busy [ps]\.\.\.|Recv \d+ bytes|\+MQTTPUB:(OK|FAIL))$"
)
# Events that may come while a command runs.
_EVENTS = re.compile(
    rb"(WIFI |(\d,)?(CONNECT|CLOSED)$|\+IPD,|\+STA_|\+DIST_STA_IP|\+TIME_UPDATED"
    rb"|\+MQTT(DIS)?CONNECTED)"
)
_ERR_CODE = re.compile(rb"ERR CODE:0x([0-9a-fA-F]{8})$")
# Counted payload behind its header, as the table of messages frames it.
_COUNTED = re.compile(
    rb"\+(?:IPD,(?:\d,)?\d+(?:,[^:\r\n]*)?:|CIPRECVDATA[:,]|MQTTSUBRECV:|HTTPCLIENT:|HTTPCGET:"
    rb"|WS_DATA:|SYSMFG:|SYSFLASH:|USERRAM:|FS:READ)"
)


class Record(NamedTuple):
    number: int
    t_us: int
    side: str  # who said it
    kind: str  # command, data, answer, reply, event, payload, prompt, error
    text: str  # escaped as Python's bytes are
    size: int  # bytes
    note: str  # what it means, where that needs saying


def show(data: bytes) -> str:
    """Printable: UTF-8 where it is, escapes for the rest."""
    more = f" ... {len(data) - MOST} more bytes" if len(data) > MOST else ""
    text = data[:MOST].decode("utf-8", "backslashreplace")
    named = {"\r": "\\r", "\n": "\\n", "\t": "\\t", "\\": "\\\\"}
    shown = (named.get(c) or (c if c.isprintable() else f"\\u{ord(c):04x}") for c in text)
    return "".join(shown) + more


class Wiretap:
    """records: the last ones; `number` of the next is `count`."""

    def __init__(self, module: Module) -> None:
        self._m = module
        self._before = module.trace
        self._line = bytearray()  # a command that has not ended yet
        self.records: deque[Record] = deque(maxlen=KEEP)
        self.count = 0
        self._stars = {"in": Stars(True), "out": Stars(False)}
        module.trace = self._trace

    def since(self, number: int) -> list[Record]:
        """The records from this number on, as far as they are kept."""
        have = self.count - len(self.records)
        start = max(0, number - have)
        return [self.records[i] for i in range(start, len(self.records))]

    def _trace(self, direction: str, t_us: int, data: bytes) -> None:
        if self._before is not None:
            self._before(direction, t_us, data)
        data = self._stars[direction](data)
        if direction == "out":
            self._said(t_us, data)
        elif self._m.port.takes_raw:
            self._add(t_us, HOST, "data", data)
        else:
            self._typed(t_us, data)

    def _add(self, t_us: int, side: str, kind: str, data: bytes, note: str = "") -> None:
        self.records.append(Record(self.count, t_us, side, kind, show(data), len(data), note))
        self.count += 1

    def _typed(self, t_us: int, data: bytes) -> None:
        self._line += data
        while (end := self._line.find(b"\n") + 1) or len(self._line) > MOST:
            line = bytes(self._line[: end or len(self._line)])
            del self._line[: len(line)]
            text = line.rstrip(b"\r\n")
            if text:
                busy = self._m.running is not None
                note = "the module is still busy with another command" if busy else ""
                self._add(t_us, HOST, "command", text, note)

    def _said(self, t_us: int, data: bytes) -> None:
        while data:
            body = data.lstrip(b"\r\n")
            if _COUNTED.match(body):
                self._add(t_us, MODULE, "payload", body)
                return
            line, _, data = body.partition(b"\n")
            if line:
                self._said_line(t_us, line.rstrip(b"\r"))

    def _said_line(self, t_us: int, line: bytes) -> None:
        found = _ERR_CODE.match(line)
        if found:
            self._add(t_us, MODULE, "error", line, explain(int(found[1], 16)))
        elif line == b">":
            self._add(t_us, MODULE, "prompt", line, "waits for data")
        elif _FINALS.match(line):
            bad = line in (b"ERROR", b"FAIL", b"SEND FAIL", b"+MQTTPUB:FAIL")
            self._add(t_us, MODULE, "error" if bad else "answer", line)
        elif self._m.running is not None and not _EVENTS.match(line):
            self._add(t_us, MODULE, "reply", line)
        else:
            self._add(t_us, MODULE, "event", line)
