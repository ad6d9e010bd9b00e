# From a UART to a module in the state that the driver relies on: setting a Modem up, finding the
# module in whatever state it is, learning what it can. Loaded for these moments, dropped again.
import sys

from ..compat import const, load, ticks_add, ticks_diff, ticks_ms
from ..engine import Engine
from .wire import rate, says, set_baudrate

_SENT = const(2)  # engine.py
_ASKED = const(3)
_EIO = const(5)
_EBUSY = const(16)
_ENODEV = const(19)
_ETIMEDOUT = const(110)

_LINE = const(192)  # longest line of an answer that the core asks for; parts may need longer ones
_BOOT_MS = const(3000)  # a reset until "ready"
_BUSY_MS = const(20000)  # a module that says "busy p..." is given so long
_RESYNC_MS = const(6000)  # a module that says nothing
_FLOOD_MS = const(5000)
_UP_MS = const(25000)  # until then another try begins: find and set up a module


def setup(
    m,
    uart,
    reset=None,
    enable=None,
    rts=None,
    cts=None,
    wake=None,
    host_wake=None,
    baudrates=None,
    restart="none",
    passive=True,
    ring=1024,
    flow=None,
):
    """Modem(...): check the arguments, take the UART, make the buffers.

    uart: machine.UART, busio.UART or a stream with readinto, write and any() or in_waiting.
    reset: output pin on the module's EN or RST (low resets). enable: output pin that powers it.
    rts, cts: pins for flow control by hand, where the UART has none of its own. wake, host_wake:
    the two wake pins. baudrates: rates to look for the module at, after the UART's own; None: the
    usual ones from 9600 to 3000000. restart:
    "none" takes the module as it is, "command" sends AT+RST, "pin" pulses reset. passive: receive
    on demand (AT+CIPRECVTYPE=1) where the firmware has it. ring: bytes of a receive ring, made
    when a link needs one. flow: the UART has RTS and CTS of its own, set when it was made; None:
    as its text says. Without flow control a full receive buffer counts as loss."""
    v = sys.implementation
    if v.version < ((9,) if v.name[:2] == "ci" else (1, 22)):
        raise RuntimeError("too old: espat needs MicroPython 1.22, CircuitPython 9")
    if restart not in ("none", "command", "pin"):
        raise ValueError("restart: none, command or pin")
    if restart == "pin" and reset is None:
        raise ValueError("restart: no reset pin")
    if ring < 128:
        raise ValueError("ring: 128 bytes or more")
    if not (hasattr(uart, "readinto") and hasattr(uart, "write")):
        raise TypeError("uart: needs readinto() and write()")
    if not (hasattr(uart, "any") or hasattr(uart, "in_waiting")):
        raise TypeError("uart: needs any() or in_waiting")
    n = says(uart, b"rxbuf=", 256)
    m.engine = e = Engine(_LINE, 1024 if n > 2048 else n // 2)
    if flow is None:
        text = repr(uart).encode()
        flow = b"flow=" in text and b"RTS" in text
    if not flow and rts is None and says(uart, b"rxbuf=", 0):
        e.full = n - 1
    # What the module is to drive: its RTS (1) for our CTS, its CTS (2) for our RTS.
    flow = 3 if flow else (cts is not None) + 2 * (rts is not None)
    try:
        # MicroPython streams take an offset and a count: no slice, no allocation.
        uart.write(b"", 0, 0)
        a = uart if cts is None and hasattr(uart, "any") else None
    except TypeError:
        a = None
    if a is None:
        from ..adapter import Adapter

        a = Adapter(uart, cts)
    e.any = a.any
    e.readinto = a.readinto
    e.write = a.write
    said = m.said
    e.hooks.append((b"WIFI ", said))
    e.hooks.append((b"ready", said))
    m.serial = uart
    if rts is not None:
        from ..adapter import by_hand

        m.block = by_hand(m, rts)
    try:
        import select

        p = select.poll()
        p.register(uart, select.POLLIN)
        m.poller = p if hasattr(p, "ipoll") else None  # CPython's has none
    except (ImportError, AttributeError, OSError, TypeError, ValueError):
        m.poller = None
    # The last: which boot has been set up.
    m.options = (reset, enable, wake, host_wake, baudrates, restart, passive, flow, None)
    m.ring = ring


async def up(m):
    """Find the module and bring it to the known state."""
    if m.state == 3:
        raise OSError(_EBUSY, "passthrough: close() the stream first")
    while m.state == 1:  # someone else is at it
        await m.idle()
    if m.state == 2:
        return
    e = m.engine
    reset, enable, _, _, rates, restart, passive, _, known = m.options
    if rates is None:
        rates = 115200, 921600, 9600, 57600, 74880, 230400, 460800, 2000000, 3000000
    m.state = 1
    end = ticks_add(ticks_ms(), _UP_MS)
    heard = []  # what somebody says who does not answer
    hook = (b"", lambda text: len(heard) < 9 and heard.append(text))
    e.hooks.append(hook)
    boots = m.boots
    try:
        e.on_reset()
        if enable is not None:
            drive(enable, 1)
        if restart == "pin":
            await boot(m, reset)
        elif reset is not None and not (reset.value() if callable(reset.value) else reset.value):
            drive(reset, 1)  # Pin(6, Pin.OUT) without a value has held it in reset
        # Asking costs nothing, a reset a second, all rates with "+++" at each up to 20 s.
        found = await find(m, rates if reset is None and enable is None else ())
        if not found and reset is not None:
            await boot(m, reset)
            found = await find(m, () if enable is not None else rates)
        if not found and enable is not None:
            drive(enable, 0)
            await pause(m, 500)
            drive(enable, 1)
            await boot(m)
            found = await find(m, rates)
        if not found:
            raise OSError(_ENODEV, silence(m, heard, m.boots != boots))
        e.hooks.remove(hook)
        if restart == "command":
            await m.at(b"AT+RST\r\n", force=True)
            await boot(m)
            await find(m, ())
        while True:
            text = await sync(m)
            # (0, not 1: as after a boot. One byte less than to compare it.)
            if text and not text[-1] & 1 and m.boots == known:
                m.said(b"ready")  # it has rebooted since, and nobody heard it
            boots = m.boots
            e.lost = False
            try:
                await configure(m, passive)
            except OSError:
                if not e.lost:
                    raise
            if boots == m.boots and not e.lost:
                break
            # It has rebooted meanwhile, or an answer was lost: a mode may not be set.
            if ticks_diff(end, ticks_ms()) <= 0 or not await find(m, ()):
                raise OSError(_ENODEV, "no answer")
        m.options = m.options[:8] + (boots,)
        m.state = 2
    finally:
        if hook in e.hooks:
            e.hooks.remove(hook)
        if m.state != 2:
            m.state = 0


def silence(m, heard=None, ready=False):
    try:
        return load("once.silent").why(m, heard, ready)
    except ImportError:  # a part
        return "no answer: wiring, power, baud rate?"


async def pause(m, ms):
    end = ticks_add(ticks_ms(), ms)
    while ms > 0:
        await m.idle(ms)
        ms = ticks_diff(end, ticks_ms())


def drive(pin, up):
    # machine.Pin has a method, CircuitPython's DigitalInOut a property.
    if callable(pin.value):
        pin.value(up)
    else:
        pin.value = bool(up)


async def boot(m, reset=None):
    if reset is not None:
        drive(reset, 0)
        await pause(m, 20)
        drive(reset, 1)
    # Wait for "ready"; a module that doesn't say it is found by asking.
    boots = m.boots
    end = ticks_add(ticks_ms(), _BOOT_MS)
    while boots == m.boots and ticks_diff(end, ticks_ms()) > 0:
        await m.idle(100)


async def find(m, rates):
    if await probe(m, 4):
        return True
    if m.engine.busy:
        # It is there, and its command does not end: what the pins are for, or AT+RST at last.
        return rates and await m.brief("unstick", "restart") and await probe(m, 4)
    # AT 0.30 leaves a send that waits for its bytes only when it has them.
    for text in b"+++", bytes(2048):
        await escape(m, text)
        if await probe(m, 2):
            return True
    uart = m.serial
    first = rate(uart)
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
    await send(m, b"\r\n")
    await pause(m, 20)
    end = ticks_add(ticks_ms(), _BUSY_MS)
    while tries and ticks_diff(end, ticks_ms()) > 0:
        e.busy = False
        # ERROR: it is there, and has choked on something.
        if not await m.at(b"ATE0\r\n", 300, force=True):
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


async def escape(m, text=b"+++"):
    """Leave passthrough, or a send that waits for its bytes: "+++" alone on the wire (guide
    3.3.8: more than 20 ms before and after, one second until the next command)."""
    await pause(m, 50)
    await send(m, text)
    await pause(m, 1100)


async def sync(m):
    """Ask something whose answer cannot be mistaken for that of another command, until it comes;
    from then on every answer is that of its own command. Returns the answer, None if none came."""
    e = m.engine
    seen = []
    n = e.raw_stop - e.raw_i  # raw bytes of the command that got no answer

    def ours(text):
        # _ASKED: an OK alone is a late one and ends nothing; our line makes the next OK ours.
        if e.stage == _ASKED:
            e.stage = _SENT
            e.raw = None
            e.prompt = False
        seen.append(text)

    until = e.deadline
    end = ticks_add(ticks_ms(), _RESYNC_MS)
    tries = 0
    asked = m.tries  # an earlier search has asked, and its answers may still come
    while ticks_diff(end, ticks_ms()) > 0:
        if tries == 2:
            await escape(m)
        if tries == 3 and n > 0:
            await m.brief("unstick", "fill", n)
        tries += 1
        asked += 1  # (tries begin anew while it is busy)
        m.tries = asked
        e.lost = e.busy = False
        # Often it was about to answer when we gave up: the second try comes soon.
        ms = 1000 if asked > 1 else 200
        if not await m.at(b"AT+CIPMUX?\r\n", ms, ours, b"+CIPMUX:", b"", True) and seen:
            # The answers to our other tries are nobody's: until nothing comes any more.
            end = ticks_add(ticks_ms(), _FLOOD_MS)
            still = ticks_ms()
            while asked > 1 and ticks_diff(ticks_ms(), still) < 100 and ticks_diff(end, still) > 0:
                if e.any():
                    still = ticks_ms()
                await m.idle(5)
            m.tries = 0
            return seen[-1]
        if e.busy:
            tries = 0
            if until is not None:
                end = await m.brief("unstick", "limit", until)
                until = None
    return None


async def resync(m):
    """After a command without an answer. If nothing is set up, the module has rebooted unseen."""
    text = await sync(m)
    if not text and m.engine.busy and await m.brief("unstick", "restart"):
        return
    if not text and not m.speed:  # with speed: after a reset it is back at its own rate
        m.state = 0
        raise OSError(_ETIMEDOUT, silence(m))
    if not text or text[8:] != b"1" or m.engine.lost:
        m.engine.lost = False
        m.said(b"ready")


async def configure(m, passive):
    async def at(*args):
        # A module that gave no answer is asked nothing more: the limits would add up.
        if m.engine.lost:
            raise OSError(_ETIMEDOUT, "")
        return await m.at(*args, force=True)

    m.speak = None
    lines = []
    await at(b"AT+GMR\r\n", 5000, lines.append)
    m.profile = p = choose(lines)
    if (0, 0) < p.version < (2, 0):
        load("old").listen(m, lines)
    await at(b"AT+SYSLOG=1\r\n")
    if p.version == (0, 0):
        # A firmware that does not say what it is: its command list tells (guide 3.1.5).
        del lines[:]
        names = b"CIPRECVTYPE", b"CIPSENDL"
        await at(
            b"AT+CMD?\r\n",
            10000,
            lambda text: lines.extend([x for x in names if x + b'"' in text or x + b"," in text]),
            b"+CMD:",
        )
        p.sendl = names[1] in lines
        if names[0] in lines:
            p.passive = b"AT+CIPRECVTYPE"
            p.send_max = 8192
    flow = m.options[7]
    if m.speed:
        await m.brief("uart_try", "again")
    elif flow:
        baudrate = rate(m.serial)
        await at(b"AT+UART_CUR=%d,8,1,0,%d\r\n" % (baudrate, flow))
    # Nothing that the driver sets is to wear out the flash.
    await at(b"AT+SYSSTORE=0\r\n")
    await at(b"AT+SYSMSG=0\r\n")
    if await at(b"AT+CIPMUX=1\r\n"):
        for cmd in (b"AT+CIPMODE=0\r\n", b"AT+CIPSERVER=0,1\r\n", b"AT+CIPCLOSE\r\n"):
            await at(cmd)
        if await at(b"AT+CIPMUX=1\r\n"):
            raise OSError(_EIO, "AT+CIPMUX=1")
    await at(b"AT+CIPCLOSE=5\r\n")  # links of a former life
    await at(b"AT+CIPDINFO=0\r\n")
    if m.wire and m.wire.dinfo:
        m.wire.dinfo.on = False
        m.wire.dinfo.kept = None
    if p.passive:
        value = b"1\r\n" if passive else b"0\r\n"
        if p.passive[10:] == b"MODE" or await at(p.passive + b"=5," + value):
            p.passive = b"AT+CIPRECVMODE"
            if await at(p.passive + b"=" + value):
                p.passive = None
    if not (passive and p.passive):
        p.passive = None
    # Where a join goes on from flash, the state is asked when someone wants to know.
    m.wifi_state = -1
    if m.server:
        await m.brief("serve", "start", m.server)
    if m.kept:
        await m.brief("kept", "again")


class Profile:
    """What a firmware can do and how it words things. Feature code asks the profile, never the
    chip's name. name: the family; version: (major, minor) of AT; passive: the command that
    selects passive receive (that with MODE in its name for all links), None where there is none,
    or none now; send_max: most bytes of one AT+CIPSEND; sendl: it has AT+CIPSENDL; timed:
    AT+CIPSTART takes a time limit."""

    timed = False


def choose(lines):
    """The profile for the lines of AT+GMR; the smallest one if they name no firmware we know."""
    p = Profile()
    p.version = (0, 0)
    for line in lines:
        if line[:11] == b"AT version:":
            # "2.4.0.0(s-4c6eb5e - ...": major and minor; "s-" before a hash is a silent build.
            line = line[11:].strip().split(b".")
            try:
                p.version = (int(line[0]), int(line[1]))
                p.timed = p.version + (int(line[2]),) > (3, 4, 0)
            except (IndexError, ValueError):
                pass
    # (family, lowest AT version, passive-receive command, AT+CIPSEND limit, has AT+CIPSENDL)
    for row in (
        ("esp-at", (3, 0), b"AT+CIPRECVTYPE", 8192, True),
        ("esp-at", (2, 4), b"AT+CIPRECVMODE", 8192, True),
        ("esp-at", (0, 0), b"AT+CIPRECVMODE", 2048, False),
    ):
        if p.version >= row[1]:
            break
    if p.version > (5, 9):  # versions up to here are in choose()
        try:
            # A firmware that is none of these is one file, which holds such a row.
            row = load("once.firmware_%d_%d" % p.version).ROW
        except ImportError:
            pass
    p.name, _, p.passive, p.send_max, p.sendl = row
    return p
