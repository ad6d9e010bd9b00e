# modem.uart.configure(): both ends of the wire to another rate or flow control, in the right order,
# tried out, and back again when it does not work. Owns m.speed, what to return to after a reset.
from ..compat import const
from .ask import numbers
from .quote import check

_EIO = const(5)
_SETTLE_MS = const(10)  # the module switches when its OK is out
_BOTH = const(3)


async def settings(m, saved=False):
    """The module's end: (baudrate, bits, stop, parity, flow) as AT+UART_CUR has them (guide
    3.1.11), or with saved those that it boots with (AT+UART_DEF, guide 3.1.12)."""
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
    old = await settings(m)
    from .start import rate

    base = rate(uart)  # the module's own figure is the divider's, a little off
    new = baudrate or base
    if not can(uart, base, new):
        raise ValueError("the host's UART refuses %d" % new)
    await m.at(b"AT+UART_%s=%d,8,1,0,%d\r\n" % (b"DEF" if save else b"CUR", new, bits))
    if not await switch(m, new, bits, base, old[4]):
        raise OSError(_EIO, "%d baud: no answer, back at %d" % (new, base))
    m.speed = new, bits


async def again(m):
    # After a reset of the module, which is found at its own rate: back to ours.
    from .start import rate

    new, bits = m.speed
    base = rate(m.serial)
    if not await m.at(b"AT+UART_CUR=%d,8,1,0,%d\r\n" % (new, bits), force=True):
        state = m.state
        try:
            if not await switch(m, new, bits, base, bits):
                m.speed = None
        finally:
            m.state = state


def can(uart, base, new):
    # A rate that the UART refuses is found out before the module hears of it.
    from .start import set_baudrate

    if new == base:
        return True
    try:
        set_baudrate(uart, new)
        return True
    except (ValueError, OSError):
        return False
    finally:
        set_baudrate(uart, base)


async def switch(m, new, bits, base, old_bits):
    # The module has said OK and switches; the host follows. False: both are back.
    from .start import set_baudrate

    m.state = 1  # others wait
    try:
        apply(m, new, bits)
        if await works(m, 3):
            return True
        # Back: told without waiting for an answer, and without RTS and CTS, which may be what
        # does not work. A host whose divider is off the mark may still be understood near by.
        cmd = b"AT+UART_CUR=%d,8,1,0,%d\r\n" % (base, old_bits)
        for near in (new, new - new // 40, new + new // 40):
            try:
                apply(m, near, 0 if bits == _BOTH else bits)
                await blind(m, cmd, new)
                apply(m, base, old_bits)
            except (ValueError, OSError):
                set_baudrate(m.serial, base)
            if await works(m, 2):
                return False
    finally:
        if m.state == 1:
            m.state = 0
    # At some other rate, or only a reset helps.
    m.engine.on_reset()
    m.speed = None
    await m.brief("start", "up")
    return False


async def works(m, tries):
    # Do both ends understand each other, and does each answer belong to its command?
    from .start import pause, probe, sync

    e = m.engine
    await pause(m, _SETTLE_MS)
    e.n = 0  # what came in between was noise
    if not await probe(m, tries) or await sync(m) is None:
        return False
    e.lost = False
    m.state = 2
    for s in e.links:
        if s is not None:
            s.hint = True  # the module may have said in between that there is something
    return True


def apply(m, baudrate, bits):
    # The host's end. Without flow control a full receive buffer counts as loss.
    from .start import says, set_baudrate

    uart = m.serial
    set_baudrate(uart, baudrate)
    if bits != m.options[7] and hasattr(uart, "RTS"):
        flow = uart.RTS | uart.CTS if bits == _BOTH else 0
        uart.init(baudrate=baudrate, rxbuf=says(uart, b"rxbuf=", 256), flow=flow)
        m.options = m.options[:7] + (bits,)
        n = says(uart, b"rxbuf=", 0)
        m.engine.full = n - 1 if n and not bits else 1 << 29


async def blind(m, cmd, baudrate):
    from .start import pause, send

    await send(m, b"\r\n")  # ends what is left of a line; the module answers with ERROR
    await pause(m, 20)
    await send(m, cmd)
    await pause(m, 20 + len(cmd) * 10000 // baudrate)
