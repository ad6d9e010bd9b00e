# A receive ring: a fixed buffer that payload is read into and copied out of once. It never grows.
# The framer writes straight into `buf` where `space` points; no one else writes.


class Ring:
    grid = -1  # the size of pieces that were asked for twice in a row
    last = 0

    def __init__(self, size):
        self.buf = bytearray(size)
        self.view = memoryview(self.buf)
        self.size = size
        self.r = 0  # the oldest byte
        self.n = 0  # bytes held

    def __getitem__(self, x):  # MicroPython has no other way to a slice object
        return x

    def start(self):
        """Where the next byte goes."""
        if not self.n:
            self.r = 0
        w = self.r + self.n
        return w - self.size if w >= self.size else w

    def stop(self):
        """The end of the free room in one piece after start(); equal to it when full."""
        w = self.r + self.n
        return self.r if w >= self.size else self.size


def copy(self, buf, n):
    """Take up to n bytes out into buf. Costs two slices, 64 bytes of garbage; nothing where
    pieces of the same size fit into the ring."""
    if n > self.n:
        n = self.n
    r = self.r
    if n == self.grid and not r % n:
        buf[self.cut] = self.wins[r // n]
        r += n
        self.r = r if r < self.size else 0
        self.n -= n
        return n
    m = self.size - r
    if m:
        if n == self.last and n >= 64 and not self.size % n:
            self.grid = n
            self.cut = self[0:n]
            self.wins = []  # (a comprehension would cost two cells at every call)
            while len(self.wins) * n < self.size:
                m = len(self.wins) * n
                self.wins.append(self.view[m : m + n])
            m = self.size - r
        self.last = n
        if m > n:
            m = n
        buf[:m] = self.view[r : r + m]
    r += m
    if r == self.size:
        r = n - m
        if r:
            buf[m:n] = self.view[:r]
    self.r = r
    self.n -= n
    return n


Ring.copy = copy  # (a function is found sooner)
