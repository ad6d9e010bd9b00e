# modem.passthrough: the UART and one link as a plain stream (guide 3.3.18). Owns the stream's bytes
# and the guard that keeps "+++" in them from ending it; entering and leaving are
# once/passthrough_*.py's.
from .compat import const, ticks_add, ticks_diff, ticks_ms

_GAP_MS = const(30)  # more silence than the module's 20 ms, for certain
_EIO = const(5)
_EAGAIN = const(11)
_ENOTCONN = const(107)
_ETIMEDOUT = const(110)


def __getattr__(name):
    file = "passthrough_open" if name in ("connect", "serve") else "passthrough_set"
    return lambda m, *args, **kw: m.brief(file, name, *args, **kw)


class Through:
    """The stream: what a socket has for a stream of bytes. No other command reaches the module
    until close(): they raise OSError(EBUSY). The stream has no end: the module connects again by
    itself when its link is lost."""

    attached = False  # the module was in passthrough before us
    last = 0  # when we have sent last
    pluses = -1  # so many "+", and nothing else, since the last silence; -1: something else

    def settle(self):
        return False

    def poll(self, now):
        # In place of the engine's: nothing is a line now.
        e = self.e
        if e.out is not None:
            n = e.write(e.out, e.i, e.stop - e.i)
            if n:
                e.i += n
                self.last = now
                if e.i >= e.stop:
                    e.out = None
                    return 0
        return 0 if e.any() else 1000

    def overrun(self):
        self.err = _EIO  # without flow control some of it is lost (overrun.py)

    def take(self, buf, n):
        ring = self.ring
        if ring.n:
            return ring.copy(buf, n) if buf is not None else ring.n
        if self.err:
            raise OSError(self.err, "")
        if not self.up:
            raise OSError(_ENOTCONN, "")
        k = self.e.any()
        if self.err:
            raise OSError(self.err, "")
        if not k:
            return None
        if buf is None:
            buf = ring.buf
            n = ring.size
            ring.start()
        k = self.e.readinto(buf, n if n < k else k) or 0
        if buf is ring.buf:
            ring.n = k
        return k or None

    def push(self, buf, off, n):
        return self.m.face(self.pour(buf, off, n))

    async def pour(self, buf, off, n):
        m = self.m
        e = self.e
        end = ticks_add(ticks_ms(), self.timeout or 0)
        while e.out is not None:  # another task's
            await m.idle()
        if not self.up or self.err:
            raise OSError(self.err or _ENOTCONN, "")
        now = ticks_ms()
        gap = ticks_diff(now, self.last)
        if gap >= _GAP_MS or self.pluses < 0 and gap >= 10:
            self.pluses = 0
        if n > 3 or self.pluses < 0:
            self.pluses = -1
        else:
            for i in range(off, off + n):
                if buf[i] != 43:
                    self.pluses = -1
                    break
            else:
                if self.pluses + n >= 3:
                    # "+++" alone is the way out: its last one goes after a silence.
                    n = 2 - self.pluses
                    if n <= 0:
                        while ticks_diff(ticks_ms(), self.last) < _GAP_MS:
                            await m.idle(_GAP_MS)
                        self.pluses = 0
                        n = 1
                self.pluses += n
        e.i = off
        e.stop = off + n
        e.out = buf
        self.poll(ticks_ms())
        while e.out is not None and (self.timeout is None or ticks_diff(end, ticks_ms()) > 0):
            await m.idle()
        if e.out is not None:
            # It has not all gone out in time.
            e.out = None
            n = e.i - off
            if not n:
                raise OSError(_ETIMEDOUT if self.timeout else _EAGAIN, "")
        return n

    def drop(self):
        return self.m.brief("passthrough_end", "finish_stream", self)
