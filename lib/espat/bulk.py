# Payload at full speed: straight from the UART into the buffer that waits for it, no byte touched.
# Takes the place of the framer's own pump() as soon as there are links (link.py); the rest of the
# framer, and its rules for tags, stay as they are. Nothing is allocated, except 32 bytes when
# payload goes on at an offset that has no window.
from .compat import const
from .engine import Engine

_CHUNK = const(64)  # framer.py
# engine.py
_OK = const(0)
_IDLE = const(0)
_DONE = const(1)
_SENT = const(2)
_ASKED = const(3)
_FED = const(4)
_FIRST = const(11)  # the shortest counted message: CR LF +IPD,0,1:


def prepare(e):
    """Engine e gets its own of what the functions below look at for every packet: what only the
    class has is slower to find."""
    e.exact = False  # a reader's buffer waits for payload: read no byte of it with a line
    e.seen = 0  # bytes of payload that were too few to read
    e.ate = 0  # bytes read since the UART was last asked how many it has
    e.wins = None  # windows on the grid of `step`, of the buffer wins[0]
    # A header that came twice in a row is likely to come again: compared as a whole then.
    e.memo = b""
    e.memo_n = _FIRST
    e.memo_size = 0
    e.memo_tag = None


def pump(self):
    """Take what has arrived, as far as someone takes it."""
    if self.stage > _SENT and sent(self):
        self.moved = True
        return
    k = n = self.any()
    # Without flow control a full buffer is the only sign of lost bytes, and one that is gone as
    # soon as someone reads: between two looks it never held more than what was read meanwhile and
    # what is there now.
    if n + self.ate >= self.full:
        self.on_overrun()
    turns = 200  # then someone looks at the deadlines, however much comes
    while k and turns:
        turns -= 1
        m = flow(self, k) if self.left else text(self, k)
        if m <= 0:
            k += m
            break
        k -= m
        if k <= 0:
            if self.stage == _DONE:
                break  # what was waited for
            m = self.any()
            if m + n - k >= self.full:
                self.on_overrun()
            k = n = m
    self.ate = n - k


# Each of these is told how many bytes there are and says how many it took; below 0, that many and
# no more now. They are small because MicroPython puts the frame of a function with more than 11
# locals and temporaries on the heap, which costs more than the call (bench/test_frames.py).


def flow(self, k):
    # Payload.
    dst = self.dst
    if dst is None:
        if not self.tag.on_room(_CHUNK):
            return 0
        dst = self.dst
    off = self.off
    n = self.end - off
    if n > self.left:
        n = self.left
    if k < n:
        k = self.any()
        if k < n:
            n = k - (off + k) % self.step
            if n <= 0:
                # Reading so little would cost a window each time: wait for more,
                # unless it got no more since the last look (any() may just say 1).
                if k != self.seen:
                    self.seen = k
                    return 0
                n = k
    n = self.readinto(window(self, dst, off) if off else dst, n)
    if not n:
        return 0
    self.moved = True
    self.seen = 0
    self.off = off = off + n
    self.left -= n
    return -n if (not self.left or off == self.end) and self.took(off) else n


def window(self, dst, off):
    # dst from off on; the views on the grid are made once per buffer.
    wins = self.wins
    if wins is None or wins[0] is not dst:
        self.wins = wins = [dst, memoryview(dst)]
    if off % self.step:
        return wins[1][off:]
    off //= self.step
    while len(wins) < off + 2:
        wins.append(wins[1][(len(wins) - 1) * self.step :])
    return wins[off + 1]


def text(self, k):
    # Lines, and headers of payload.
    chunk = self.chunk
    n = self.n
    if not self.exact:
        m = _CHUNK
    elif not n:  # so much that a header ends here or later, never in its payload
        m = self.memo_n
    elif self.head:
        m = 1
    else:
        m = 9 - n if n < 9 else 4
    m = self.readinto(chunk, k if k < m else m)
    if not m:
        return 0
    self.moved = True
    if not n:
        if m == 6 and not chunk.find(b"\r\nOK\r\n", 0, 6):
            # The most frequent line of all: as on_ok() does, without a call.
            if self.stage == _SENT and self.owner is not None:
                self.stage = _DONE
            else:
                self.on_ok()
            self.after = None
            return m
        if m == self.memo_n and self.memo and not chunk.find(self.memo, 0, m):
            return m + again(self, k - m)
    return -m if stray(self, m) else m


def sent(self):
    # A send: its prompt, its bytes, its answers, in the pieces in which they most often come, one
    # after another as long as they do. True: take no more now; 2: it has ended.
    # What is none of these pieces, and all while something else is under way, is left to others.
    k = self.any()
    if k + self.ate >= self.full:
        self.on_overrun()
    self.ate = 9  # the prompt: nobody looks for lost bytes when the UART is asked again after it
    if not k or self.n or self.left or self.exact:
        return False
    chunk = self.chunk
    if self.stage == _ASKED:
        m = self.readinto(chunk, k if k < 9 else 9) or 0
        if chunk.find(b"\r\nOK\r\n\r\n>", 0, m):
            return stray(self, m)
        # As on_prompt() does, without a call.
        self.after = None
        self.prompt = False
        self.stage = _FED
        m = self.raw_stop - self.raw_i
        k = self.write(self.raw, self.raw_i, m) or 0
        self.deadline = None
        if k != m:
            self.i = self.raw_i + k
            self.stop = self.raw_stop
            self.out = self.raw
            return stray(self, 0)
        self.out = None
        k = self.any()
        if not k:
            return stray(self, 0)
    elif self.out is not None:
        return False
    m = self.readinto(chunk, k if k < _CHUNK else _CHUNK) or 0
    self.ate = m + 9
    # "Recv" has as many digits as our AT+CIPSEND, and this length; it is looked at once.
    n = self.cmd
    k = m - n
    if not n or k and k != 11:
        if m != 11 or chunk.find(b"\r\nSEND OK\r\n", 0, 11):
            return stray(self, m)
    else:
        n -= 8
        if k:
            n -= chunk.find(b" bytes\r\n\r\nSEND OK\r\n", 7, m)
        else:
            n -= chunk.find(b" bytes\r\n", 7, m)
        if n or chunk[2] != 82:  # R
            return stray(self, m)
        self.cmd = self.result = _OK
        if not k:
            self.after = None
            return stray(self, 0)
    self.after = self.raw = None  # as finish() does, without a call
    self.stage = _DONE if self.owner is not None else _IDLE
    return 2


def again(self, k):
    # The same header again: its payload is most often here as a whole.
    self.tag = tag = self.memo_tag
    n = self.memo_size
    dst = tag.dst
    m = tag.want
    if m > n:
        m = n
    if k < n or dst is None or m < n and not tag.job:
        self.left = n
        self.dst = dst
        self.off = 0
        self.end = m
        return 0
    k = self.readinto(dst, m)
    if k != m:
        self.off = k = k or 0
        self.left = n - k
        self.dst = dst
        self.end = m
        return k
    tag.got = k
    tag.dst = None
    self.exact = False
    n -= k
    if n:
        return k + beyond(self, tag, n)
    self.after = tag
    if tag.job:
        return k
    return -k - 2 * self.memo_n


def quick(self, buf):
    # For a reader in person: the last header again, and its payload, if all of it is here. Gives
    # its length; 0: look step by step; below 0: so many bytes of something else are in the chunk.
    k = self.any()
    m = self.memo_n
    n = self.memo_size
    if k < m + n or k + self.ate >= self.full or self.n or self.stage > _SENT:
        return 0
    self.ate = m = self.readinto(self.chunk, m) or 0
    if m != self.memo_n or self.chunk.find(self.memo, 0, m):
        return -m
    k = self.readinto(buf, n) or 0
    self.ate = m + k
    if k == n:
        self.after = self.memo_tag
        return k
    self.tag = self.memo_tag
    self.size = n
    self.left = n - k
    self.dst = buf
    self.off = k
    self.end = n
    return 0


def stray(self, m):
    # What quick() has left in the chunk. True: take no more now.
    self.moved = True
    if self.sift(m):
        return True
    if self.whole:
        recall(self)


def beyond(self, tag, n):
    # The rest of a read is for the ring, which is empty.
    ring = tag.ring
    k = 0
    if n <= ring.size:
        ring.n = k = self.readinto(ring.buf, n) or 0
    self.dst = None
    self.left = n - k
    if k == n:
        self.after = tag
    return k


def recall(self):
    # A header has just come in whole, line[:whole].
    n = self.whole
    self.whole = 0
    if self.memo_size != self.size or self.memo_tag is not self.tag:
        self.memo_size = self.size
        self.memo_tag = self.tag
        self.memo = b""
        self.memo_n = _FIRST
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


Engine.pump = pump
Engine.hole = hole
Engine.on_overrun = on_overrun
prepare(Engine)  # one that has no links yet finds these
