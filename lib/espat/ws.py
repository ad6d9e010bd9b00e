# modem.ws: the module's own WebSocket client, three connections. Owns what comes in and goes out;
# opening and what is asked for rarely are in once/ws_*.py.
from .compat import const
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


def watch(e, links):
    # What the module says of its links.
    def header(line, n):
        # +WS_DATA:0,5,
        if n < 13 or line[n - 1] != 44:
            return -1
        k = line[9] - 48
        e.tag = (links[k] if 0 <= k < 3 else None) or e
        e.memo_tag = None
        # The CR LF behind it too, as a seal.
        return number(line, 11, n - 1) + 2

    def on_state(text):
        # +WS_CONNECTED:0, +WS_DISCONNECTED:0, +WS_CLOSED:0
        k = text[-1] - 48
        s = links[k] if 0 <= k < 3 else None
        if s:
            s.up = text[5] == 79
            s.over = s.over or text[5] == 76

    e.heads.append((b"+WS_DATA:", header))
    e.hooks.append((b"+WS_", on_state))
    return links


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

    async def watch(self, m):
        n = self.state()
        if n:
            raise OSError(n, "")

    async def take_in(self, timeout_ms):
        x = await self.get(self.m, timeout_ms)
        return x and x[1]

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
            opcode = _TEXT if opcode is None else opcode
        if not 0 < len(data) <= self.most:
            raise ValueError("1..%d bytes (buffer - 10)" % self.most)
        if opcode is None:
            opcode = _BINARY
        if not 0 <= opcode <= 15 or not 0 <= timeout_ms <= 60000:
            raise ValueError("opcode: 0..15; timeout_ms: 0..60000")
        m = self.m
        await m.idle(0)
        await self.watch(m)
        cmd = b"AT+WSSEND=%d,%d,%d,%d\r\n" % (self.link, len(data), opcode, timeout_ms)
        await m.at(cmd, timeout_ms + 5000, None, b"", data)

    def send(self, data, opcode=None, timeout_ms=10000):
        """Send one frame (AT+WSSEND, guide 3.7.5): str as text, bytes as binary, or with that
        opcode. 1..buffer - 10 bytes. timeout_ms: 0..60000. ATError: it did not go out."""
        return self.m.face(self.put(data, opcode, timeout_ms))

    def ping(self, data=b"ping"):
        """Send a ping; the module answers those of the server itself."""
        return self.send(data, _PING)

    def close(self, code=1000, reason=""):
        """End the connection: a closing frame with code (1000..4999) and reason (at most 123
        bytes), then AT+WSCLOSE (guide 3.7.6). Twice does no harm."""
        return self.m.face(self.m.brief("ws_more", "end", self, code, reason))

    def __iter__(self):
        from .once.ws_frames import Frames

        return Frames(self)

    __aiter__ = __iter__
