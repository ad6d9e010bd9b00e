# Counted payload of an answer, "+NAME:<length>,<bytes>", into a buffer of the caller's. Loaded for
# the call; no byte of payload is looked at.
from ..engine import number

_ENOBUFS = 105


class Into:
    # note: called with the number that stands between the prefix and the length, where there is
    # one. buf None: a buffer of the payload's size is made.
    def __init__(self, engine, buf, note=None, mark=44):
        self.e = engine
        self.mark = mark  # between the length and the payload
        self.buf = buf
        self.note = note
        self.got = 0
        self.over = False

    def header(self, line, n):
        self.e.tag = self
        i = n - 1
        if line[i] != self.mark:
            return -1
        while line[i - 1] > 47 and line[i - 1] < 58:
            i -= 1
        size = number(line, i, n - 1)
        if self.note is None:
            return size
        self.note(size)
        self.note = None
        return -1

    dst = None
    want = 0
    job = 1

    def on_room(self, spare):
        e = self.e
        if self.buf is None:
            try:
                self.buf = bytearray(e.left)
            except MemoryError:
                self.buf = b""
        if self.got < len(self.buf):
            e.dst = self.buf
            e.off = self.got
            e.end = len(self.buf)
        else:
            self.over = True
            e.on_room(spare)  # thrown away
        return True

    def on_bytes(self, off):
        if not self.over:
            self.got = off
        if not self.e.left:
            self.e.after = self  # CR LF must follow, else bytes are missing

    def hole(self):
        self.e.after = None
        self.on_short()

    def on_short(self):
        self.e.lost = True
        self.e.finish(2)


async def take(m, cmd, prefix, buf, ms=5000, lines=None, data=None, note=None):
    """Send cmd; the bytes behind `prefix` go into buf, the answer's other lines to lines. Returns
    the Into: .got bytes in .buf. Raises OSError(ENOBUFS) if there were more than buf holds."""
    e = m.engine
    sink = Into(e, buf, note, 58 if m.speak else 44)
    # AT 1.7: "+CIPRECVDATA,<length>:<bytes>"
    head = (prefix[:-1] + b"," if m.speak else prefix, sink.header)
    e.heads.insert(0, head)
    own = not e.links  # with links it has one
    if own:
        e.hole = sink.hole
    try:
        await m.at(cmd, ms, lines, prefix[: prefix.find(b":") + 1], data)
    finally:
        e.heads.remove(head)
        if e.tag is sink:
            e.tag = e
        e.memo = b""
        if e.after is sink:
            e.after = None
        if own:
            del e.hole
    if sink.over:
        raise OSError(_ENOBUFS, "payload longer than the buffer")
    return sink
