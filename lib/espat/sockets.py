# Blocking TCP sockets with the methods, results and errors of MicroPython's socket objects:
# loops around the steps of link.py.
from .bulk import sent
from .compat import const, drop, load, run, ticks_add, ticks_diff, ticks_ms
from .link import Link, give, take
from .ring import copy

_SILENT_MS = const(5000)  # a link that waits so long asks: the module may forget a +IPD
_CROSSING_MS = const(30)
_EINPROGRESS = const(115)
_ETIMEDOUT = const(110)

_STREAM = (
    "read",
    "readinto",
    "readline",
    "write",
    "ioctl",
    "makefile",
    "setblocking",
    "fileno",
    "glance",
    "post",
)


# Functions, and no methods: those of a base class are slow to find.


def guarded(self, buf):
    # (Two names only: with a `try` one more would put the frame on the heap.)
    try:
        return patient(self, buf)
    except BaseException:
        self.rescue(buf)
        raise


def patient(self, buf):
    # What there is, or what comes until time is over (OSError).
    n = self.ask
    k = take(self, buf, n)
    if k is not None:
        return k
    self.ask = start = ticks_ms()
    self.e.poll(start)
    while True:
        k = take(self, buf, n)
        if k is not None:
            return k
        self.m.block(self.rest(start))
        if self.e.lost and not self.e.settle():
            run(self.m.brief("start", "resync"))


class Socket(Link):
    """A socket over one of the module's five links: TCP, or whatever `kind` says."""

    kind = "TCP"  # or "SSL", "UDP": the type of AT+CIPSTART; "v6" is added where it is needed
    af = 2  # 10: IPv6
    late = None  # late.py: where to connect to, until the link opens
    secure = None  # async secure(modem, link id, host): what is set before the link opens
    ca = 0  # a TLS server asks for certificates
    server = None  # of listen()
    local = None  # (ip, port) of bind()
    peer = None  # (host, port) of connect()
    options = None  # of setsockopt(), until the link opens

    def __init__(self, modem):
        super().__init__(modem)
        self.timeout = None  # ms; None waits, 0 never waits

    def settimeout(self, value):
        """Seconds (float) that a call may wait; None: for ever; 0: not at all."""
        self.timeout = None if value is None else int(value * 1000)

    def __getattr__(self, name):
        # What many programs need not: the methods of a stream; and what is needed for moments
        # only: bind(), setsockopt() ...
        if name[0] == "_":
            raise AttributeError(name)
        if name in _STREAM:
            load("streams")
            return getattr(self, name)
        f = getattr(load("once.sockmore"), name)
        drop()
        return lambda *args, **kw: self.m.face(f(self, *args, **kw))

    def open_link(self, addr, wait):
        return self.m.brief("connect", "open_link", self, addr, wait)

    def connect(self, addr):
        """Connect to (host, port) (AT+CIPSTART). OSError: ECONNREFUSED, ETIMEDOUT,
        EHOSTUNREACH (no network), -2 (no such name), ENOMEM (five links are open)."""
        run(self.open_link(addr, self.timeout != 0))
        if self.timeout == 0:
            raise OSError(_EINPROGRESS, "")

    def rest(self, start):
        # How long the next wait of a receive that began at `start` may last.
        now = ticks_ms()
        if ticks_diff(now, self.ask) >= _SILENT_MS:
            self.ask = now
            self.hint = True
            return 0
        ms = self.timeout
        if ms is None:
            return 1000
        ms -= ticks_diff(now, start)
        if ms > 0:
            return ms
        if self.job:
            return 100  # our read is under way: its bytes must not be lost
        now = self.leave()
        if not now:
            raise OSError(_ETIMEDOUT, "")
        self.got = now
        return 0

    def recv_into(self, buf, n=0):
        """Receive at most n bytes (default: all of buf) into buf; returns how many, 0 at the
        end. The bytes go from the UART straight into buf; where that is smaller than the ring,
        what follows them is read ahead into the ring."""
        n = n or len(buf)
        k = self.ring
        if k is not None and k.n >= n == k.grid and not self.got and buf is not None:
            return copy(k, buf, n)
        if self.timeout == 0:
            return self.glance(buf, n)
        self.ask = n
        return guarded(self, buf)

    def recv(self, n):
        """Receive at most n bytes; b"" at the end of the stream."""
        if n <= 0:
            return b""
        return self.cut(n) if self.recv_into(None, n) else b""

    def cut(self, n):
        # n bytes out of the ring, or what it has.
        ring = self.ring
        out = bytearray(n if n < ring.n else ring.n)
        copy(ring, out, len(out))
        return bytes(out)

    def push(self, buf, off, n):
        # One AT+CIPSEND; waits until the module has said SEND OK.
        if self.timeout == 0:
            return self.post(buf, off, n)
        k = give(self, buf, off, n) or self.give_later(buf, off, n)
        e = self.e
        if sent(e) == 2:
            e.stage = self.job = 0  # as settle() does, without a call
            e.owner = None
            return k
        while self.settle():
            if e.poll(ticks_ms()):
                self.m.block()  # the command's own deadline ends this
        if self.err:
            raise OSError(self.err, "")
        return k

    def give_later(self, buf, off, n):
        # The module is busy with something else: wait for it.
        m = self.m
        e = self.e
        start = ticks_ms()
        k = None
        while k is None:
            if e.lost and not e.settle():
                run(m.brief("start", "resync"))  # the engine is free then
            else:
                k = 1000
                if self.timeout is not None:
                    k = self.timeout - ticks_diff(ticks_ms(), start)
                    if k <= 0:
                        raise OSError(_ETIMEDOUT, "")
                m.block(k)
            k = give(self, buf, off, n)
        return k

    def send(self, buf):
        """Send; returns how many bytes were taken (AT+CIPSEND). A send that fails or is in
        doubt ends the link: a stream with a hole is worse than none."""
        n = len(buf)
        return self.push(buf, 0, n) if n else 0

    def sendall(self, buf):
        """Send all of buf."""
        off = 0
        n = len(buf)
        while off < n:
            off += self.push(buf, off, n - off)

    def rescue(self, buf):
        # A reader was torn away (a cancelled task, Ctrl-C), perhaps with bytes of ours in its
        # buffer, or with a read under way into it: they belong into a ring.
        if self.dst is not None or self.got > 0:
            try:
                load("streams").rescue(self, buf)
            except (ImportError, MemoryError):
                self.on_short()

    async def drop(self):
        """Close the link in the module and forget it."""
        m = self.m
        i = self.id
        if i >= 0:
            e = self.e
            while self.settle():
                await m.idle()
            # With a server, the next client may get this link as soon as this one is closed, and a
            # close of ours that crosses its coming would hit it: see what has come, and give a
            # client that is about to close a moment to do so.
            end = ticks_add(ticks_ms(), _CROSSING_MS if m.server else 0)
            e.poll(ticks_ms())
            while not self.eof and (e.settle() or ticks_diff(end, ticks_ms()) > 0):
                await m.idle(5)
            self.id = -1
            if not self.eof and m.state == 2 and self.err != 111:
                try:
                    await m.at(b"AT+CIPCLOSE=%d\r\n" % i)
                except OSError:
                    pass  # it is closed already, or the module is gone
            if e.links[i] is self:
                e.links[i] = None
            if e.tag is self:
                e.tag = e
                e.dst = None
            if e.memo_tag is self:
                e.memo = b""
                e.memo_tag = None
        self.up = False
        ring = self.ring
        if ring is not None:
            ring.n = 0
            if ring.size == self.m.ring:
                self.m.rings.append(ring)
            self.ring = None

    def close(self):
        """Close the link (AT+CIPCLOSE). Twice does no harm."""
        run(self.drop())

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.close()


def make(m, af, type, cls=Socket):
    s = (cls if type == 1 else load("once.udp_open").kind(cls))(m)
    s.af = af
    return s
