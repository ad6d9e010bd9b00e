# The module's one TCP or TLS server: who connects becomes a socket that accept() hands out. Loaded
# by listen(). Owns which link belongs to which client; starting and ending are once/serve.py's.
from .compat import const, ticks_add, ticks_diff, ticks_ms
from .engine import number
from .link import Link
from .ring import Ring

_READ = const(1)  # link.py
_SEND = const(2)

_EAGAIN = const(11)
_ECONNRESET = const(104)
_ENOTCONN = const(107)
_ETIMEDOUT = const(110)


class Server:
    """What listen() makes of a socket. queue: clients that nobody has accepted yet."""

    def __init__(self, s, port, most, idle_s):
        self.s = s
        self.m = s.m
        self.port = port
        self.most = most
        self.idle_s = idle_s
        self.queue = []
        self.netif = None  # None: both
        self.opening = None  # a socket of ours whose link the module numbers (AT+CIPSTARTEX)
        s.accept = self.accept
        s.drop = self.drop
        s.take = self.take  # what poll() asks
        s.got = -1  # for link.py: take() is ours
        s.up = True
        s.m.engine.hooks.insert(0, (b"+LINK_CONN:", self.said))

    def said(self, line):
        # +LINK_CONN:0,<link>,"TCP",<1: it came to us>,"<ip>",<port>,<our port>
        f = line.split(b",")
        i = number(f[1], 0, len(f[1])) if len(f) > 6 else -1
        links = self.m.engine.links
        if not 0 <= i < len(links):
            return
        if f[3] != b"1":
            c = self.opening
            self.opening = None
            if c is None and links[i] is None:
                c = Link(self.m)  # nobody waits for it any more
                c.dead = True
            if c is not None:
                c.id = i
                links[i] = c
            return
        c = self.s.__class__(self.m)
        c.af = self.s.af
        c.kind = self.s.kind
        c.id = i
        c.up = True
        c.passive = self.m.profile.passive is not None
        c.hint = True  # data may have come with the connection, and no +IPD
        try:
            ip = f[4].strip(b'"').decode()
        except UnicodeError:
            ip = ""  # a byte was spoilt on the wire
        c.peer = ip, number(f[5], 0, len(f[5]))
        if links[i] is not None:
            self.replace(links[i], c)
        links[i] = c
        self.queue.append(c)

    def replace(self, old, c):
        # The module has given the link of `old`, which is closed, to the next client. What has
        # arrived for `old` is in its ring and stays its own.
        e = self.m.engine
        old.settle()
        e.memo = b""
        e.memo_tag = None
        old.leave()
        if old.job and e.owner is old:
            if old.job == _READ:
                # The answer will be that of the new link.
                c.job = _READ
                c.asked = old.asked
                if c.asked + 64 > self.m.ring:
                    c.ring = Ring(c.asked + 64)
                e.owner = c
            else:
                if old.job == _SEND:
                    # Bytes for `old` may reach the new client.
                    c.err = _ECONNRESET
                e.owner = None
        old.job = 0
        old.hint = False
        old.eof = True
        old.id = -1

    def take(self, buf, n):
        if self.queue or self.m.state != 2:  # accept() brings a module up that has rebooted
            return 1
        if not self.s.up:
            raise OSError(_ENOTCONN, "")
        return None

    def accept(self):
        return self.m.face(self.accepted())

    def drop(self):
        return self.m.brief("serve", "end", self.s, True)

    async def accepted(self):
        s = self.s
        m = self.m
        end = ticks_add(ticks_ms(), s.timeout or 0)
        while not self.queue:
            if not s.up:
                raise OSError(_ENOTCONN, "")
            ms = 1000
            if s.timeout is not None:
                ms = ticks_diff(end, ticks_ms())
            if m.engine.lost and not m.engine.settle():
                await m.brief("start", "resync")
            elif m.state != 2:
                await m.brief("start", "up")  # which starts this server again
            elif ms > 0:
                await m.idle(ms)
            else:
                await m.idle(0)
                if not self.queue:
                    raise OSError(_ETIMEDOUT if s.timeout else _EAGAIN, "")
        c = self.queue.pop(0)
        return c, c.peer

    async def serve(self, handler):
        # The task of aio.start_server().
        import asyncio

        while self.s.up:
            try:
                c, _ = await self.accepted()
            except OSError:
                continue
            asyncio.create_task(handler(c, c))
