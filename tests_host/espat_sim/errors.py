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
