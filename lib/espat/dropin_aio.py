# `socket` of dropin.py for an aio.Modem: what has to wait for the module runs as a task, because
# the program's call must come back at once. Owns these tasks, nothing else.
import asyncio

from . import dropin
from .compat import const, run
from .streams import ready

_EAGAIN = const(11)
_EOPNOTSUPP = const(95)


class Socket(dropin.Socket):
    def connect(self, addr):
        self.must_not_block()
        try:
            dropin.Socket.connect(self, addr)
        finally:
            addr = self.late
            if addr:
                self.late = True
                asyncio.create_task(self.connecting(addr))

    def must_not_block(self):
        if self.timeout != 0:
            raise OSError(
                _EOPNOTSUPP,
                "with an aio.Modem: asyncio.open_connection, sockets of espat.aio, "
                "or setblocking(False)",
            )

    async def connecting(self, addr):
        # Begins when the program waits for something; it has wrapped the socket by then.
        try:
            await self.open_link(addr, True)
        except Exception as e:
            self.late = e
            return
        if self.late:
            self.late = None
        else:
            await self.drop()  # closed meanwhile

    def open_now(self):
        self.must_not_block()
        if isinstance(self.late, Exception):
            raise self.late
        return False

    def ioctl(self, request, arg):
        if request != 3:
            return dropin.Socket.ioctl(self, request, arg)
        # The modem's own task reads the wire: what comes may be for another one that waits.
        if not self.late:
            return ready(self, arg)
        return 0 if self.late is True else arg & 5 | 8

    def bind(self, addr):
        run(dropin.Socket.__getattr__(self, "bind")(addr))

    def setsockopt(self, *args):
        x = dropin.Socket.__getattr__(self, "setsockopt")(*args)
        if self.up:
            asyncio.create_task(x)
        else:
            run(x)

    def listen(self, backlog=5):
        self.with_tls()
        self.late = True
        asyncio.create_task(self.listening(backlog))

    async def listening(self, backlog):
        await self.m.brief("serve", "listen", self, backlog, 0)
        self.accept = self.accepted
        self.late = None

    def accepted(self):
        if self.m.state != 2:
            # The module has rebooted; with it comes the server.
            asyncio.create_task(self.m.brief("start", "up"))
        queue = self.server.queue
        if not queue:
            raise OSError(_EAGAIN, "")
        c = queue.pop(0)
        return c, c.peer

    def close(self):
        busy = self.late is True
        self.late = None
        if not busy and (self.id >= 0 or self.server):
            asyncio.create_task(self.drop())
