# Cuts the byte stream into lines, the prompt and counted payload. Sans-I/O: it owns no UART and no
# clock; `any` and `readinto` are given to it, what it finds goes out as calls: on_line, on_prompt.
# Payload goes to its `tag`. If tag.dst is a buffer, into tag.dst[:tag.want]: then tag.got says how
# much has come, and with tag.job 0 the rest stays in the UART until someone wants it. Else where
# tag.on_room(spare) points the framer (dst, off, end), and tag.on_bytes(off) is told when that is
# full, or the payload over. on_room is False without room; it keeps `spare` bytes for payload that
# comes in one chunk with its header. bulk.py makes payload fast.
from .compat import const

_CHUNK = const(64)  # read at once


class Framer:
    owner = None  # engine.py: whose command is in flight

    def __init__(self, size, step):
        # All set here: what the class holds is slower to find, and this is the data path.
        self.line = bytearray(size)  # a longer line is cut, and reported with n == size
        self.width = size
        self.n = 0  # bytes of the line under way
        self.chunk = bytearray(_CHUNK)
        self.step = step  # payload is read up to multiples of this, or to its end
        # Messages with counted payload: (prefix, function).
        # The function (line, n) is called at every "," and ":" after the prefix; it gives the
        # length once the header is whole, else -1, and leaves in `tag` who takes the payload.
        # A third element is called with each byte of a header that is longer than `line`; it
        # gives the length of the line then (mqtt.py).
        self.heads = []
        self.head = None  # the entry of `heads` that the line under way has matched
        self.tag = self
        self.prompt = False  # ">" at the start of a line is the prompt
        self.moved = False  # bytes came in since someone cleared this
        self.left = 0  # payload bytes still to come, into dst[off:end]
        self.dst = None
        self.off = self.end = 0
        self.size = 0  # of the last payload
        self.whole = 0  # length of its header, which stands in `line`
        self.memo = b""  # for bulk.py; forgotten when something has gone wrong
        # Whose +IPD payload has just ended: CR LF must follow, or a line that is known. Anything
        # else says that bytes were lost and the payload has swallowed what came after it.
        self.after = None
        self.full = 1 << 29  # so many bytes in the UART: it may have lost some

    def pump(self):
        """Take what has arrived, as far as someone takes it."""
        turns = 200  # then someone looks at the deadlines, however much comes
        k = self.any()
        while k and turns and (not self.left or self.dst or self.tag.on_room(_CHUNK)):
            turns -= 1
            k = self.readinto(self.chunk, k if k < _CHUNK else _CHUNK)
            if k:
                self.moved = True
                if self.sift(k):
                    return
                k = self.any()

    def took(self, off):
        # dst is full, or the payload over. True: take no more now.
        tag = self.tag
        dst = self.dst
        self.dst = None
        if not self.left and (not tag.job or tag is self.owner):
            self.after = tag
        if dst is None or dst is not tag.dst:
            tag.on_bytes(off)
            return False
        tag.got = off
        tag.dst = None
        self.exact = False
        return not tag.job

    def sift(self, k):
        # Bytes in the chunk: text, and payload that came with its header. True: take no more now.
        chunk = self.chunk
        line = self.line
        n = self.n
        i = 0
        done = False
        while i < k:
            c = chunk[i]
            i += 1
            if self.left:
                if self.dst is None and not self.tag.on_room(0):
                    self.tag.on_short()
                    self.tag = self  # throws the rest away
                    self.on_room(0)
                self.dst[self.off] = c
                self.off += 1
                self.left -= 1
                if not self.left or self.off == self.end:
                    done = self.took(self.off)
            elif c == 10:
                if not n:
                    if self.after is not None:
                        self.hole()
                elif line[n - 1] == 13:
                    n -= 1
                self.head = None
                self.n = 0
                if n:
                    self.on_line(n)
                n = 0
            elif c == 62 and n == 0 and self.prompt:
                self.prompt = False
                self.on_prompt()
            elif n < self.width:
                line[n] = c
                n += 1
                if n == 1 and c == 13:
                    self.after = None
                elif (c == 44 or c == 58) and line[0] == 43 and self.header(n):
                    n = 0
            elif self.head is not None and len(self.head) > 2:
                n = self.head[2](self, c)
        self.n = n
        return done

    def header(self, n):
        # At a "," or ":" of a "+" line: has counted payload begun?
        h = self.head
        line = self.line
        if h is None:
            for h in self.heads:
                if n == len(h[0]) and line.find(h[0], 0, n) == 0:
                    self.head = h
                    break
            return False
        size = h[1](line, n)
        if size < 0:
            return False
        tag = self.tag
        self.head = None
        if line[1] == 73 and self.after is not None:  # +IPD without CR LF in front
            self.hole()
        self.left = self.size = size
        self.whole = n
        self.dst = tag.dst
        self.off = 0
        self.end = tag.want
        if not size:
            self.took(0)
        return True
