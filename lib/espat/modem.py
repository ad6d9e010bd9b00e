# One module on one UART: waiting, commands, parts, events. The blocking face lives here; the
# asyncio face (aio.py) replaces how one waits. What is needed for moments is loaded for them (brief).
from .compat import const, drop, load, run, sleep_ms, ticks_ms
from .engine import DONE

DOWN = const(0)
STARTING = const(1)
UP = const(2)

class Part:
    # Parts are files whose functions take the modem first: modem.wifi.connect(...) is
    # espat.wifi.connect(modem, ...).
    def __init__(self, modem, name):
        self._m = modem
        self._name = name
        self._f = load(name)

    def __getattr__(self, name):
        f = getattr(self._f, name)
        if name[0] == "_" or not callable(f):
            return f
        m = self._m
        return lambda *args, **kw: m.face(f(m, *args, **kw))


class Modem:
    """An ESP-AT module on a UART: Modem(uart, *, reset, enable, rts, cts, wake, host_wake,
    baudrates, restart, passive, ring); see setup.py and the stubs. Sends nothing before the first
    call that needs the module."""

    face = staticmethod(run)

    wire = None  # what the links share
    profile = None
    state = DOWN
    wifi_state = -1  # -1 not known, 0 down, 1 associated, 2 has an address
    rejoin = None  # how to join again after a reboot of the module
    copy = None  # of what a non-blocking send sends

    def __init__(self, uart, **options):
        self.rings = []  # receive rings that no link uses now
        self.handlers = {}
        self.pending = []  # events for which a handler is to be called
        load("once.setup").run(self, uart, **options)
        drop()

    def __getattr__(self, name):
        # Loaded when asked for: one of the less frequent methods, or a part.
        if name[0] == "_":
            raise AttributeError(name)
        more = load("once.more")
        if hasattr(more, name):
            f = getattr(more, name)
            drop()
            return lambda *args, **kw: self.face(f(self, *args, **kw))
        x = more.part(self, name, Part)
        drop()
        setattr(self, name, x)
        return x

    def socket(self, af=2, type=1, proto=0):
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
        k = e.poll(ticks_ms())
        if k and ms > 0:
            if self.poller is None or e.out is not None or e.any():
                sleep_ms(1)
            else:
                for _ in self.poller.ipoll(k if k < ms else ms):
                    pass
            e.poll(ticks_ms())
        if self.rts:  # by hand: high while nobody reads
            self.rts.value(1)

    async def idle(self, ms=1000):
        # The one awaitable primitive: something may have changed, or ms are over.
        self.block(ms)

    # Commands

    async def at(self, cmd, ms=5000, answer=None, prefix=b"", plain=False, raw=None):
        """Send cmd (bytes, CR LF included) and wait for its end. answer(line) gets its lines:
        those that begin with prefix, and those without "+" if plain. Raises ATError, OSError."""
        if self.state != UP:
            await self.brief("start", "up")
        result = await self.exchange(cmd, ms, answer, prefix, plain, raw)
        if result:
            raise load("errors").error(cmd, result, self.engine.code)

    async def exchange(self, cmd, ms=5000, answer=None, prefix=b"", plain=False, raw=None):
        # As at(), whatever state the module is in; returns the result, 0 for OK.
        e = self.engine
        while e.stage:
            await self.idle()
        if e.lost and self.state == UP:
            await self.brief("start", "resync")
        e.answer = answer
        e.prefix = prefix
        e.plain = plain
        e.start(cmd, cmd, len(cmd), ticks_ms(), ms, raw, 0, len(raw) if raw else 0)
        try:
            while e.stage > DONE:
                await self.idle()
        finally:
            if e.stage > DONE:  # cancelled: the answer will come and find no owner
                e.owner = e.answer = None
        if self.pending:
            self.dispatch()
        return e.fetch()

    async def brief(self, name, f, *args):
        """Run a function of a module that is needed for this moment only."""
        try:
            return await getattr(load("once." + name), f)(self, *args)
        finally:
            drop()

    # Events

    def emit(self, event, data=None):
        if event in self.handlers:
            self.pending.append((event, data))

    def dispatch(self):
        # Between commands, so that a handler may use the modem itself.
        while self.pending:
            event, data = self.pending.pop(0)
            handler = self.handlers.get(event)
            if handler:
                self.spawn(handler(event, data))

    def spawn(self, x):
        run(x)

    def on_wifi(self, text):
        if text == b"WIFI GOT IP":
            self.wifi_state = 2
        elif text == b"WIFI CONNECTED":
            self.wifi_state = 1
        elif text == b"WIFI DISCONNECT":
            self.wifi_state = 0
        else:
            return
        self.emit(text.decode())

    def on_ready(self):
        if self.state == UP:
            self.state = DOWN
            self.wifi_state = 0
            self.emit("reboot")
