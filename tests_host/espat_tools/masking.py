# Keys and passwords in lines of the wire. Owns where they stand; used by everything that shows or
# stores such lines.
from __future__ import annotations

import re
from typing import Optional

# Command -> which of its arguments are secret, from 0. Of commands with a link in front, both
# places. From the syntax column of tests_host/tables/commands.csv; a test compares.
SECRET_ARGS = {
    "CWJAP": (1,),
    "CWSAP": (1,),
    "CWJEAP": (4,),
    "CWSTARTSMART": (2,),
    "CIPSSLCPSK": (0, 1),
    "CIPSSLCPSKHEX": (0, 1),
    "MQTTUSERCFG": (4,),
}
# Lines of answers and messages: "+CWSAP:..." has the key where the command has it.
SECRET_ANSWERS = {"CWSAP": (1,), "CWJEAP": (4,), "CIPSSLCPSK": (1,), "CIPSSLCPSKHEX": (1,)}
_SECRET_NAMES = re.compile(rb'"[^",]*(?:_key|_psk|pwd|password)[^",]*"', re.I)
_HEADER = re.compile(rb'(?:authorization|cookie): ?([^\r\n"]*)', re.I)
_LOGIN = re.compile(rb'://[^/@\s":]*:([^/@\s"]*)(?:@|$)')
_LINE = re.compile(rb"(AT)?\+([A-Z0-9]+?)(_CUR|_DEF)?([=:])(.*)", re.S)
MASK = b"****"
# Commands whose raw data is secret, and answers: the number says how many bytes follow.
SECRET_DATA = re.compile(
    rb'AT\+(?:SYSMFG=2,"\w*_key"\S*|MQTTLONGPASSWORD=\d),(\d+)\s*\Z|'
    rb'\+SYSMFG:"\w*_key","[^"]*",[78],(\d+),\Z'
)
_ANSWER = re.compile(rb'\+SYSMFG:"\w*_key","[^"]*",[78],\d+,')


def arguments(text: bytes) -> list[tuple[int, int]]:
    """Where each argument begins and ends: commas inside quotes and escaped ones don't part."""
    found = []
    start = i = 0
    quoted = False
    while i < len(text):
        c = text[i : i + 1]
        if c == b"\\":
            i += 1
        elif c == b'"':
            quoted = not quoted
        elif c == b"," and not quoted:
            found.append((start, i))
            start = i + 1
        i += 1
    found.append((start, min(i, len(text))))
    return found


def _more(line: bytes) -> list[tuple[int, int]]:
    """Headers that log in or remember a login, and names and passwords within addresses."""
    found = [m.span(1) for m in _HEADER.finditer(line)] + [m.span(1) for m in _LOGIN.finditer(line)]
    return [(a, b) for a, b in found if b > a]


def secrets(line: bytes) -> list[tuple[int, int]]:
    """Which parts of a command, an answer or a message are secret, quotes not included."""
    at = line.find(b"AT+")
    match = _LINE.match(line, max(at, 0))
    if match is None:
        i = line.find(b"password:")  # SmartConfig
        return [(i + 9, _end(line))] if i >= 0 else _more(line)
    name = match[2].decode()
    places = (SECRET_ARGS if match[4] == b"=" else SECRET_ANSWERS).get(name, ())
    base = match.start(5)
    body = line[base : _end(line)]
    spans = arguments(body)
    if name == "SYSMFG" and match[4] == b":" and _SECRET_NAMES.search(body):
        places = (4,)
    if name.startswith("CIPSSLCPSK") and match[4] == b"=":
        # With a link first the key is the second of three, else the first of two.
        places = (1,) if len(spans) > 2 or (body[:1].isdigit() and len(spans) > 1) else (0,)
    found = []
    for place in places:
        if place < len(spans):
            a, b = spans[place]
            if body[a : a + 1] == b'"':
                a += 1
                if b > a and body[b - 1 : b] == b'"':
                    b -= 1
            if b > a:
                found.append((base + a, base + b))
    return found or _more(line)


class Stars:
    """One direction of the wire, byte for byte, each byte of a secret as a star."""

    def __init__(self, commands: bool) -> None:
        self._commands = commands
        self._line = b""  # what has come of a line
        self._left = 0  # bytes of secret data

    def __call__(self, data: bytes) -> bytes:
        shown = b""
        while data:
            if self._left:
                n = min(self._left, len(data))
                self._left -= n
                shown += b"*" * n
            else:
                n = data.find(b"\n") + 1 or len(data)
                was = len(self._line)
                self._line += data[:n]
                answer = _ANSWER.search(self._line)
                if answer is not None and answer.end() > was:
                    n = answer.end() - was
                    self._line = self._line[: answer.end()]
                shown += masked(self._line, b"*")[was:]
                if answer is not None or self._commands and self._line.endswith(b"\n"):
                    match = SECRET_DATA.search(self._line.lstrip())
                    self._left = int(match[1] or match[2]) if match is not None else 0
                if answer is not None or self._line.endswith(b"\n"):
                    self._line = b""
            data = data[n:]
        return shown


class Hider:
    """Cuts one direction of the wire into lines without secrets; secret payload is left away."""

    def __init__(self, commands: bool) -> None:
        self._commands = commands  # they go this way, and the payload behind them
        self._held = bytearray()
        self.left = 0  # bytes of payload still to hide

    def lines(self, data: bytes) -> list[bytes]:
        self._held += data
        found = []
        while self._held:
            if self.left:
                n = min(self.left, len(self._held))
                del self._held[:n]
                self.left -= n
                if not self.left:
                    found.append(MASK)
                continue
            answer = _ANSWER.match(self._held)
            i = self._held.find(b"\n")
            if answer is not None:
                n = answer.end()
            elif i >= 0:
                n = i + 1
            elif len(self._held) > 512:
                n = len(self._held)
            else:
                break
            line = bytes(self._held[:n])
            del self._held[:n]
            found.append(masked(line))
            match = SECRET_DATA.search(line) if answer is not None or self._commands else None
            if match is not None:
                self.left = int(match[1] or match[2])
        return found

    def rest(self) -> bytes:
        return masked(bytes(self._held)) if not self.left else MASK


def _end(line: bytes) -> int:
    return len(line.rstrip(b"\r\n"))


def masked(line: bytes, mask: Optional[bytes] = None) -> bytes:
    """The line with its secrets as ****, or each of their bytes as mask."""
    for a, b in reversed(secrets(line)):
        line = line[:a] + (MASK if mask is None else mask * (b - a)) + line[b:]
    return line
