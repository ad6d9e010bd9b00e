# One link of the module: connect, receive, send, close as steps that never wait. The blocking
# sockets (sockets.py) and the asyncio ones (aio.py) are loops around these. No allocation in
# steady state: the command lines are written into one buffer, payload goes where it belongs.
from .bulk import prepare, quick, stray
from .compat import Stream, const
from .engine import number
from .ring import Ring, copy

# engine.py
_DONE = const(1)
_SENT = const(2)
_ASKED = const(3)
_ERROR = const(1)
_TIMEOUT = const(2)
_RESET = const(3)

# job: which command of ours is in flight
_NONE = const(0)
_READ = const(1)
_SEND = const(2)
_CONNECT = const(3)

_EIO = const(5)
_ENOMEM = const(12)
_EPIPE = const(32)
_ECONNABORTED = const(103)
_ECONNRESET = const(104)
_ENOBUFS = const(105)
_ENOTCONN = const(107)
_ETIMEDOUT = const(110)
_ECONNREFUSED = const(111)
_EALREADY = const(114)

_READ_MS = const(5000)
_OLD_READ = const(2048)  # AT 1.7 reads no more at once
_SEND_MS = const(20000)
_SILENT_MS = const(5000)  # a link that waits so long asks: the module may forget a +IPD


class Wire:
    """What the links of one modem share: the +CIPRECVDATA header, the buffer that
    command lines are written into."""

    set = 0  # links (bits) with AT+CIPTCPOPT of their own
    dinfo = None  # dinfo.py
    poll = None  # the engine's own, while passthrough.py has replaced it
    key = 0  # which command stands in tx, and how long it is
    n = 0
    most = 1 << 30  # bytes of one read

    def __init__(self, engine):
        self.e = engine
        engine.wire = self
        engine.links = [None] * 5
        prepare(engine)
        # What is called for every packet is found at once in the instance.
        engine.pump = engine.pump
        engine.poll = engine.poll
        engine.on_prompt = engine.on_prompt
        self.tx = bytearray(29)  # the longest: AT+CIPRECVDATA=0,1234567890 CR LF
        engine.heads.append((b"+CIPRECVDATA:", self.data))
        engine.heads.append((b"+CIPRECVDATA,", self.data))  # AT 1.7

    def line(self, name, i, n):
        # "AT+CIPSEND=<i>,<n>": written only when something in it has changed.
        tx = self.tx
        k = len(name)
        if n > self.most and k == 15:  # not a send
            n = self.most
        tx[:k] = name
        tx[k] = 48 + i
        tx[k + 1] = 44
        k += 2
        i = 10
        while i <= n:
            i *= 10
        while i > 1:
            i //= 10
            tx[k] = 48 + n // i % 10
            k += 1
        tx[k] = 13
        tx[k + 1] = 10
        self.n = k + 2

    def log(self):
        self.e.tap(b">", bytes(memoryview(self.tx)[: self.n]))

    def data(self, line, n):
        owner = self.e.owner
        self.e.tag = owner if isinstance(owner, Link) and owner.job == _READ else self.e
        return number(line, 13, n - 1)


# Functions, and no methods: those are found at once. Every read and every send begins with them.


def give(self, buf, off, n):
    """Step: start sending buf[off:off+n], as much of it as one command takes; returns how
    much, or None while the modem is busy. Until settle() is False, buf must stay."""
    if self.job and self.settle():
        return None
    if self.err or not self.up or self.eof:
        raise OSError(self.err or (_ECONNRESET if self.up else _ENOTCONN), "")
    e = self.e
    if e.stage and e.settle() or e.lost:
        return None
    w = self.m.profile.send_max
    if n > w:
        n = w
    e.raw = buf
    e.raw_i = off
    e.raw_stop = off + n
    self.job = _SEND
    w = e.wire
    off = n << 3 | self.id  # (more names are too many for the frame)
    if off != w.key:
        w.key = off
        w.line(b"AT+CIPSEND=", self.id, n)
    # As e.start() does, without a call.
    e.owner = self
    e.result = 0
    e.deadline = None
    e.ms = self.timeout or _SEND_MS
    e.cmd = off = w.n  # the length of the line "Recv <n> bytes", too
    e.prompt = True
    e.stage = _ASKED
    if e.tap:
        w.log()
    # And at once, as e.poll() does: what the UART takes now goes out now.
    buf = e.write(w.tx, 0, off) or 0
    if buf != off:
        e.i = buf
        e.stop = off
        e.out = w.tx
    return n


def take(self, buf, n):
    """Step: bytes taken into buf (at most n), 0 at the end of the stream, None for nothing
    yet. buf None: make the ring hold something, and tell how much it holds."""
    e = self.e
    if self.job:
        if (
            self.got > 0
            and self.job == _READ
            and e.stage == _DONE
            and e.owner is self
            and not e.result
        ):
            # As settle() does, without a call: every read ends here.
            e.stage = self.job = _NONE
            e.owner = None
            if e.size >= self.asked or e.size >= _OLD_READ or self.eof:
                self.hint = True
        elif self.settle() and self.job == _READ:
            return None
    k = self.got
    if k:
        if k < 0:
            return self.take(buf, n)  # a socket with its own way (udp.py)
        self.got = 0
        return k
    ring = self.ring
    if ring is not None and ring.n:
        return copy(ring, buf, n) if buf is not None else ring.n
    if self.err or not self.up:
        raise OSError(self.err or _ENOTCONN, "")
    if self.passive:
        if self.hint:
            if e.stage and e.settle() or e.lost:
                return None
            self.dst = buf
            self.want = n
            if buf is None:
                n = 0
            if n < self.m.ring:
                # Little is wanted: read ahead.
                if ring is None:
                    ring = self.need_ring()
                ring.r = 0
                n += ring.size
            self.asked = n
            self.hint = False
            e.exact = True
            if e.memo_tag is not self:
                e.memo = b""  # nothing in the header says whose it is
            self.job = _READ
            ring = e.wire
            k = ~(n << 3 | self.id)
            if k != ring.key:
                ring.key = k
                ring.line(b"AT+CIPRECVDATA=", self.id, n)
            # As give() does.
            e.owner = self
            e.result = 0
            e.deadline = None
            e.ms = _READ_MS
            e.stage = _SENT
            if e.tap:
                ring.log()
            n = ring.n
            k = e.write(ring.tx, 0, n) or 0
            if k != n:
                e.i = k
                e.stop = n
                e.out = ring.tx
            return None
        return 0 if self.eof else None
    if buf is not None:
        if e.memo_tag is self and e.memo and n >= e.memo_size and not e.left:
            k = quick(e, buf)
            if k > 0:
                return k
        self.dst = buf
        self.want = n
        e.exact = True
        if e.left and e.tag is self and e.dst is None:
            e.dst = buf
            e.off = 0
            e.end = n
    if not k or not stray(e, -k):
        e.pump()
    k = self.got
    if k:
        self.got = 0
        return k
    if self.ring is not None and self.ring.n:
        self.leave()
        return take(self, buf, n)
    if self.eof and not (e.left and e.tag is self):
        self.leave()
        if self.err:  # the module has rebooted just now
            raise OSError(self.err, "")
        return 0
    return None


class Link(Stream):
    comes_from = None  # told the sender of a datagram (udp.py)
    dead = False  # nobody's any more: to be closed in the module
    asked = 0  # how much the read under way may bring: what goes beyond `want` is for the ring
    mark = 0  # where in the ring the payload under way has begun
    id = -1

    def __init__(self, modem):
        self.m = modem
        self.e = modem.engine
        if modem.wire is None:
            modem.wire = Wire(self.e)
            if modem.speak:
                modem.wire.most = _OLD_READ
        # Set here and not in the class: the data path looks at them for every packet.
        self.job = _NONE
        self.up = False  # connected
        self.err = 0  # errno of what broke the link
        self.eof = False  # the other side, or the module, has closed
        self.hint = False  # the module has something for us, as far as we know
        self.passive = False
        self.ring = None
        self.dst = None  # a reader's buffer, as long as it waits for dst[:want]
        self.want = 0
        self.got = 0  # bytes that have come into it

    # The tag of our payload, for the framer: dst and want, and these

    def on_room(self, spare):
        # No reader waits: into the ring.
        ring = self.need_ring()
        e = self.e
        n = ring.size - ring.n
        if self.job != _READ:  # a read asks for no more than there is room
            n -= spare
        if n <= 0:
            return False
        e.off = self.mark = ring.start()
        e.end = ring.stop()
        if e.end > e.off + n:
            e.end = e.off + n
        e.dst = ring.buf
        return True

    def on_bytes(self, off):
        self.e.exact = False
        self.dst = None  # what comes next must not overtake this into a reader's buffer
        if off > self.mark and not self.err:  # nothing from behind a hole
            self.ring.n += off - self.mark

    def on_short(self):
        # Bytes are missing: a stream with a hole is worse than none.
        self.err = _EIO
        self.got = self.leave() or self.got
        if self.job == _READ:
            self.e.lost = True
            self.e.finish(_TIMEOUT)

    def on_closed(self):
        self.eof = self.hint = True  # look once more: the last bytes must not be lost

    def on_reset(self):
        self.err = _ECONNRESET
        self.up = False
        self.eof = True
        self.leave()

    # Steps

    def need_ring(self):
        if self.ring is None:
            rings = self.m.rings
            self.ring = rings.pop() if rings else Ring(self.m.ring)
        return self.ring

    def settle(self):
        """Take in the result of our command, if it has ended. True while one is in flight."""
        job = self.job
        if not job:
            return False
        e = self.e
        if e.owner is self:
            if e.stage != _DONE:
                return True
            result = e.result
            e.stage = 0
            e.owner = None
        else:
            result = _RESET
        self.job = _NONE
        if job == _READ:
            if self.dst is not None:
                self.leave()
            if not result:
                # As much as asked for: there may be more, and the module says so only once.
                if e.size >= self.asked or e.size >= _OLD_READ or self.eof:
                    self.hint = True
                if not self.got and e.size and not (self.ring and self.ring.n):
                    # OK, and the data were lost on the wire; or it was another command's OK.
                    self.err = self.err or _EIO
                    e.lost = True
            elif result != _ERROR:  # ERROR: nothing there now
                # The end of the answer is missing: so may bytes of its payload.
                self.err = self.err or (_ETIMEDOUT if result == _TIMEOUT else _ECONNRESET)
                self.got = 0
                if self.ring:
                    self.ring.n = 0
        elif job == _SEND:
            if result:
                # In doubt what has gone out: this link is over.
                self.err = self.err or (_ETIMEDOUT if result == _TIMEOUT else _ECONNRESET)
                self.up = False
        elif result or e.busy:  # "busy p...": the OK was that of another command
            self.err = self.err or (_ETIMEDOUT if result == _TIMEOUT else _ECONNREFUSED)
        else:
            self.up = True
            self.passive = self.m.profile.passive is not None
        return False

    def leave(self):
        """A reader gives up. What has arrived in its buffer is its own: returns how much."""
        e = self.e
        k = 0
        if self.dst is not None:
            if e.dst is self.dst:
                k = e.off
                e.dst = None
            self.dst = None
            e.exact = False
        return k
