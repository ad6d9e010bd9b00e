# The filters of AT+SYSMSGFILTERCFG: pairs of POSIX basic regular expressions.
# Owns their translation and application. Knows nothing of the port.
from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Optional, Pattern


@dataclass
class _Filter:
    head: bytes
    tail: bytes
    head_re: Optional[Pattern[bytes]]
    tail_re: Optional[Pattern[bytes]]


class MessageFilters:
    """A message that matches head and tail of one filter loses the matched parts."""

    def __init__(self) -> None:
        self._filters: list[_Filter] = []

    def add(self, head: bytes, tail: bytes) -> bool:
        """False when an expression is not well formed."""
        try:
            item = _Filter(head, tail, _compile(head), _compile(tail))
        except (re.error, ValueError):
            return False
        self._filters.append(item)
        return True

    def remove(self, head: bytes, tail: bytes) -> bool:
        for item in self._filters:
            if (item.head, item.tail) == (head, tail):
                self._filters.remove(item)
                return True
        return False

    def clear(self) -> None:
        self._filters.clear()

    def pairs(self) -> list[tuple[bytes, bytes]]:
        return [(f.head, f.tail) for f in self._filters]

    def apply(self, message: bytes) -> bytes:
        for item in self._filters:
            start, end = 0, len(message)
            if item.head_re is not None:
                head = item.head_re.search(message)
                if head is None:
                    continue
                start = head.end()
                before = message[: head.start()]
            else:
                before = b""
            if item.tail_re is not None:
                tail = item.tail_re.search(message, start)
                if tail is None:
                    continue
                end = tail.start()
                after = message[tail.end() :]
            else:
                after = b""
            return before + message[start:end] + after
        return message


def _compile(text: bytes) -> Optional[Pattern[bytes]]:
    if not text:
        return None
    # $ of POSIX is the very end; Python's would also match before a last LF.
    return re.compile(bre_to_python(text), re.DOTALL)


def bre_to_python(text: bytes) -> bytes:
    r"""Basic regular expression -> Python: + ? | ( ) { } are literal, \( \) \{ \} are not."""
    out = bytearray()
    i = 0
    while i < len(text):
        c = text[i : i + 1]
        if c == b"[":
            close = _bracket_end(text, i)
            out += text[i : close + 1].replace(b"\\", b"\\\\")
            i = close + 1
            continue
        if c == b"\\":
            if i + 1 >= len(text):
                raise ValueError("a backslash at the end")
            nxt = text[i + 1 : i + 2]
            out += nxt if nxt in b"(){}+?|" else b"\\" + nxt if nxt in b"123456789.*[]^$\\" else nxt
            i += 2
            continue
        if c == b"$":
            out += rb"\Z" if i + 1 == len(text) else rb"\$"
        elif c == b"^":
            out += b"^" if i == 0 else rb"\^"
        elif c == b"*" and (i == 0 or text[:i] == b"^"):
            out += rb"\*"
        elif c in b"+?|(){}":
            out += b"\\" + c
        else:
            out += c if c in b".*" else re.escape(c)
        i += 1
    return bytes(out)


def _bracket_end(text: bytes, start: int) -> int:
    i = start + 1
    if text[i : i + 1] == b"^":
        i += 1
    if text[i : i + 1] == b"]":
        i += 1
    end = text.find(b"]", i)
    if end < 0:
        raise ValueError("a bracket without its end")
    return end
