# A byte stream for tests of the framer and the engine: what is put in comes out of any() and
# readinto(), in pieces of at most `piece` bytes; what is written is kept in `sent`.


class Wire:
    def __init__(self, piece=1 << 20):
        self.data = b""
        self.piece = piece
        self.sent = b""
        self.takes = 1 << 20  # how much of one write() the UART accepts

    def put(self, data):
        self.data += data

    def any(self):
        return min(len(self.data), self.piece)

    def readinto(self, buf, n):
        n = min(n, len(self.data), self.piece)
        buf[:n] = self.data[:n]
        self.data = self.data[n:]
        return n

    def write(self, buf, off, n):
        n = min(n, self.takes)
        self.sent += bytes(buf[off : off + n])
        return n


class Reader:
    # A link as the framer sees it: takes payload of "+IPD,<link>," into dst, or into `got`.
    def __init__(self, framer, room=1 << 20):
        self.f = framer
        self.job = 0
        self.dst = None
        self.want = 0
        self.got = 0
        self.taken = b""
        self.room = room
        self.short = 0
        self.scratch = bytearray(64)

    hint = eof = passive = dead = False

    def on_room(self, spare):
        if self.room <= spare:
            return False
        self.f.dst = self.scratch
        self.f.off = 0
        self.f.end = min(len(self.scratch), self.room - spare)
        return True

    def on_bytes(self, off):
        self.taken += bytes(self.scratch[:off])
        self.room -= off

    def on_short(self):
        self.short += 1

    def on_closed(self):
        self.eof = True

    def on_reset(self):
        self.short += 100
