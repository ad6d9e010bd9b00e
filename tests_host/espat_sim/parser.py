# One command line, taken apart: name, form and arguments.
# Owns quoting, escapes and argument kinds. Knows no command and no state of the module.
from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Optional, Sequence, Union

from . import errors

TEST, QUERY, SET, EXECUTE = "test", "query", "set", "execute"

Token = Union[None, bytes, "Bare"]  # omitted, quoted string, unquoted word


class Bare(bytes):
    """An argument without quotes."""


@dataclass(frozen=True)
class Line:
    name: str  # "AT+CWMODE", "ATE0", "AT"
    form: str
    args: Sequence[Token] = ()


_LINE = re.compile(rb"(AT(?:\+[^=?]*|[^=?]*))(=\?|\?|=)?(.*)", re.DOTALL)


def parse_line(line: bytes) -> Line:
    """line is without its CR LF."""
    if not line.startswith(b"AT"):
        raise errors.AtError(errors.NO_AT)
    match = _LINE.fullmatch(line)
    if match is None:
        raise errors.AtError(errors.UNSUPPORTED)
    name, mark, rest = match.groups()
    text = name.decode("latin-1")
    if mark is None:
        return Line(text, EXECUTE)
    if mark == b"=":
        return Line(text, SET, split_args(rest))
    if rest:
        raise errors.AtError(errors.UNSUPPORTED)
    return Line(text, QUERY if mark == b"?" else TEST)


def split_args(text: bytes) -> list[Token]:
    """Comma-separated arguments; a comma inside a string needs its backslash."""
    args: list[Token] = []
    pos = 0
    while True:
        token, pos = _one_arg(text, pos, len(args))
        args.append(token)
        if pos == len(text):
            return args
        pos += 1  # the comma


def _one_arg(text: bytes, pos: int, index: int) -> tuple[Token, int]:
    if text[pos : pos + 1] != b'"':
        end = text.find(b",", pos)
        end = len(text) if end < 0 else end
        word = text[pos:end]
        return (Bare(word) if word else None), end
    out = bytearray()
    pos += 1
    while pos < len(text):
        c = text[pos : pos + 1]
        if c == b"\\" and pos + 1 < len(text):
            out += text[pos + 1 : pos + 2]
            pos += 2
        elif c == b'"':
            pos += 1
            if pos < len(text) and text[pos : pos + 1] != b",":
                raise errors.para_parse(index)
            return bytes(out), pos
        elif c == b",":
            break  # not escaped: the firmware cuts the argument here
        else:
            out += c
            pos += 1
    raise errors.para_parse(index)


# -- argument kinds ------------------------------------------------------------------------


class Arg:
    """One argument of a set command. Without a default it must be there."""

    REQUIRED: Any = object()

    def __init__(self, default: Any = REQUIRED) -> None:
        self.default = default
        self.keeps_comma = False

    def placed(self) -> Arg:
        """May be empty, but its comma must be there: [<a>],[<b>] in the guide."""
        self.keeps_comma = True
        return self

    @property
    def required(self) -> bool:
        return self.default is Arg.REQUIRED

    def value(self, token: Token, index: int) -> Any:
        if token is None:
            if self.required:
                raise errors.para_parse(index)
            return self.default
        return self.read(token, index)

    def read(self, token: bytes, index: int) -> Any:
        raise NotImplementedError


class Int(Arg):
    """A number, decimal or 0x; lo..hi inclusive."""

    def __init__(self, lo: int, hi: int, default: Any = Arg.REQUIRED) -> None:
        super().__init__(default)
        self.lo = lo
        self.hi = hi

    def read(self, token: bytes, index: int) -> int:
        value = number(token, index)
        if not self.lo <= value <= self.hi:
            raise errors.para_invalid(index)
        return value


class OneOf(Int):
    """A number out of a set."""

    def __init__(self, *values: int, default: Any = Arg.REQUIRED) -> None:
        super().__init__(min(values), max(values), default)
        self._values = values

    def read(self, token: bytes, index: int) -> int:
        value = super().read(token, index)
        if value not in self._values:
            raise errors.para_invalid(index)
        return value


class Str(Arg):
    """A quoted string of lo..hi bytes."""

    def __init__(self, hi: int = 256, lo: int = 0, default: Any = Arg.REQUIRED) -> None:
        super().__init__(default)
        self.lo = lo
        self.hi = hi

    def read(self, token: bytes, index: int) -> bytes:
        if isinstance(token, Bare):
            raise errors.para_type(index)
        if not self.lo <= len(token) <= self.hi:
            raise errors.para_length(index)
        return token


class Mac(Arg):
    """A quoted MAC address, given back in lower case."""

    def read(self, token: bytes, index: int) -> str:
        text = Str(17, 17).read(token, index).decode("latin-1").lower()
        if not re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", text):
            raise errors.para_invalid(index)
        return text


class Ip4(Arg):
    """A quoted IPv4 address."""

    def read(self, token: bytes, index: int) -> str:
        text = Str(15, 7).read(token, index).decode("latin-1")
        if not is_ip4(text):
            raise errors.para_invalid(index)
        return text


class AnyArg(Arg):
    """Taken as it is; the handler looks at it."""

    def read(self, token: bytes, index: int) -> bytes:
        return token


class LinkId(Int):
    """Present only in multiple-connection mode; reads as single otherwise."""

    def __init__(self, hi: int = 4, single: int = 0) -> None:
        super().__init__(0, hi)
        self.single = single


class Rest(Arg):
    """All that follows, as a list of tokens; the last of a command's arguments."""


def is_ip4(text: str) -> bool:
    parts = text.split(".")
    return len(parts) == 4 and all(p.isdigit() and len(p) < 4 and int(p) < 256 for p in parts)


def number(token: bytes, index: int) -> int:
    if not isinstance(token, Bare):
        raise errors.para_type(index)
    if re.fullmatch(rb"[+-]?[0-9]+", token):
        return int(token)
    if re.fullmatch(rb"0[xX][0-9a-fA-F]+", token):
        return int(token, 16)
    raise errors.para_parse(index)


def bind(args: Sequence[Token], kinds: Sequence[Arg], multiple: bool, first: int = 0) -> list[Any]:
    """Values for the handler. first is the index of args[0], for the error codes."""
    values: list[Any] = []
    kinds = list(kinds)
    rest: Optional[list[Token]] = None
    if kinds and isinstance(kinds[0], LinkId) and not multiple:
        values.append(kinds.pop(0).single)  # type: ignore[attr-defined]
    if kinds and isinstance(kinds[-1], Rest):
        kinds.pop()
        rest = list(args[len(kinds) :])
        args = args[: len(kinds)]
    needed = max((i + 1 for i, k in enumerate(kinds) if k.required or k.keeps_comma), default=0)
    if rest is None and len(args) > len(kinds):
        raise errors.para_count(first + len(kinds), first + len(args))
    if len(args) < needed:
        raise errors.para_count(first + needed, first + len(args))
    padded = list(args) + [None] * (len(kinds) - len(args))
    for i, (token, kind) in enumerate(zip(padded, kinds)):
        values.append(kind.value(token, first + i))
    if rest is not None:
        values.append(rest)
    return values
