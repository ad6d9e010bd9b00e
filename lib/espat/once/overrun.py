# Has the host's UART lost bytes in passthrough? Without flow control a full buffer is the only
# sign, and one that is gone as soon as someone reads: what was read since the last look counts too.
# Stands before the UART's any() and readinto() meanwhile; at other times bulk.py looks by itself.
from ..compat import const

_NEVER = const(1 << 29)  # framer.py


class Overrun:
    """Between two looks the buffer never held more than what was read meanwhile and what is there
    now. What was read has come before the hole, what is there may have come after it."""

    def __init__(self, e):
        self.e = e
        self.look = e.any
        self.take = e.readinto
        self.n = 0
        e.any = self.any
        e.readinto = self.readinto

    def any(self):
        k = self.look()
        if k + self.n >= self.e.full:
            self.e.on_overrun()
        self.n = 0
        return k

    def readinto(self, buf, n):
        n = self.take(buf, n)
        if n:
            self.n += n
        return n

    def end(self):
        self.e.any = self.look
        self.e.readinto = self.take
        del self.e.overrun


def watch(e):
    if e.full < _NEVER and not hasattr(e, "overrun"):
        e.overrun = Overrun(e)
