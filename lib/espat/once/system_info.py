# modem.system: what the module is, can do and has left.
from .ask import numbers
from .fields import words
from .quote import query

_KINDS = (b"AT version", b"SDK version", b"compile time", b"Bin version")


async def alive(m):
    """Does the module answer? (AT, guide 3.1.2) False instead of an error."""
    try:
        await m.at(b"AT\r\n", 1000)
    except OSError:
        return False
    return True


async def version(m):
    """What the firmware says of itself (AT+GMR, guide 3.1.4): a dictionary with "AT version",
    "SDK version", "compile time" and "Bin version", as far as it says them."""
    lines = []
    await m.at(b"AT+GMR\r\n", 5000, lines.append)
    found = {}
    for text in lines:
        for kind in _KINDS:
            if text.startswith(kind):
                found[kind.decode()] = words([text[text.find(b":") + 1 :].strip()])[0]
    return found


async def docs(m):
    """Addresses of the firmware's guide, English and Chinese (AT+USERDOCS, guide 3.11.6)."""
    return words(await query(m, b"AT+USERDOCS?"))


def rows(m):
    from .rows import Rows

    return Rows(m, b"AT+CMD?\r\n", b"+CMD:", _entry)


def _entry(text):
    f = text.split(b",")
    try:
        name, last = words([f[1], f[5]])
    except (ValueError, IndexError):
        return None
    return (name,) + tuple([x == b"1" for x in f[2:6]])


async def ram(m):
    """(free, least free so far) bytes of the module's RAM (AT+SYSRAM, guide 3.1.14)."""
    return tuple(await numbers(m, b"AT+SYSRAM?"))
