# modem.ws: the module's own WebSocket client, three connections. Owns what comes in and goes out;
# opening and what is asked for rarely are in once/ws_*.py.
from .compat import const, ticks_diff, ticks_ms
from .engine import number
from .messages import Queue

_TEXT = const(1)
_BINARY = const(2)
_PING = const(9)

# What modem.ws.x is before the first connection. links: those that are open, by their number.
links = None


def __getattr__(name):
    if name[0] == "_":
        raise AttributeError(name)
    file = "ws_open" if name == "connect" else "ws_more"
    return lambda m, *args, **kw: m.brief(file, name, *args, **kw)


class Hub:
    # The links of one modem, and what the module says of them.
    def __init__(self, m):
        self.e = e = m.engine
        self.links = [None] * 3
        e.heads.append((b"+WS_DATA:", self.header))
        for prefix, f in ((b"+WS_CONN", self.on_up), (b"+WS_DISC", self.on_down)):
            e.hooks.append((prefix, f))
        e.hooks.append((b"+WS_CLOSED", self.on_closed))

    def of(self, text):
        k = text[-1] - 48
        return self.links[k] if 0 <= k < 3 else None

    def header(self, line, n):
        # +WS_DATA:0,5,
        if n < 13 or line[n - 1] != 44:
            return -1
        e = self.e
        k = line[9] - 48
        e.tag = (self.links[k] if 0 <= k < 3 else None) or e
        e.memo_tag = None
        # The CR LF behind it too, as a seal.
        return number(line, 11, n - 1) + 2

    def on_up(self, text):
        s = self.of(text)
        if s:
            s.up = True

    def on_down(self, text):
        s = self.of(text)
        if s:
            s.up = False

    def on_closed(self, text):
        s = self.of(text)
        if s:
            s.up = False
            s.over = True


class WebSocket(Queue):
    """A connection that modem.ws.connect() has made. With asyncio its methods are awaited."""

    up = False  # connected
    over = False  # closed for good
    rest = None  # of what recv_into() has not taken yet

    def __init__(self, m, link, size, most):
        super().__init__(m, size)
        self.m = m
        self.link = link
        self.most = most

    def state(self):
        # What ends a wait: 0 open, 107 closed, 104 the module has rebooted.
        if self.boots != self.m.boots:
            self.over = True
            return 104
        return 107 if self.over else 0

    async def take_in(self, timeout_ms):
        start = ticks_ms()
        m = self.m
        while True:
            x = self.take()
            if not x:
                await m.idle(0)
                x = self.take()
            if x:
                return x[1]
            if self.missed:
                n = self.missed
                self.missed = 0
                raise OSError(105, "%d messages lost" % n)
            n = self.state()
            if n:
                raise OSError(n, "")
            ms = 1000
            if timeout_ms is not None:
                n = timeout_ms - ticks_diff(ticks_ms(), start)
                if n <= 0:
                    return None
                if n < ms:
                    ms = n
            await m.idle(ms)

    async def into(self, buf, timeout_ms):
        x = self.rest
        if x is None:
            x = await self.take_in(timeout_ms)
            if x is None:
                return None
        n = min(len(x), len(buf))
        buf[:n] = x[:n]
        self.rest = x[n:] if n < len(x) else None
        return n

    def receive(self, timeout_ms=None):
        """The next frame's data: a memoryview, which lies in the queue and holds until the next
        receive(). None: nothing came in timeout_ms (0 only looks; None waits). A frame longer
        than `buffer` comes in pieces; which kind of frame it is the module does not say.
        OSError: ENOTCONN after the end, ECONNRESET after a reboot, ENOBUFS: some were lost."""
        return self.m.face(self.take_in(timeout_ms))

    def recv_into(self, buf, timeout_ms=None):
        """The next frame's data into buf; returns how many bytes, None if nothing came. What
        does not fit comes with the next call. Errors as receive()."""
        return self.m.face(self.into(buf, timeout_ms))

    async def put(self, data, opcode, timeout_ms):
        if isinstance(data, str):
            data = data.encode()
        if not 0 < len(data) <= self.most:
            raise ValueError("1..%d bytes (buffer - 10)" % self.most)
        if not 0 <= opcode <= 15 or not 0 <= timeout_ms <= 60000:
            raise ValueError("opcode: 0..15; timeout_ms: 0..60000")
        await self.m.idle(0)
        n = self.state()
        if n:
            raise OSError(n, "")
        cmd = b"AT+WSSEND=%d,%d,%d,%d\r\n" % (self.link, len(data), opcode, timeout_ms)
        await self.m.at(cmd, timeout_ms + 5000, None, b"", data)

    def send(self, data, opcode=None, timeout_ms=10000):
        """Send one frame (AT+WSSEND, guide 3.7.5): str as text, bytes as binary, or with that
        opcode. 1..buffer - 10 bytes. timeout_ms: 0..60000. ATError: it did not go out."""
        if opcode is None:
            opcode = _TEXT if isinstance(data, str) else _BINARY
        return self.m.face(self.put(data, opcode, timeout_ms))

    def ping(self, data=b"ping"):
        """Send a ping; the module answers those of the server itself."""
        return self.m.face(self.put(data, _PING, 10000))

    def close(self, code=1000, reason=""):
        """End the connection: a closing frame with code (1000..4999) and reason (at most 123
        bytes), then AT+WSCLOSE (guide 3.7.6). Twice does no harm."""
        return self.m.face(self.m.brief("ws_more", "end", self, code, reason))

    def __iter__(self):
        return self

    __aiter__ = __iter__

    def __next__(self):
        try:
            return self.receive()
        except OSError as e:
            if e.errno != 107:
                raise
        raise StopIteration

    async def __anext__(self):
        try:
            return await self.take_in(None)
        except OSError as e:
            if e.errno != 107:
                raise
        raise StopAsyncIteration
