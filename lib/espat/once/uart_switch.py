# modem.uart.configure(): another rate or flow control for both ends of the wire. Owns what may be
# asked for; the switch itself is uart_try.py's.
from ..compat import const
from .quote import check

_EIO = const(5)
_BOTH = const(3)


async def settings(m, saved=False):
    """The module's end: (baudrate, bits, stop, parity, flow) as AT+UART_CUR has them (guide
    3.1.11), or with saved those that it boots with (AT+UART_DEF, guide 3.1.12)."""
    from .ask import numbers

    return tuple(await numbers(m, b"AT+UART_DEF?" if saved else b"AT+UART_CUR?"))


async def configure(m, baudrate=None, flow=None, save=False):
    """Switch both ends of the wire (AT+UART_CUR, guide 3.1.11) and try it out.

    baudrate: 80..5000000, None: as it is. flow: RTS and CTS, both, by the host's UART: True or
    False, None: as it is (pins of Modem(rts=, cts=) stay). save: the module keeps it for good
    (AT+UART_DEF, guide 3.1.12). After a reset of the module the driver comes back to it.
    ValueError before anything is sent; ATError: the module refuses; OSError(EIO): it does not
    work, both ends are back at what they had; ENODEV: the module is lost at the new rate, its
    reset pin would help; EBUSY: a link with active receive is open, what it gets meanwhile would
    be lost."""
    check("baudrate", baudrate, 80, 5000000)
    uart = m.serial
    if not (hasattr(uart, "init") or hasattr(uart, "baudrate")):
        raise ValueError("the host's UART cannot change its baud rate")
    bits = m.options[7]
    if flow is not None and bool(flow) != bool(bits):
        if not (hasattr(uart, "RTS") and hasattr(uart, "init")) or bits and bits != _BOTH:
            raise ValueError("flow: chosen where the UART, or the Modem, is made")
        bits = _BOTH if flow else 0
    for s in m.engine.links:
        if s is not None and s.up and not s.passive:
            raise OSError(16, "links are open")  # EBUSY
    from .wire import rate

    base = rate(uart)
    new = baudrate or base
    if not can(uart, base, new):
        from .note import note

        note("uart: the host cannot make %d baud", new)
        raise ValueError("the host's UART refuses %d" % new)
    old = await settings(m)
    base = rate(uart)  # where it was found; the module's own figure is its divider's, a little off
    new = baudrate or base
    await m.at(b"AT+UART_%s=%d,8,1,0,%d\r\n" % (b"DEF" if save else b"CUR", new, bits))
    if not await m.brief("uart_try", "switch", new, bits, base, old[4]):
        raise OSError(_EIO, "%d baud: no answer, back at %d" % (new, base))
    m.speed = new, bits


def can(uart, base, new):
    # A rate that the UART refuses is found out before the module hears of it.
    from .wire import set_baudrate

    if new == base:
        return True
    try:
        set_baudrate(uart, new)
        return True
    except (ValueError, OSError):
        return False
    finally:
        set_baudrate(uart, base)
