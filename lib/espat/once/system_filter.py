# modem.system: filters of the module's messages (guide 3.1.16, 3.1.17). Owns how their list is
# read: a filter may hold line ends, so it is taken byte by byte, not as lines.
from .quote import build, check, raw


async def add_filter(m, head=b"", tail=b""):
    """Hide what matches head and tail, POSIX basic regular expressions (AT+SYSMSGFILTERCFG, guide
    3.1.17): what they match is cut from a message that both fit. Bytes or str, at most 64 each,
    not both empty; begin head with ^, end tail with $. Line ends are real bytes."""
    await change(m, 1, head, tail)


async def remove_filter(m, head=b"", tail=b""):
    """Take a filter away; it must be one of filters()."""
    await change(m, 2, head, tail)


async def clear_filters(m):
    """Take all filters away."""
    await m.at(b"AT+SYSMSGFILTERCFG=0\r\n")


async def change(m, operator, head, tail):
    head = raw(head)
    tail = raw(tail)
    check("head: bytes", len(head), 0, 64)
    check("tail: bytes", len(tail), 0, 64)
    if not head and not tail:
        raise ValueError("a filter needs a head or a tail")
    cmd = build(b"AT+SYSMSGFILTERCFG", (operator, len(head), len(tail)))
    await m.at(cmd, 5000, None, b"", head + tail)


async def filters(m):
    """The filters that the module has: a list of (head, tail), bytes."""
    e = m.engine
    taker = Pairs(e)
    head = (b"+SYSMSGFILTERCFG:", taker.header)
    e.heads.insert(0, head)
    try:
        await m.at(b"AT+SYSMSGFILTERCFG?\r\n")
    finally:
        e.heads.remove(head)
        if e.tag is taker:
            e.tag = e
        e.memo = b""
    return taker.found


class Pairs:
    # Payload "<head>","<tail>" CR LF after +SYSMSGFILTERCFG:<index>, as counted payload whose
    # end is seen when it comes.
    dst = None
    want = 0
    job = 1

    def __init__(self, engine):
        self.e = engine
        self.buf = bytearray(140)
        self.n = 0
        self.found = []

    def header(self, line, n):
        self.e.tag = self
        self.n = 0
        return 8  # quotes, comma and CR LF of one with a single byte

    def on_room(self, spare):
        e = self.e
        e.dst = self.buf
        e.off = self.n
        e.end = len(self.buf)
        return True

    def on_bytes(self, n):
        e = self.e
        e.memo = b""
        self.n = n
        if e.left:
            return self.on_short()
        text = bytes(memoryview(self.buf)[:n])
        i = text.find(b'","')
        if text[-3:] == b'"\r\n' and 0 <= i < n - 5:  # not the tail's first quote
            self.found.append((text[1:i], text[i + 3 : -3]))
        elif n < len(self.buf):
            e.left = 1

    def on_short(self):
        self.e.lost = True
        self.e.finish(2)
