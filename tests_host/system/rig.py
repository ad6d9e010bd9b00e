# What every system test stands on: how it gets a modem, reaches into the simulated module and
# reads the time, alike on CPython (in this process) and on MicroPython (lockstep). Owns no check
# of the driver's behaviour, and looks at nothing but the driver's public names.
import errno
import io
import sys
import time

from machine import UART, Pin

import espat

LAB = ("espat-lab", "espat-pass")
ECHO = ("echo.test", 7)
DISCARD = ("discard.test", 9)
PATTERN = ("pattern.test", 19)  # send "N\n": N bytes of the pattern, then the end; else a reset
HTTP = ("http.test", 80)
REFUSE = ("refuse.test", 1)
SILENT = ("silent.test", 1)
HOSTILE = ("hostile.test", 666)
REBOOT = "reboot"  # the event
RESET_PIN = 6
STEP_MS = 10  # between two looks; the UART's buffer holds 178 ms

# errno has not all of these on MicroPython.
EACCES = 13
EAGAIN = 11
ECONNABORTED = 103
ECONNREFUSED = 111
ECONNRESET = 104
EHOSTUNREACH = 113
EINPROGRESS = 115
EIO = 5
EISCONN = 106
ENODEV = 19
ENOENT = 2
ENOMEM = 12
ENOTCONN = 107
ETIMEDOUT = 110

MICROPYTHON = sys.implementation.name == "micropython"
if MICROPYTHON:
    from sim_control import control as _control
else:
    from sim_board import board

    _control = board.request


def control(do, **request):
    """A request to the simulator's control channel; its answer."""
    request["do"] = do
    answer = _control(request)
    assert answer["ok"], answer
    return answer


def needs(*names):
    """The rest of the test is for firmware that has these: commands, and what the table of
    firmwares names beyond them. On another it is skipped, if that table says so too (lacking.py).
    """
    for name in names:
        other = name.split("|")  # as it is called in one command set or in the other
        if not any(has(x) for x in other):
            raise NotImplementedError("this firmware has no " + ", ".join(other))


def has(name):
    """Whether the simulated module has this command, or argument."""
    return not control("firmware", names=(name,))["lacking"]


def own_address():
    """The first line that AT+CIPSTA? answers in espat-lab."""
    return b'+CIPSTA:%s"192.168.1.50"' % (b"ip:" if has("gateway in AT+CIPSTA") else b"")


def set_clock(m, seconds):
    """Tells the module the time, where it takes it."""
    if has("AT+SYSTIMESTAMP"):
        m.command("AT+SYSTIMESTAMP", seconds)


def uart(**options):
    """The board's UART; on the RP2040 all but baudrate and rxbuf keep their defaults."""
    rate = options.pop("baudrate", 115200)
    rxbuf = options.pop("rxbuf", 2048)
    return UART(1, rate, tx=Pin(4), rx=Pin(5), rxbuf=rxbuf, **options)


def modem(**options):
    """A modem on the simulated module, which may still be booting."""
    return espat.Modem(uart(), **options)


def joined(**options):
    """A modem that has joined espat-lab."""
    m = modem(**options)
    m.wifi.connect(*LAB)
    return m


def connected(peer=ECHO, **options):
    """A modem and a socket that is connected to that peer."""
    m = joined(**options)
    s = m.socket()
    s.connect(peer)
    return m, s


def far_end(m, port=7700):
    """A connected socket, and the number by which the test drives its other end."""
    control("host", name="far.test", ip="10.9.8.7")
    server = control("serve", host="far.test", port=port)["id"]
    s = m.socket()
    s.settimeout(20)
    s.connect(("far.test", port))
    return s, control("far", id=server)["connections"][-1]


def run(main):
    """Runs a coroutine to its end, on the simulator's clock."""
    if MICROPYTHON:
        import asyncio

        return asyncio.run(main)
    import sim_machine

    return sim_machine.run_virtual(main)


def reset_pin():
    return Pin(RESET_PIN, Pin.OUT, value=1)


def power_cycle():
    """A module as it comes from the shelf, but for its flash; it boots from now on."""
    control("power", on=False)
    control("power", on=True)


def now_ms():
    return time.ticks_ms()


def since_ms(start_ms):
    return time.ticks_diff(time.ticks_ms(), start_ms)


def wait(modem, ms):
    """Lets time pass while the modem listens."""
    poll = modem.poll  # found once: that takes longer than a poll
    end = time.ticks_add(time.ticks_ms(), ms)
    while time.ticks_diff(end, time.ticks_ms()) > 0:
        time.sleep_ms(STEP_MS)
        poll()


def wait_until(modem, condition, ms=10000):
    """Lets time pass until condition(); fails after ms."""
    poll = modem.poll
    end = time.ticks_add(time.ticks_ms(), ms)
    while not condition():
        assert time.ticks_diff(end, time.ticks_ms()) > 0, "it did not happen in %d ms" % ms
        time.sleep_ms(STEP_MS)
        poll()


def raises(kind, f, *args, **options):
    """The exception that f(*args, **options) raises, which must be of this kind."""
    try:
        result = f(*args, **options)
    except kind as e:
        return e
    raise AssertionError("no %s, but %r" % (kind.__name__, result))


def fails(number, f, *args, **options):
    """The OSError that f(*args, **options) raises; its errno must be number."""
    e = raises(OSError, f, *args, **options)
    if e.errno != number and isinstance(e, espat.ATError):
        raise e  # it may be that this firmware has no such command
    assert e.errno == number, "errno %s is not %s: %r" % (
        e.errno,
        errno.errorcode.get(number, number),
        e,
    )
    return e


def pattern(count, start=0):
    """What pattern.test sends."""
    return bytes((i * 7 + (i >> 8)) & 0xFF for i in range(start, start + count))


class Random:
    """The same numbers on every interpreter."""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        self.state = (self.state * 1103515245 + 12345) & 0x7FFFFFFF
        return (self.state >> 8) % n

    def bytes(self, n):
        return bytes([self.below(256) for _ in range(n)])


class Tap(io.IOBase):
    """A UART that keeps what went through it."""

    def __init__(self, uart):
        self.uart = uart
        self.sent = bytearray()
        self.read_in = bytearray()

    def forget(self):
        self.sent = bytearray()
        self.read_in = bytearray()

    def any(self):
        return self.uart.any()

    def readinto(self, buf, n=None):
        k = self.uart.readinto(buf, len(buf) if n is None else n)
        if k:
            self.read_in.extend(memoryview(buf)[:k])
        return k

    def write(self, buf, off=0, n=None):
        n = len(buf) - off if n is None else n
        k = self.uart.write(buf, off, n)
        if k:
            self.sent.extend(memoryview(buf)[off : off + k])
        return k

    def init(self, **options):
        self.uart.init(**options)

    def ioctl(self, request, arg):
        return self.uart.ioctl(request, arg)

    def __repr__(self):
        return repr(self.uart)


class Scripted:
    """A UART whose other end is a function: answer(line) gives the bytes that come back.

    For what no module on the table does: noise, silence, a firmware of one's own."""

    def __init__(self, answer):
        self.answer = answer
        self.line = bytearray()
        self.rx = bytearray()
        self.sent = bytearray()

    def any(self):
        return len(self.rx)

    def readinto(self, buf, n=None):
        n = min(len(buf) if n is None else n, len(self.rx))
        if not n:
            return None
        buf[:n] = self.rx[:n]
        self.rx = self.rx[n:]
        return n

    def write(self, buf, off=0, n=None):
        n = len(buf) - off if n is None else n
        for c in memoryview(buf)[off : off + n]:
            self.line.append(c)
            if c == 10:
                line = bytes(self.line)
                self.line = bytearray()
                self.rx.extend(self.answer(line))
        self.sent.extend(memoryview(buf)[off : off + n])
        return n


class Log:
    """A program's `logging`, whatever it is: its lines from the driver, as long as it is there."""

    def __init__(self):
        self.lines = []

    def getLogger(self, name):
        assert name == "espat"
        return self

    def warning(self, text, *args):
        self.lines.append(text % args)

    def __enter__(self):
        self.before = sys.modules.get("logging")
        sys.modules["logging"] = self
        return self

    def __exit__(self, *error):
        if self.before:
            sys.modules["logging"] = self.before
        else:
            del sys.modules["logging"]
