# modem.system: the chip beneath: its registers, the pin that wakes it, a switch of the factory's.
from .fields import answers
from .quote import build, check


async def wake_source(m, gpio, wake_level=0):
    """The module's pin, 0..48, and its level, 0 or 1, that end a light-sleep (AT+SLEEPWKCFG,
    guide 3.1.25)."""
    check("gpio", gpio, 0, 48)
    check("wake_level", wake_level, 0, 1)
    await m.at(build(b"AT+SLEEPWKCFG", (2, gpio, wake_level)))


async def register(m, location, value=None):
    """The 32-bit register of the chip at that address (AT+SYSREG, guide 3.1.27). Nothing is
    checked: the wrong one stops the module."""
    check("location", location, 0, 0xFFFFFFFF)
    check("value", value, 0, 0xFFFFFFFF)
    if value is not None:
        return await m.at(build(b"AT+SYSREG", (1, location, value)))
    lines = await answers(m, build(b"AT+SYSREG", (0, location)))
    return int(lines[0].decode(), 0)


async def long_preamble(m, on, send_long=False):
    """The radio's preamble in factory tests (AT+FACTPLCP, guide 3.8.2): switch the choice on or
    off, and send long ones."""
    await m.at(build(b"AT+FACTPLCP", (bool(on), bool(send_long))))
