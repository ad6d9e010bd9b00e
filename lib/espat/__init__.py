"""Wi-Fi for small microcontrollers through an Espressif module with AT firmware."""

# One module on one UART: waiting, commands, parts. The blocking face lives here; the asyncio face
# (aio.py) replaces how one waits. What is needed for moments only is loaded for them (once/).
from .compat import const, drop, load, run, sleep_ms, ticks_ms

__version__ = "0.1.0"

_DONE = const(1)  # engine.py
_UP = const(2)  # state: 0 down, 1 starting, 2 up


class Part:
    # Parts are files whose functions take the modem first: modem.wifi.connect(...) is
    # espat.wifi.connect(modem, ...).
    def __init__(self, m, name):
        self._m = m
        self._f = load(name)

    def __getattr__(self, name):
        f = getattr(self._f, name)
        m = self._m
        return (lambda *args, **kw: m.face(f(m, *args, **kw))) if callable(f) else f


class Modem:
    """An ESP-AT module on a UART: Modem(uart, *, reset, enable, rts, cts, wake, host_wake,
    baudrates, restart, passive, ring); once/start.py tells what they mean. Sends nothing before
    the first call that needs the module. Its less frequent methods are in once/more.py."""

    face = staticmethod(run)
    state = 0
    wire = None  # what the links share
    profile = None
    wifi_state = -1  # -1 not known, 0 down, 1 associated, 2 has an address
    boots = 0  # how often the module has said "ready"
    asked = 0  # how many commands have been given
    tries = 0  # of finding the module's answers again, that none has come to yet
    server = None  # server.py
    speed = None  # (baudrate, flow) that uart.configure() has set
    kept = ()  # commands to give again after a reboot of the module, and their limits in ms
    speak = None  # old.py, where the firmware speaks the first command set
    copy = None  # of what a non-blocking send sends

    def __init__(self, uart, **kw):
        self.events = None  # events.py, once someone has asked for some
        self.rings = []  # receive rings that no link uses now
        load("once.start").setup(self, uart, **kw)
        drop()

    def __getattr__(self, name):
        # Loaded when asked for: a part, or one of the less frequent methods.
        if name[0] == "_":
            raise AttributeError(name)
        try:
            x = Part(self, name)
        except ImportError:
            x = getattr(Part(self, "once.more"), name)
            drop()
            return x
        setattr(self, name, x)
        return x

    def socket(self, af=2, type=1, proto=0):
        """A socket with the methods of MicroPython's socket.socket: TCP, or UDP with type
        SOCK_DGRAM (2). af: AF_INET (2) or AF_INET6 (10)."""
        return load("sockets").make(self, af, type)

    spawn = face

    # Waiting

    def block(self, ms=1000):
        """Wait inside until something moves, at most ms."""
        e = self.engine
        n = e.poll(ticks_ms())
        if n and ms > 0:
            if self.poller is None or e.out is not None or e.any():
                sleep_ms(1)
            else:
                for _ in self.poller.ipoll(n if n < ms else ms):
                    pass
            e.poll(ticks_ms())
        if self.events:
            self.events.dispatch()

    async def idle(self, ms=1000):
        # The one awaitable primitive: something may have changed, or ms are over.
        self.block(ms)

    # Commands

    async def at(self, cmd, ms=5000, answer=None, prefix=b"", raw=None, force=False):
        """Send cmd (bytes, CR LF included) and wait for its end. answer(line) gets the lines that
        begin with prefix, or all that nobody else knows if it is empty. Raises ATError, OSError.
        force: whatever state the module is in, and the result is returned (0 for OK)."""
        e = self.engine
        while e.settle() or not force and (e.lost or self.state != _UP):
            if e.stage:
                await self.idle()
            else:
                await self.brief("start", "resync" if self.state == _UP else "up")
        if self.speak and cmd.__class__ is bytes:  # a bytearray is sent as it is
            cmd, answer, prefix, force = self.speak(cmd, answer, prefix, force)
            if not cmd:
                return force
        if not force:
            self.asked += 1
        e.broken = None
        e.answer = answer
        e.prefix = prefix
        if raw is not None:
            e.raw = raw
            e.raw_i = 0
            e.raw_stop = len(raw)
        e.ms = ms
        e.start(cmd, cmd, len(cmd))
        try:
            while e.stage > _DONE:
                await self.idle()
        except BaseException:  # cancelled
            if e.stage > _DONE:  # the answer will come and find no owner
                e.owner = e.answer = None
            else:
                e.fetch()
            raise
        ms = e.fetch()
        if ms and not force:
            raise load("errors").error(cmd, ms, e.code)
        if e.broken:
            raise e.broken
        if self.events:
            self.events.dispatch()
        return ms

    async def brief(self, name, f, *args, **kw):
        """Run a function of a file in once/, which is needed for this moment only. What an answer
        that nobody can read makes of it is OSError(EIO)."""
        n = self.asked
        try:
            return await getattr(load("once." + name), f)(self, *args, **kw)
        except (ValueError, IndexError) as e:
            # An argument is looked at before anything is asked; the rest is an answer.
            raise e if n == self.asked else OSError(5, str(e))
        finally:
            drop()

    def said(self, text):
        # WIFI CONNECTED, WIFI GOT IP (not: GOT IPv6 ..), WIFI DISCONNECT; ready
        c = text[5] if len(text) > 5 else 0
        if c == 67:
            self.wifi_state = 1
        elif c == 68 or not c:
            self.wifi_state = 0
            if not c:
                self.boots += 1
                self.engine.on_reset()
                if self.state == _UP:
                    self.state = 0
        elif text == b"WIFI GOT IP":  # else it may be IPv6, or a part of something (ready",6,...)
            self.wifi_state = 2
        if self.events:
            self.events.emit(text if c else "reboot")


def __getattr__(name):
    # A program that catches no ATError needs no memory for it; `from espat import aio`.
    if name[0] == "_":
        raise AttributeError(name)
    if name.endswith("Error"):
        return getattr(load("errors"), name)
    try:
        return load(name)
    except ImportError as e:
        load("once.more").tell(name, e)
        raise AttributeError(name)
