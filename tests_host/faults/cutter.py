"""A slow, simple cutter: what a stream of the module's bytes means, from the whole of it at once.

Owns the meaning that the driver's framer is compared with; written from the guide's message
formats, shares no code with the driver and knows no pieces, buffers or readers.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Union

LINE = 192  # longer lines are cut to this many bytes
LINKS = 5
_FIELDS = re.compile(rb"\+IPD,([^,]*),(\d+)[,:]", re.S)
_LEADING = re.compile(rb"\d+")
_READ = re.compile(rb"\+CIPRECVDATA[:,](\d+)")  # the answer of a read: nobody's here


class Line(NamedTuple):
    text: bytes


class Prompt(NamedTuple):
    pass


class Payload(NamedTuple):
    link: int  # -1: nobody's
    data: bytes
    whole: bool


Found = Union[Line, Prompt, Payload]


def header(start: bytes) -> Union[tuple[int, int], None]:
    """(link, length) if start is a whole header "+IPD,<link>,<length>:"."""
    if not start.startswith(b"+IPD,"):
        found = _READ.match(start)
        return (-1, int(found.group(1))) if found else None
    if not start.endswith(b":"):
        return None
    found = _FIELDS.match(start)
    if found is None:
        return None
    digits = _LEADING.match(found.group(1))
    link = int(digits.group()) if digits else -1
    return (link if link < LINKS else -1), int(found.group(2))


def cut(data: bytes, prompt: bool = False) -> list[Found]:
    """Everything in data that is whole; the payload at its end may be part of one."""
    out: list[Found] = []
    at = 0
    while at < len(data):
        if prompt and data[at : at + 1] == b">":
            out.append(Prompt())
            prompt = False
            at += 1
            continue
        end = data.find(b"\n", at)
        text = data[at:end] if end >= 0 else data[at:]
        payload = _payload(text)
        if payload is not None:
            begin, link, length = payload
            begin += at
            got = data[begin : begin + length]
            out.append(Payload(link, got, len(got) == length))
            at = begin + length
            continue
        if end < 0:
            break
        text = text[:LINE]
        if text.endswith(b"\r"):
            text = text[:-1]
        if text:
            out.append(Line(text))
        at = end + 1
    return out


def _payload(text: bytes) -> Union[tuple[int, int, int], None]:
    """Where payload begins in this line, whose it is and how long."""
    if text.startswith(b"+IPD,"):
        begin = 5
    elif text.startswith((b"+CIPRECVDATA:", b"+CIPRECVDATA,")):
        begin = 13
    else:
        return None
    for i in range(begin, min(len(text), LINE)):
        if text[i] in b",:":
            found = header(text[: i + 1])
            if found is not None:
                return i + 1, found[0], found[1]
    return None


def payload_of(found: list[Found], link: int) -> bytes:
    return b"".join(x.data for x in found if isinstance(x, Payload) and x.link == link)


def lines_of(found: list[Found]) -> list[bytes]:
    return [x.text for x in found if isinstance(x, Line)]
