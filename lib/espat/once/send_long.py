# Long sends: one command for up to 2 GiB (AT+CIPSENDL), and data whose length nobody knows yet
# (AT+CIPSENDEX). Loaded for the call. Owns what goes out after the prompt.
from ..compat import const, ticks_add, ticks_diff, ticks_ms
from .quote import check

_DONE = const(1)  # engine.py
_FED = const(4)
_CHUNK = const(512)
_PIECE = const(8192)  # most bytes of one AT+CIPSENDEX, marks included
_SEND_MS = const(20000)
_ECONNRESET = const(104)
_ENOTCONN = const(107)
_ETIMEDOUT = const(110)


async def send_long(m, s, source, size, progress, report, transmit):
    if size is not None:
        check("size", size, 1, 0x7FFFFFFF)
    check("report", report, 100, 1048576)
    check("transmit", transmit, 100, 2920)
    if not s.up or s.err or s.eof:
        raise OSError(s.err or (_ECONNRESET if s.up else _ENOTCONN), "")
    if hasattr(source, "readinto"):
        feed = Reader(source)
    else:
        source = memoryview(source)
        feed = Memory(source)
        size = len(source) if size is None else size
        if size > len(source):
            raise ValueError("size: longer than the data")
    if size is None:
        return await send_open(m, s, feed)
    if report is not None or transmit is not None:
        await m.at(b"AT+CIPSENDLCFG=%d,%d\r\n" % (report or 1024, transmit or 2920))

    def told(line):
        # +CIPSENDL:<sent>,<received from us>
        a, b = line[10:].split(b",")
        progress(int(a), int(b))

    if m.profile.sendl:
        cmd = b"AT+CIPSENDL=%d,%d\r\n" % (s.id, size)
        await send(m, s, cmd, feed, size, told if progress else None)
        return size
    done = 0  # an older firmware takes it in pieces
    while done < size:
        n = min(size - done, m.profile.send_max)
        await send(m, s, b"AT+CIPSEND=%d,%d\r\n" % (s.id, n), feed, n, None)
        done += n
        if progress:
            progress(done, done)
    return size


async def send_open(m, s, feed):
    # Pieces that end at the mark \0; a backslash in the data is doubled.
    total = 0
    piece = min(_PIECE, m.profile.send_max)
    marked = Marked(feed, piece)
    while not marked.over:
        marked.begin()
        if not await marked.first():
            break
        await send(m, s, b"AT+CIPSENDEX=%d,%d\r\n" % (s.id, piece), marked, None, None)
        total += marked.n
    return total


async def send(m, s, cmd, feed, left, told):
    e = m.engine
    while e.settle() or e.lost:
        if e.stage:
            await m.idle()
        else:
            await m.brief("start", "resync")
    if told:
        e.prefix = b"+CIPSENDL:"
        e.answer = told
    e.raw = b""
    e.raw_i = e.raw_stop = 0
    e.ms = _SEND_MS
    e.start(cmd, cmd, len(cmd))
    buf = bytearray(_CHUNK)
    try:
        while e.stage > _DONE:
            if e.stage == _FED and e.out is None and (left is None or left):
                n = await feed.fill(buf, _CHUNK if left is None or left > _CHUNK else left)
                if left is not None:
                    if not n:
                        raise ValueError("size: longer than the data")
                    left -= n
                if n:
                    e.i = 0
                    if n == 3 and buf[:3] == b"+++":  # alone it would end the send
                        await one(m, e, buf)
                    e.stop = n
                    e.out = buf
                    e.poll(ticks_ms())
                    continue
                left = 0
            await m.idle()
    except BaseException:
        # The module still counts: start-up's way out of a send ends it.
        e.lost = True
        e.finish(2)
        s.err = _ECONNRESET
        raise
    finally:
        result = e.fetch()
        if result:
            s.err = s.err or (_ETIMEDOUT if result == 2 else _ECONNRESET)
            s.up = False
    if result:
        raise OSError(s.err, "")


async def one(m, e, buf):
    e.i = 0
    e.stop = 1
    e.out = bytes(buf[:1])
    while e.out is not None:
        await m.idle(1)
    end = ticks_add(ticks_ms(), 30)
    while ticks_diff(end, ticks_ms()) > 0:
        await m.idle(30)
    e.i = 1


class Memory:
    def __init__(self, view):
        self.view = view
        self.off = 0

    async def fill(self, buf, n):
        part = self.view[self.off : self.off + n]
        buf[: len(part)] = part
        self.off += len(part)
        return len(part)


class Reader:
    # A stream: whole chunks, so that no three bytes stand alone in the middle.
    def __init__(self, stream):
        self.stream = stream

    async def fill(self, buf, n):
        view = memoryview(buf)
        got = 0
        while got < n:
            k = self.stream.readinto(view[got:n])
            if hasattr(k, "throw"):
                k = await k
            if not k:
                break
            got += k
        return got


class Marked:
    over = False

    def __init__(self, feed, piece):
        self.feed = feed
        self.piece = piece
        self.small = bytearray(_CHUNK // 2)
        self.held = 0

    def begin(self):
        self.n = self.sent = 0
        self.ended = False

    async def first(self):
        self.held = await self.feed.fill(self.small, len(self.small))
        return self.held

    async def fill(self, buf, n):
        if self.ended:
            return 0
        if not self.held and self.sent + n + 2 < self.piece:
            await self.first()
        k = 0
        for c in memoryview(self.small)[: self.held]:
            if c == 92:
                buf[k] = 92
                k += 1
            buf[k] = c
            k += 1
        self.n += self.held
        self.sent += k
        if not self.held:
            self.over = self.sent + n + 2 < self.piece
            self.ended = True
            buf[:2] = b"\\0"
            return 2
        self.held = 0
        return k
