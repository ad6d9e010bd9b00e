# One module on one UART: waiting, commands, parts, events. The blocking face lives here; the
# asyncio face (aio.py) replaces how one waits. What is needed for moments is loaded for them.
from .compat import const, drop, load, run, sleep_ms, ticks_ms

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
    rejoin = None  # how to join again after a reboot of the module
    copy = None  # of what a non-blocking send sends
    handlers = None  # event -> handler(event, data)

    def __init__(self, uart, **kw):
        self.rings = []  # receive rings that no link uses now
        self.pending = []  # events that wait for their handler
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

    def socket(self, *args):
        """A TCP client socket with the methods of MicroPython's socket.socket."""
        from .sockets import Socket

        return Socket(self)

    # Waiting

    def block(self, ms=1000):
        """Wait inside until something moves, at most ms."""
        e = self.engine
        if self.pending and not e.stage:
            self.dispatch()
        if self.rts:
            self.rts.value(0)
        n = e.poll(ticks_ms())
        if n and ms > 0:
            if self.poller is None or e.out is not None or e.any():
                sleep_ms(1)
            else:
                for _ in self.poller.ipoll(n if n < ms else ms):
                    pass
            e.poll(ticks_ms())
        if self.rts:  # by hand: high while nobody reads
            self.rts.value(1)

    async def idle(self, ms=1000):
        # The one awaitable primitive: something may have changed, or ms are over.
        self.block(ms)

    # Commands

    async def at(self, cmd, ms=5000, answer=None, prefix=b"", raw=None):
        """Send cmd (bytes, CR LF included) and wait for its end; see exchange. Raises ATError,
        OSError."""
        if self.state != _UP:
            await self.brief("start", "up")
        ms = await self.exchange(cmd, ms, answer, prefix, raw)
        if ms:
            raise load("errors").error(cmd, ms, self.engine.code)

    async def exchange(self, cmd, ms=5000, answer=None, prefix=b"", raw=None):
        """As at(), whatever state the module is in; returns the result, 0 for OK. answer(line)
        gets the lines that begin with prefix, or all that nobody else knows if it is empty."""
        e = self.engine
        while e.stage:
            await self.idle()
        if e.lost and self.state == _UP:
            await self.brief("start", "resync")
        e.answer = answer
        e.prefix = prefix
        e.start(cmd, cmd, len(cmd), ticks_ms(), ms, raw, 0, len(raw or b""))
        try:
            while e.stage > _DONE:
                await self.idle()
        finally:
            if e.stage > _DONE:  # cancelled: the answer will come and find no owner
                e.owner = e.answer = None
        e.fetch()
        self.dispatch()
        return e.result

    async def brief(self, name, f, *args):
        """Run a function of a file in once/, which is needed for this moment only."""
        try:
            return await getattr(load("once." + name), f)(self, *args)
        finally:
            drop()

    # Events

    def emit(self, event, data=None):
        if self.handlers and event in self.handlers:
            self.pending.append((event, data))

    def dispatch(self):
        # Between commands, so that a handler may use the modem itself.
        while self.pending:
            x = self.pending.pop(0)
            self.spawn(self.handlers[x[0]](*x))

    spawn = staticmethod(run)

    def on_line(self, text):
        # WIFI CONNECTED, WIFI GOT IP (not: GOT IPv6 ..), WIFI DISCONNECT; ready
        c = text[5:6]
        if c == b"C":
            self.wifi_state = 1
        elif c == b"G" and len(text) == 11:
            self.wifi_state = 2
        elif c != b"G":
            self.wifi_state = 0
        if not c:
            self.engine.on_reset()
            self.state = 0 if self.state == _UP else self.state
        self.emit(text.decode())
