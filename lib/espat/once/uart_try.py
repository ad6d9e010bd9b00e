# Both ends of the wire to another rate or flow control: the switch, whether it works, and the way
# back. Owns m.speed, what to return to after a reset of the module.
from ..compat import const
from .note import note

_SETTLE_MS = const(10)  # the module switches when its OK is out
_BOTH = const(3)


async def again(m):
    # After a reset of the module, which is found at its own rate: back to ours.
    from .wire import rate

    new, bits = m.speed
    base = rate(m.serial)
    if not await m.at(b"AT+UART_CUR=%d,8,1,0,%d\r\n" % (new, bits), force=True):
        state = m.state
        try:
            if not await switch(m, new, bits, base, bits, True):
                m.speed = None
        finally:
            m.state = state


async def switch(m, new, bits, base, old_bits, setup=False):
    # The module has said OK and switches; the host follows. False: both are back. setup: it has
    # just been reset, and what follows is known.
    from .wire import set_baudrate

    m.state = 1  # others wait
    try:
        apply(m, new, bits)
        if await works(m, 3, setup):
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
            if await works(m, 2, setup):
                note("uart: %d baud does not work, back at %d", new, base)
                return False
    finally:
        if m.state == 1:
            m.state = 0
    # At some other rate, or only a reset helps.
    note("uart: the module is lost at %d baud", new)
    m.engine.on_reset()
    m.speed = None
    await m.brief("start", "up")
    return False


async def works(m, tries, setup):
    # Do both ends understand each other, and does each answer belong to its command?
    from .start import pause, probe, sync

    e = m.engine
    await pause(m, _SETTLE_MS)
    e.n = 0  # what came in between was noise
    text = await sync(m) if await probe(m, tries) else None
    if text is None:
        return False
    e.lost = False
    m.state = 2
    for s in e.links:
        if s is not None:
            s.hint = True  # the module may have said in between that there is something
    if not setup and text[8:] != b"1":
        m.said(b"ready")  # it has rebooted meanwhile, and nobody heard it
    return True


def apply(m, baudrate, bits):
    # The host's end. Without flow control a full receive buffer counts as loss.
    from .wire import says, set_baudrate

    uart = m.serial
    set_baudrate(uart, baudrate)
    if bits != m.options[7] and hasattr(uart, "RTS"):
        flow = uart.RTS | uart.CTS if bits == _BOTH else 0
        uart.init(baudrate=baudrate, rxbuf=says(uart, b"rxbuf=", 256), flow=flow)
        m.options = m.options[:7] + (bits,) + m.options[8:]
        n = says(uart, b"rxbuf=", 0)
        m.engine.full = n - 1 if n and not bits else 1 << 29


async def blind(m, cmd, baudrate):
    from .start import pause, send

    await send(m, b"\r\n")  # ends what is left of a line; the module answers with ERROR
    await pause(m, 20)
    await send(m, cmd)
    await pause(m, 20 + len(cmd) * 10000 // baudrate)
