# The asyncio face: the same names, awaitable. Replaces how one waits, nothing else: one task (the
# pump) reads the wire; whoever waits is woken when something has come, or when its time is over.
import asyncio

from . import Modem as _Blocking
from .aiowait import Waiters
from .compat import const, load, ticks_add, ticks_diff, ticks_ms
from .link import give, take
from .sockets import Socket as _Socket
from .sockets import make

_ETIMEDOUT = const(110)


def _same(x):
    return x


class Modem(_Blocking):
    """As espat.Modem, to be used inside asyncio: `await modem.wifi.connect(...)`."""

    face = staticmethod(_same)

    def __init__(self, uart, **kw):
        super().__init__(uart, **kw)
        self.waiters = Waiters(self, take, give)
        self.idle = self.waiters.idle

    def spawn(self, x):
        # What an event handler has returned: a coroutine runs as a task of its own.
        if hasattr(x, "throw"):
            asyncio.create_task(x)

    def socket(self, af=2, type=1, proto=0):
        """As espat's socket(), with awaitable methods."""
        return make(self, af, type, Socket)


class Socket(_Socket):
    """As espat's socket; what may wait is awaitable. Time-outs as with settimeout()."""

    __enter__ = __exit__ = None  # `async with`

    async def connect(self, addr):
        await self.open_link(addr, True)

    async def receive(self, buf, n):
        start = None
        try:
            while True:
                k = take(self, buf, n)
                if k is not None:
                    return k
                if start is None:
                    self.ask = start = ticks_ms()
                await self.m.idle(self.rest(start))
                if self.e.lost and not self.e.settle():
                    await self.m.brief("start", "resync")
        except BaseException:
            self.rescue(buf)
            raise

    def recv_into(self, buf, n=0):
        return self.m.waiters.step(self, buf, n or len(buf), 0)

    async def recv(self, n):
        if n <= 0 or not await self.recv_into(None, n):
            return b""
        return self.cut(n)

    async def readinto(self, buf, n=0):
        n = n or len(buf)
        view = memoryview(buf)
        off = 0
        while off < n:
            k = await self.recv_into(view[off:] if off else buf, n - off)
            if not k:
                break
            off += k
        return off

    async def read(self, n=-1):
        out = bytearray()
        while n < 0 or len(out) < n:
            data = await self.recv(n - len(out) if n >= 0 else 1024)
            if not data:
                break
            out.extend(data)
        return bytes(out)

    async def readexactly(self, n):
        """Read n bytes; EOFError if the stream ends before."""
        data = await self.read(n)
        if len(data) < n:
            raise EOFError
        return data

    async def readline(self):
        find = load("streams").find
        out = bytearray()
        while await self.recv_into(None, 1):
            i = find(self.ring, b"\n")
            out.extend(self.cut(i or self.ring.n))
            if i:
                break
        return bytes(out)

    async def push(self, buf, off, n):
        m = self.m
        end = None if self.timeout is None else ticks_add(ticks_ms(), self.timeout)
        while True:
            k = give(self, buf, off, n)
            if k is not None:
                break
            if m.engine.lost and not m.engine.settle():
                await m.brief("start", "resync")
            else:
                k = 1000 if end is None else ticks_diff(end, ticks_ms())
                if k <= 0:
                    raise OSError(_ETIMEDOUT, "")
                await m.idle(k)
        try:
            while self.settle():
                await m.idle()
        except BaseException:
            # Cancelled with bytes under way: what has gone out nobody knows.
            self.err = self.err or 103
            raise
        if self.err:
            raise OSError(self.err, "")
        return k

    async def parcel(self, buf, off, n, value):
        # buf[off:n]. value: 1, as much as one push takes, and tells how much; 2, no result; else
        # the result and 3.
        k = 0
        while off < n:
            k = await self.push(buf, off, n - off)
            off += k
            if value < 2:
                break
        return k if value == 1 else value - 3 if value > 2 else None

    def sending(self, buf, value):
        n = len(buf)
        if self.got < 0:  # a socket with its own way
            return self.parcel(buf, 0, n, value)
        return self.m.waiters.step(self, buf, n, value)

    def send(self, buf):
        return self.sending(buf, 1)

    def sendall(self, buf):
        return self.sending(buf, 2)

    def write(self, buf, off=None, n=None):
        if isinstance(buf, str):
            buf = buf.encode()
        if n is None:
            if off is None:
                return self.sending(buf, len(buf) + 3)
            n = off
            off = 0
        return self.parcel(buf, off, off + n, n + 3)

    async def close(self):
        await self.drop()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *args):
        await self.drop()


async def start_server(modem, handler, host, port, backlog=4, ssl=None):
    """Serve: handler(reader, writer) runs as a task for each client. Gives the listening socket;
    closing it ends the server. ssl: an espat.tls.SSLContext for a server."""
    s = Socket(modem)
    if ssl:
        ssl.wrap_socket(s, True)
    await s.bind((host, port))
    await s.listen(backlog)
    s.task = asyncio.create_task(s.server.serve(handler))
    return s


async def open_connection(modem, host, port, ssl=None, server_hostname=None):
    """A connected socket as (reader, writer): both are the socket, with StreamReader's and
    StreamWriter's names that it has (read, readline, readexactly, readinto, write, close). ssl:
    an espat.tls.SSLContext; server_hostname: the name to check, if it is not host."""
    s = Socket(modem)
    if ssl:
        ssl.wrap_socket(s, False, True, server_hostname)
    await s.connect((host, port))
    return s, s
