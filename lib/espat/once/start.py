# Finding the module in whatever state it is, and bringing it to the one that the driver relies
# on. Loaded for a start-up or a resynchronisation, and dropped again.
from ..compat import ticks_add, ticks_diff, ticks_ms
from ..engine import ASKED, SENT
from .port import says, set_baudrate

_EIO = 5
_ENODEV = 19
_ETIMEDOUT = 110

_BOOT_MS = 3000  # a reset until "ready"
_BUSY_MS = 20000  # a module that says "busy p..." is given so long
_RESYNC_MS = 10000


async def up(m):
    while m.state == 1:  # someone else is at it
        await m.idle()
    if m.state == 2:
        return
    m.state = 1
    try:
        await begin(m)
        m.state = 2
    finally:
        if m.state != 2:
            m.state = 0


async def begin(m):
    e = m.engine
    reset, enable, _, _, rates, restart, passive = m.options
    e.fail_all()
    e.lost = False
    if enable is not None:
        enable.value(1)
    if restart == "pin":
        await pulse(m, reset)
    if not await find(m, rates):
        if reset is not None:
            await pulse(m, reset)
        if reset is None or not await find(m, rates):
            raise OSError(_ENODEV, "no answer from an AT module: wiring, power, baud rate?")
    if restart == "command":
        await m.exchange(b"AT+RST\r\n")
        await ready(m)
        await m.exchange(b"ATE0\r\n")
    await configure(m, passive)


async def pause(m, ms):
    end = ticks_add(ticks_ms(), ms)
    while ms > 0:
        await m.idle(ms)
        ms = ticks_diff(end, ticks_ms())


async def pulse(m, reset):
    reset.value(0)
    await pause(m, 20)
    reset.value(1)
    await ready(m)


async def ready(m):
    # Wait for "ready"; a module that doesn't say it is found by asking.
    seen = []
    m.engine.on_ready = lambda: seen.append(1)
    end = ticks_add(ticks_ms(), _BOOT_MS)
    try:
        while not seen:
            ms = ticks_diff(end, ticks_ms())
            if ms <= 0:
                break
            await m.idle(ms)
    finally:
        m.engine.on_ready = m.on_ready


async def find(m, rates):
    if await probe(m, 4):
        return True
    await escape(m)
    if await probe(m, 2):
        return True
    uart = m.uart
    first = says(uart, "baudrate=", 115200)
    for leave in (False, True):
        for b in rates:
            if b != first:
                if not set_baudrate(uart, b):
                    return False
                if leave:
                    await escape(m)
                if await probe(m, 2):
                    return True
    set_baudrate(uart, first)
    return False


async def probe(m, tries):
    """Ask until the module answers. The first CR LF ends a line that someone left unfinished."""
    e = m.engine
    end = ticks_add(ticks_ms(), _BUSY_MS)
    await send(m, b"\r\n")
    await pause(m, 20)
    while tries and ticks_diff(end, ticks_ms()) > 0:
        e.busy = False
        # ERROR: it is there, and has choked on something.
        if not await m.exchange(b"ATE0\r\n", 300):
            return True
        if not e.busy:
            tries -= 1
    return False


async def send(m, data):
    # Raw bytes, no answer expected.
    off = 0
    end = ticks_add(ticks_ms(), 1000)
    while off < len(data) and ticks_diff(end, ticks_ms()) > 0:
        k = m.engine.write(data, off, len(data) - off)
        off += k or 0
        if not k:
            await m.idle(2)


async def escape(m):
    """Leave passthrough, or a send that waits for its bytes: "+++" alone on the wire (guide
    3.3.8: more than 20 ms before and after, one second until the next command)."""
    await pause(m, 50)
    await send(m, b"+++")
    await pause(m, 1100)


async def resync(m):
    """After a command without an answer: ask something whose answer cannot be mistaken for that
    of another command, until it comes."""
    e = m.engine
    end = ticks_add(ticks_ms(), _RESYNC_MS)
    tries = 0
    while ticks_diff(end, ticks_ms()) > 0:
        if tries == 2:
            await escape(m)
        tries += 1

        # ASKED: an OK alone is a late one and ends nothing; our line makes the next OK ours.
        def ours(text):
            if e.stage == ASKED:
                e.stage = SENT

        e.lost = False
        if not await m.exchange(b"AT+CIPMUX?\r\n", 1000, ours, b"+CIPMUX:", False, b""):
            return
    m.state = 0
    raise OSError(_ETIMEDOUT, "the module has stopped answering")


async def configure(m, passive):
    await may(m, b"AT+SYSLOG=1\r\n")
    lines = []
    await may(m, b"AT+GMR\r\n", lines.append)
    from .profile import choose

    m.profile = p = choose(lines)
    if p.version == (0, 0):
        await capabilities(m, p)
    # Nothing that the driver sets is to wear out the flash.
    await may(m, b"AT+SYSSTORE=0\r\n")
    await may(m, b"AT+SYSMSG=0\r\n")
    if not await may(m, b"AT+CIPMUX=1\r\n"):
        for cmd in (b"AT+CIPMODE=0\r\n", b"AT+CIPSERVER=0,1\r\n", b"AT+CIPCLOSE\r\n"):
            await may(m, cmd)
        if not await may(m, b"AT+CIPMUX=1\r\n"):
            raise OSError(_EIO, "AT+CIPMUX=1")
    await may(m, b"AT+CIPCLOSE=5\r\n")  # links of a former life
    await may(m, b"AT+CIPDINFO=0\r\n")
    if p.passive:
        value = b"1\r\n" if passive else b"0\r\n"
        if not await may(m, p.passive + b"=5," + value) and not await may(
            m, b"AT+CIPRECVMODE=" + value
        ):
            p.passive = None
    if not passive:
        p.passive = None
    # Where a join goes on from flash, the state is asked when someone wants to know.
    m.wifi_state = -1
    if m.rejoin:
        await m.brief("wifi_join", "again")


async def may(m, cmd, answer=None):
    # A setting that not every firmware has.
    return not await m.exchange(cmd, 5000, answer, b"", answer is not None)


async def capabilities(m, p):
    # A firmware that does not say what it is: its command list tells (AT+CMD?, guide 3.1.5).
    names = (b"AT+CIPRECVTYPE", b"AT+CIPSENDL")
    found = []

    def line(text):
        for name in names:
            if b'"' + name + b'"' in text or b"," + name + b"," in text:
                found.append(name)

    if await m.exchange(b"AT+CMD?\r\n", 10000, line, b"+CMD:"):
        return
    p.sendl = b"AT+CIPSENDL" in found
    if b"AT+CIPRECVTYPE" in found:
        p.passive = b"AT+CIPRECVTYPE"
        p.send_max = 8192
