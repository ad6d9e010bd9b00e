# Payload at full speed: straight from the UART into the buffer that waits for it, no byte touched.
# Takes the place of the framer's own pump() as soon as there are links (link.py); the rest of the
# framer, and its rules for tags, stay as they are. Nothing is allocated, except 32 bytes when
# payload goes on at an offset that has no window.
from .compat import const
from .engine import Engine

_CHUNK = const(64)  # framer.py
_FIRST = const(11)  # the shortest counted message: CR LF +IPD,0,1:


def prepare(e):
    """Engine e gets its own of what the functions below look at for every packet: what only the
    class has is slower to find."""
    e.exact = False  # a reader's buffer waits for payload: read no byte of it with a line
    e.seen = 0  # bytes of payload that were too few to read
    e.wins = None  # windows on the grid of `step`, of the buffer wins[0]
    # A header that came twice in a row is likely to come again: compared as a whole then.
    e.memo = b""
    e.memo_n = 0
    e.memo_size = 0
    e.memo_tag = None


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
            i = self.memo_n if self.memo else _FIRST
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
                if self.whole:
                    recall(self)
            elif m == i and self.memo and not chunk.find(self.memo, 0, i):
                # The same header again: its payload is most often here as a whole.
                self.tag = tag = self.memo_tag
                dst = tag.dst
                n = self.memo_size
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
            elif self.whole:
                recall(self)
            n = m
        k -= n
        if k <= 0:
            k = any_()


def recall(self):
    # A header has just come in whole, line[:whole].
    n = self.whole
    self.whole = 0
    if self.memo_size != self.size or self.memo_tag is not self.tag:
        self.memo_size = self.size
        self.memo_tag = self.tag
        self.memo = b""
    elif not self.memo and self.left == self.size:
        # "+IPD" has a CR LF of its own in front.
        self.memo = (b"\r\n" if self.line[1] == 73 else b"") + bytes(memoryview(self.line)[:n])
        self.memo_n = len(self.memo)


def hole(self):
    # What follows a payload should not: it has a hole.
    tag = self.after
    if tag is not None:
        self.after = None
        tag.on_short()


def on_overrun(self):
    # What the UART has lost may have been anyone's: a stream with a hole is worse than none.
    for s in self.links:
        if s is not None and not s.passive:
            s.on_short()


# For every engine; one that has no links yet finds these.
prepare(Engine)
Engine.pump = pump
Engine.hole = hole
Engine.on_overrun = on_overrun
