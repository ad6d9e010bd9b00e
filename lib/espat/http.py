# modem.http: the module's own HTTP client. Owns the body of a response on its way from the wire to
# the reader's buffer; requests are written in once/http_request.py.
from .bulk import prepare  # noqa: F401  (payload straight from the UART)
from .compat import const, ticks_add, ticks_ms

_DONE = const(1)  # engine.py
_ERROR = const(1)
_SENT = const(2)
_AHEAD = const(256)  # bytes read before someone asks for them: a short page tells its status
_ROOM = const(320)  # and 64 that came in one chunk with their header
_EIO = const(5)
_HELD_S = const(3)  # so long a reader may leave bytes in the UART while others wait

# What modem.http.x is before the first request. wanted: headers for every request; present:
# those that the module has, since its boot number `boots`.
wanted = ()
present = ()
boots = -1


def __getattr__(name):
    if name[0] == "_":
        raise AttributeError(name)
    file = "http_request"
    if name == "download":
        file = "http_download"
    elif name[3:4] == "_":  # get_size, set_headers ...
        file = "http_more"
    return lambda m, *args, **kw: m.brief(file, name, *args, **kw)


class Response:
    """What a request gives. status_code: 200 (or what the module reports: 404 ...); headers: of
    HEAD requests only. The body is on its way: readinto(buf), iter_content(n), or all of it at
    once with content, text, json(). With asyncio all of these are awaited. Other commands wait
    until the body has been read, or for 3 s without a reader: then it is given up."""

    # A taker of payload for the framer. A record's last two bytes are its CR LF, as a seal.
    # spill[s:k] is what has come while nobody was reading.
    dst = None
    want = 0
    job = 1
    buf = None  # the reader's: [at:stop] is still to be filled
    at = stop = 0
    s = k = 0
    body = 0  # bytes of the body that have come
    good = 0  # as far as whole records go
    seal = False  # the bytes under way are a record's CR LF
    waste = False  # nobody wants the rest
    over = False
    err = 0
    code = 0
    held = _HELD_S
    status_code = 0
    kept = None  # the body, where someone wanted all of it

    def __init__(self, m, cmd, name):
        self.m = m
        self.e = m.engine
        self.cmd = cmd
        self.heads = (b"+" + name + b":", self.header)
        self.spill = bytearray(_ROOM + 2)
        self.headers = {}

    def header(self, line, n):
        # +HTTPCGET:512,
        if line[n - 1] != 44:
            return -1
        size = 0
        for i in range(len(self.heads[0]), n - 1):
            size = size * 10 + line[i] - 48
        self.e.tag = self
        return size + 2

    def on_room(self, spare):
        e = self.e
        n = e.left - 2
        reader = self.at < self.stop
        e.dst = self.spill
        if n <= 0:
            # The CR LF. While the spill is full it stays in the UART, and so does the next record.
            if spare and self.k > _AHEAD and not self.waste and not reader:
                e.dst = None
                return False
            self.seal = True
            e.off = _ROOM
            e.end = _ROOM + 2
            return True
        if self.waste:
            e.off = 0
            k = _ROOM
        elif reader:
            e.dst = self.buf
            e.off = self.at
            k = self.stop
        else:
            e.off = self.k
            k = _AHEAD if spare else _ROOM
            if self.k >= k:
                e.dst = None
                return False
        e.end = k if e.off + n > k else e.off + n
        return True

    def on_bytes(self, off):
        self.held = _HELD_S
        if self.seal:
            self.seal = False
            if self.spill[_ROOM] != 13 or self.spill[_ROOM + 1] != 10:
                self.fail(_EIO)
            elif not self.err:
                self.good = self.body
        elif self.waste:
            pass
        elif self.at < self.stop:
            self.body += off - self.at
            self.at = off
        else:
            self.body += off - self.k
            self.k = off

    def on_short(self):
        e = self.e
        if e.left and not self.err and not self.waste and self.at >= self.stop and self.held:
            # No bytes are missing: a reader lets them wait.
            self.held -= 1
            e.tag = self
            e.stall = ticks_add(ticks_ms(), 1000)
            e.deadline = ticks_add(ticks_ms(), e.ms)
            return
        self.seal = False
        self.fail(_EIO)

    def fail(self, err):
        self.err = self.err or err
        self.waste = True

    def noise(self, text):
        # A line that nobody knows: a header that lost bytes, with its record.
        self.fail(_EIO)

    def settle(self):
        """Take in the command's end. True while it is under way."""
        e = self.e
        if self.over:
            return False
        result = 3
        if e.owner is self:
            if e.stage != _DONE:
                return True
            result = e.fetch()
            self.code = e.code
        self.over = True
        e.exact = False
        e.heads.remove(self.heads)
        if e.tag is self:
            e.tag = e
        if e.memo_tag is self:
            e.memo = b""
            e.memo_tag = None
        if self.err or not self.body:
            # What came after the hole may have been taken for an answer; or what has ended this
            # was the late OK of another command.
            e.lost = True
        if result > _ERROR:
            self.err = self.err or (110 if result == 2 else 104)
        elif not result:
            self.status_code = self.status_code or 200
        elif self.code >> 12 in (7, 0x010A7) and self.code & 0xFFF:
            self.status_code = self.code & 0xFFF
        else:
            self.err = self.err or _EIO
        return False

    async def begin(self, ms, raw=None):
        m = self.m
        e = self.e
        while e.settle() or e.lost or m.state != 2:
            if e.stage:
                await m.idle()
            else:
                await m.brief("start", "resync" if m.state == 2 else "up")
        e.heads.append(self.heads)
        e.memo_tag = None
        e.exact = True
        if raw is not None:
            e.raw = raw
            e.raw_i = 0
            e.raw_stop = len(raw)
        e.ms = ms
        e.answer = self.noise
        e.start(self, self.cmd, len(self.cmd))

    async def fill(self, buf, n):
        # As much of buf[:n] as there is until the end.
        e = self.e
        if e.dst is self.spill and not self.seal:
            self.on_bytes(e.off)
            e.dst = None
        k = self.k - self.s
        if k > n:
            k = n
        buf[:k] = memoryview(self.spill)[self.s : self.s + k]
        self.s += k
        if self.s == self.k:
            self.s = self.k = 0
        self.buf = buf
        self.at = k
        self.stop = n
        try:
            while self.at < n and self.settle():
                await self.m.idle()
        finally:
            k = self.at
            self.stop = 0
            if e.dst is buf:  # torn away
                e.dst = None
                self.fail(_EIO)
            self.buf = None
        if self.over and k < n and self.err:
            await self.m.brief("http_end", "refused", self)
        return k

    def readinto(self, buf, n=0):
        """Fill buf (its first n bytes), or as much as there is up to the end of the body.
        Returns how many bytes; 0 at the end. The bytes go from the UART straight into buf.
        OSError: ETIMEDOUT, EIO (bytes were lost), ECONNRESET (the module rebooted); ATError."""
        return self.m.face(self.fill(buf, n or len(buf)))

    def iter_content(self, chunk_size=512):
        """The body in pieces of at most chunk_size bytes: memoryviews of one buffer, each valid
        until the next. With asyncio: `async for`."""
        from .once.http_body import Pieces

        return Pieces(self, chunk_size)

    @property
    def content(self):
        """All of the body, in memory."""
        return self.m.face(self.m.brief("http_body", "read", self))

    @property
    def text(self):
        """All of the body as str (UTF-8)."""
        return self.m.face(self.m.brief("http_body", "text", self))

    def json(self):
        """All of the body, parsed."""
        return self.m.face(self.m.brief("http_body", "json", self))

    def raise_for_status(self):
        """ATError, whose .status is the number, for what is not 2xx."""
        return self.m.face(self.m.brief("http_end", "check_status", self))

    def close(self):
        """Throw away what is left of the body. It is read all the same: there is no command
        that ends a request."""
        return self.m.face(self.m.brief("http_body", "close", self))
