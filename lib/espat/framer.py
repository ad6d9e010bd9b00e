# Cuts the byte stream into lines, the prompt and counted payload. Sans-I/O: it owns no UART and no
# clock; `any` and `readinto` are given to it, what it finds goes out as calls: on_line, on_prompt.
# Payload goes to its `tag`. If tag.dst is a buffer, into tag.dst[:tag.want]: then tag.got says how
# much has come, and with tag.job 0 the rest stays in the UART until someone wants it. Else where
# tag.on_room(spare) points the framer (dst, off, end), and tag.on_bytes(off) is told when that is
# full, or the payload over. on_room is False without room; it keeps `spare` bytes for payload that
# comes in one chunk with its header. It allocates nothing, except 32 bytes when payload
# goes on at an offset that has no window.
from .compat import const

_CHUNK = const(64)  # read at once while no reader waits for payload of its own
_FIRST = const(11)  # the shortest counted message: CR LF +IPD,0,1:


class Framer:
    def __init__(self, size, step):
        # All set here: what the class holds is slower to find, and this is the data path.
        self.line = bytearray(size)  # a longer line is cut, and reported with n == size
        self.n = 0  # bytes of the line under way
        self.chunk = bytearray(_CHUNK)
        self.step = step  # payload is read up to multiples of this, or to its end
        # Messages with counted payload: (prefix, function, what stands before the prefix).
        # The function (line, n) is called at every "," and ":" after the prefix; it gives the
        # length once the header is whole, else -1, and leaves in `tag` who takes the payload.
        self.heads = []
        self.head = None  # the entry of `heads` that the line under way has matched
        self.tag = self
        self.prompt = False  # ">" at the start of a line is the prompt
        self.moved = False  # bytes came in since someone cleared this
        self.exact = False  # a reader's buffer waits for payload: read no byte of it with a line
        self.seen = 0  # bytes of payload that were too few to read
        self.left = 0  # payload bytes still to come, into dst[off:end]
        self.dst = None
        self.off = self.end = 0
        self.wins = None  # windows on the grid of `step`, of the buffer wins[0]
        self.size = 0  # of the last payload
        self.memo_tag = None
        # Whose +IPD payload has just ended: CR LF must follow, or a line that is known. Anything
        # else says that bytes were lost and the payload has swallowed what came after it.
        self.after = None
        self.full = 1 << 29  # so many bytes in the UART: it may have lost some
        self.forget()

    def forget(self):
        # A header that came twice in a row is likely to come again: compared as a whole then.
        self.memo = b""
        self.memo_n = _FIRST

    def pump(self):
        """Take what has arrived, as far as someone takes it."""
        any_ = self.any
        readinto = self.readinto
        k = any_()
        if k >= self.full:
            self.on_overrun()
        turns = 200  # then someone looks at the deadlines, however much comes
        while k and turns:
            turns -= 1
            if self.left:
                dst = self.dst
                if dst is None:
                    if not self.tag.on_room(_CHUNK):
                        return
                    dst = self.dst
                off = self.off
                n = self.end - off
                if n > self.left:
                    n = self.left
                if k < n:
                    k = any_()
                    if k < n:
                        n = k - (off + k) % self.step
                        if n <= 0:
                            # Reading so little would cost a window each time: wait for more,
                            # unless it got no more since the last look (any() may just say 1).
                            if k != self.seen:
                                self.seen = k
                                return
                            n = k
                if off:
                    # dst from off on; the views on the grid are made once per buffer.
                    wins = self.wins
                    if wins is None or wins[0] is not dst:
                        self.wins = wins = [dst, memoryview(dst)]
                    if off % self.step:
                        dst = wins[1][off:]
                    else:
                        i = off // self.step
                        while len(wins) < i + 2:
                            wins.append(wins[1][(len(wins) - 1) * self.step :])
                        dst = wins[i + 1]
                n = readinto(dst, n)
                if not n:
                    return
                self.moved = True
                self.seen = 0
                self.off = off = off + n
                self.left -= n
                if (not self.left or off == self.end) and self.took(off):
                    return
            else:
                chunk = self.chunk
                n = self.n
                i = self.memo_n
                if not self.exact:
                    m = _CHUNK
                elif not n:  # so much that a header ends here or later, never in its payload
                    m = i
                elif self.head:
                    m = 1
                else:
                    m = 9 - n if n < 9 else 4
                m = readinto(chunk, k if k < m else m)
                if not m:
                    return
                self.moved = True
                if n:
                    if self.scan(m):
                        return
                elif m == i and self.memo and not chunk.find(self.memo, 0, i):
                    # The same header again: its payload is most often here as a whole.
                    self.tag = tag = self.memo_tag
                    dst = tag.dst
                    n = self.size
                    self.off = 0
                    if dst is not None and k - m >= n and tag.want >= n:
                        k -= m
                        m = readinto(dst, n)
                        if m == n:
                            tag.got = n
                            tag.dst = None
                            self.exact = False
                            if not tag.job:
                                self.after = tag
                                return
                        else:
                            self.off = m = m or 0
                            self.left = n - m
                            self.dst = dst
                            self.end = tag.want
                    else:
                        self.left = n
                        self.dst = dst
                        self.end = tag.want
                elif m == 6 and not chunk.find(b"\r\nOK\r\n", 0, 6):
                    self.on_ok()  # the most frequent line of all
                elif self.scan(m):
                    return
                n = m
            k -= n
            if k <= 0:
                k = any_()

    def hole(self):
        # What follows a payload should not: it has a hole.
        tag = self.after
        if tag is not None:
            self.after = None
            tag.on_short()

    def took(self, off):
        # dst is full, or the payload over. True: take no more now.
        tag = self.tag
        dst = self.dst
        self.dst = None
        if not self.left and not tag.job:
            self.after = tag
        if dst is None or dst is not tag.dst:
            tag.on_bytes(off)
            return False
        tag.got = off
        tag.dst = None
        self.exact = False
        return not tag.job

    def scan(self, k):
        # Bytes in the chunk: text, and payload that came with its header. True: take no more now.
        chunk = self.chunk
        line = self.line
        full = len(line)
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
            elif n < full:
                line[n] = c
                n += 1
                if n == 1 and c == 13:
                    self.after = None
                elif (c == 44 or c == 58) and line[0] == 43 and self.header(n):
                    n = 0
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
        if h[2]:
            self.hole()
        if self.size != size or self.memo_tag is not tag:
            self.size = size
            self.memo_tag = tag
            self.forget()
        elif not self.memo:
            self.memo = h[2] + bytes(memoryview(line)[:n])
            self.memo_n = len(self.memo)
        self.left = size
        self.dst = tag.dst
        self.off = 0
        self.end = tag.want
        if not size:
            self.took(0)
        return True
