# The methods that make a socket a stream, and what does not wait: programs that only send and
# receive need none of it. Loaded at the first use, and then the class has them (sockets.py).
from .compat import const, ticks_ms
from .link import give, take
from .ring import Ring
from .sockets import Socket

_EAGAIN = const(11)
_EINVAL = const(22)


def readinto(self, buf, n=0):
    """Read n bytes (default: all of buf) or up to the end of the stream; returns how many."""
    n = n or len(buf)
    # MicroPython's own streams (ssl) pass an object that lives on their stack: another one may
    # be at the same place the next time, and bulk.py knows a buffer by its place.
    view = memoryview(buf)
    off = 0
    try:
        while off < n:
            k = self.recv_into(view[off:] if off else view, n - off)
            if not k:
                break
            off += k
    except OSError as e:
        if e.errno != _EAGAIN:
            raise
        return off or None
    return off


def read(self, n=-1):
    """Read n bytes, or all up to the end of the stream. None: non-blocking, nothing yet."""
    out = bytearray()
    try:
        while n < 0 or len(out) < n:
            data = self.recv(n - len(out) if n >= 0 else 1024)
            if not data:
                break
            out.extend(data)
    except OSError as e:
        if e.errno != _EAGAIN:
            raise
        if not out:
            return None
    return bytes(out)


def readline(self):
    """Read up to and with the next newline, or the end of the stream."""
    out = bytearray()
    while True:
        try:
            k = self.recv_into(None, 1)
        except OSError as e:
            if e.errno != _EAGAIN:
                raise
            return bytes(out) if out else None
        if not k:
            return bytes(out)
        i = find(self.ring, b"\n")
        out.extend(self.cut(i or self.ring.n))
        if i:
            return bytes(out)


def find(ring, pattern):
    # How many bytes up to and with the first byte that is `pattern`; 0 if there is none.
    r = ring.r
    w = r + ring.n
    i = ring.buf.find(pattern, r, w if w < ring.size else ring.size)
    if i >= 0:
        return i + 1 - r
    if w > ring.size:
        i = ring.buf.find(pattern, 0, w - ring.size)
        if i >= 0:
            return i + 1 + ring.size - r
    return 0


def write(self, buf, off=None, n=None):
    """As MicroPython's streams: write(buf), write(buf, n), write(buf, off, n). All of it; None
    if it would block."""
    if isinstance(buf, str):  # they take that, too
        buf = buf.encode()
    if n is None:
        n = len(buf) if off is None else off
        off = 0
    done = 0
    try:
        while done < n:
            done += self.push(buf, off + done, n - done)
    except OSError as e:
        if e.errno != _EAGAIN:
            raise
        return done or None
    return done


def setblocking(self, flag):
    self.timeout = None if flag else 0


def fileno(self):
    return self.id


def makefile(self, *args, **kw):
    return self


def ioctl(self, request, arg):
    """For select.poll and asyncio: MP_STREAM_POLL (3), MP_STREAM_CLOSE (4)."""
    if request == 4:
        self.close()
        return 0
    if request != 3:
        return -_EINVAL
    self.e.poll(ticks_ms())
    return ready(self, arg)


def ready(self, arg):
    e = self.e
    flags = 0
    busy = self.settle()
    if arg & 1:
        try:
            if take(self, None, 1) is not None:
                flags |= 1
        except OSError:
            flags |= 1 | 8
    if arg & 4 and not busy and (self.up or self.err) and not e.settle():
        flags |= 4
    if e.out is not None:
        e.poll(ticks_ms())  # what take() has begun goes out now, whenever we are asked again
    return flags & (arg | 8)


def glance(self, buf, n):
    # The non-blocking receive: what is there, or EAGAIN.
    self.leave()
    self.e.poll(ticks_ms())
    k = take(self, None, n)
    if self.e.out is not None:
        self.e.poll(ticks_ms())
    if k is None:
        raise OSError(_EAGAIN, "")
    return take(self, buf, n) if buf is not None else k


def post(self, buf, off, n):
    # Non-blocking: send a copy, so that the caller may reuse buf at once.
    self.e.poll(ticks_ms())
    if not self.e.settle() or self.e.owner is self:
        m = self.m
        if n > m.ring:
            n = m.ring
        if self.settle():
            raise OSError(_EAGAIN, "")
        if m.copy is None:
            m.copy = bytearray(m.ring)
        m.copy[:n] = memoryview(buf)[off : off + n]
        k = give(self, m.copy, 0, n)
        if k is not None:
            self.e.poll(ticks_ms())
            return k
    raise OSError(_EAGAIN, "")


def rescue(self, buf):
    # The ring is empty: a reader gets what is there before it waits.
    e = self.e
    k = self.leave() or self.got
    self.got = 0
    old = ring = self.need_ring()
    if e.dst is ring.buf:  # what has come so far of the part that was read ahead
        ring.n += e.off - self.mark
        e.dst = None
    held = ring.n
    n = self.asked if self.job else k + held
    if e.tag is self:
        n += e.left
    if held or n + 64 > ring.size:
        ring = self.ring = Ring(n + 64)
        old.copy(memoryview(ring.buf)[k:], held)
    ring.r = 0
    ring.n = k + held
    ring.buf[:k] = memoryview(buf)[:k]


Socket.readinto = readinto
Socket.read = read
Socket.readline = readline
Socket.write = write
Socket.makefile = makefile
Socket.ioctl = ioctl
Socket.glance = glance
Socket.post = post
Socket.setblocking = setblocking
Socket.fileno = fileno
