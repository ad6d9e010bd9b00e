# `socket` of dropin.py for an aio.Modem: what has to wait for the module runs as a task, because
# the program's call must come back at once. Owns these tasks, nothing else.
import asyncio

from . import dropin
from .compat import const

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
            return self.ready(arg)
        return 0 if self.late is True else arg & 5 | 8

    def close(self):
        busy = self.late is True
        self.late = None
        if not busy and self.id >= 0:
            asyncio.create_task(self.drop())
