# The 32-bit error codes of the AT core and the exception that carries one.
# Owns the layout (category, subcategory, extension). Prints nothing.
from __future__ import annotations

_CATEGORY = 0x01 << 24

NO_TERMINATOR = _CATEGORY | 0x02 << 16
NO_AT = _CATEGORY | 0x03 << 16
UNSUPPORTED = _CATEGORY | 0x09 << 16
PROCESSING = _CATEGORY | 0x0B << 16
OP_ERROR = _CATEGORY | 0x0C << 16


class AtError(Exception):
    """A refusal: ERR CODE (with SYSLOG=1) and ERROR."""

    def __init__(self, code: int, why: str = "") -> None:
        super().__init__(f"0x{code:08x} {why}".strip())
        self.code = code


def para_length(index: int) -> AtError:
    return AtError(_CATEGORY | 0x04 << 16 | index, "length of argument")


def para_type(index: int) -> AtError:
    return AtError(_CATEGORY | 0x05 << 16 | index, "type of argument")


def para_count(needed: int, given: int) -> AtError:
    return AtError(_CATEGORY | 0x06 << 16 | (needed & 0xFF) << 8 | given & 0xFF, "argument count")


def para_invalid(index: int) -> AtError:
    return AtError(_CATEGORY | 0x07 << 16 | index, "value of argument")


def para_parse(index: int) -> AtError:
    return AtError(_CATEGORY | 0x08 << 16 | index, "argument cannot be parsed")


def exec_fail(result: int = 0x0001, why: str = "") -> AtError:
    """The command was well formed but could not be carried out."""
    return AtError(_CATEGORY | 0x0A << 16 | result, why)


# Subcategories of category 1: the text, and what the lowest bytes say.
_TEXTS = {
    0x00: "unknown error",
    0x01: "out of memory",
    0x02: "no CR LF at the end of the line",
    0x03: "the line does not begin with AT",
    0x04: "argument {low} has a wrong length",
    0x05: "argument {low} has a wrong type",
    0x06: "{low} arguments given, {high} needed",
    0x07: "the value of argument {low} is not allowed",
    0x08: "argument {low} cannot be parsed",
    0x09: "no such command in this firmware",
    0x0A: "could not be carried out ({low16})",
    0x0B: "another command is still running",
    0x0C: "the command has no such form",
}


def explain(code: int) -> str:
    """What an ERR CODE means; "" for one that is unknown."""
    if 0x7000 <= code <= 0x7FFF:
        status = code - 0x7000
        return f"HTTP status {status}" if status else "HTTP: no connection, or no good answer"
    if code >> 24 != _CATEGORY >> 24:
        return ""
    text = _TEXTS.get(code >> 16 & 0xFF, "")
    return text.format(low=code & 0xFF, high=code >> 8 & 0xFF, low16=code & 0xFFFF)
