# Cuts the byte stream into lines, the prompt and counted payload. Sans-I/O: it owns no UART and no
# clock; `any` and `readinto` are given to it, what it finds goes out as calls: on_line, on_prompt,
# and for payload to its `tag` (on_head, on_room, on_bytes). It allocates nothing, except 32 bytes
# when payload goes on at an offset that has no window.
from .compat import const

_CHUNK = const(64)  # read at once while no reader waits for payload of its own
_FIRST = const(11)  # the shortest counted message: CR LF +IPD,0,1:


class Framer:
    n = 0  # bytes of the line under way
    head = None  # the entry of `heads` that the line under way has matched
    prompt = False  # ">" at the start of a line is the prompt
    halt = False  # leave the rest in the UART for now
    moved = False  # bytes came in since someone cleared this
    exact = False  # a reader's buffer waits for payload: read no byte of it with a line
    left = 0  # payload bytes still to come, into dst[off:end]
    dst = None
    off = 0
    end = 0
    wins = None  # windows on the grid of `step`, of the buffer wins[0]
    # A header that came twice in a row is likely to come again: compared as a whole then.
    memo = b""
    memo_tag = None
    size = 0

    def __init__(self, size, step):
        self.line = bytearray(size)  # a longer line is cut, and reported with n == size
        self.chunk = bytearray(_CHUNK)
        self.step = step  # payload is read up to multiples of this, or to its end
        # Messages with counted payload: (prefix, function, what stands before the prefix).
        # The function (line, n) is called at every "," and ":" after the prefix; it gives the
        # length once the header is whole, else -1, and leaves in `tag` who takes the payload.
        self.heads = []
        self.tag = self

    def aim(self, dst, off, end):
        """Payload goes into dst[off:end] from now on; dst None: nobody takes it."""
        self.dst = dst
        self.off = off
        self.end = end
        self.moved = True

    def pump(self):
        """Take what has arrived, as far as someone takes it."""
        chunk = self.chunk
        self.halt = False
        k = self.any()
        while k and not self.halt:
            if self.left:
                if self.dst is None and not self.tag.on_room():
                    return
                off = self.off
                n = self.end - off
                if n > self.left:
                    n = self.left
                if k < n:
                    n = k - (off + k) % self.step
                    if n <= 0:
                        return  # wait for more: reading less would cost a window each
                dst = self.dst
                if off:
                    # dst from off on; the views on the grid are made once per buffer.
                    i = off // self.step
                    wins = self.wins
                    if wins is None or wins[0] is not dst:
                        self.wins = wins = [dst, memoryview(dst)]
                    if off % self.step:
                        dst = wins[1][off:]
                    else:
                        while len(wins) < i + 2:
                            wins.append(wins[1][(len(wins) - 1) * self.step :])
                        dst = wins[i + 1]
                k = self.readinto(dst, n)
                if k:
                    self.took(k)
            else:
                n = self.n
                if not self.exact:
                    n = _CHUNK
                elif not n:  # so much that a header ends here or later, never in its payload
                    n = len(self.memo) or _FIRST
                elif self.head:
                    n = 1
                else:
                    n = 9 - n if n < 9 else 4
                k = self.readinto(chunk, k if k < n else n)
                if k:
                    if not self.n and k == len(self.memo) and chunk.find(self.memo, 0, k) == 0:
                        self.left = self.size
                        self.tag = self.memo_tag
                        self.tag.on_head()
                    else:
                        self.scan(k)
            if not k:
                return
            self.moved = True
            k = self.any()

    def took(self, k):
        # k bytes of payload have gone into dst.
        self.off += k
        self.left -= k
        if not self.left or self.off == self.end:
            self.tag.on_bytes()
            self.dst = None

    def scan(self, k):
        chunk = self.chunk
        line = self.line
        n = self.n
        i = 0
        if not n and k >= 6 and chunk.find(b"\r\nOK\r\n", 0, 6) == 0:
            # The most frequent line of all; the rest of the loop would find the same.
            line[0] = 79
            line[1] = 75
            i = 6
            self.on_line(2)
        while i < k:
            c = chunk[i]
            i += 1
            if self.left:
                # Payload that came with its header.
                if self.dst is None and not self.tag.on_room():
                    self.tag.on_short()
                    self.tag = self  # throws the rest away
                    self.on_room()
                self.dst[self.off] = c
                self.took(1)
            elif c == 10:
                if n and line[n - 1] == 13:
                    n -= 1
                self.head = None
                self.n = 0
                if n:
                    self.on_line(n)
                n = 0
            elif c == 62 and n == 0 and self.prompt:
                self.prompt = False
                self.on_prompt()
            elif n < len(line):
                line[n] = c
                n += 1
                if (c == 44 or c == 58) and line[0] == 43 and self.header(n):
                    n = 0
        self.n = n

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
        self.head = None
        self.n = 0
        if self.size != size or self.memo_tag is not self.tag:
            self.size = size
            self.memo_tag = self.tag
            self.memo = b""
        elif not self.memo:
            self.memo = h[2] + bytes(memoryview(line)[:n])
        self.left = size
        self.tag.on_head()
        if not size:
            self.took(0)
        return True
