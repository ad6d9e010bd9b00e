# Passive receive into small buffers: one read brings what the reader wants and what the ring holds.
# A reader that is torn away in the middle leaves every byte for the next one, in order.
import espat
from unit.wire import Wire

RING = 128


class Module(Wire):
    behind = b"\r\nOK\r\n"

    # Has `stream` for link 0 and gives of it what is asked for.
    def __init__(self, stream, piece=1 << 20):
        super().__init__(piece)
        self.stream = stream
        self.asked = []
        self.fuse = -1  # readinto() raises KeyboardInterrupt when so many calls are over

    def __repr__(self):
        return "UART(0, baudrate=115200, rxbuf=4096)"

    def write(self, buf, off=0, n=0):
        n = super().write(buf, off, n)
        while b"\r\n" in self.sent:
            line, _, self.sent = self.sent.partition(b"\r\n")
            size = int(line.split(b",")[1])
            self.asked.append(size)
            data = self.stream[:size]
            self.stream = self.stream[size:]
            if data:
                self.put(b"+CIPRECVDATA:%d," % len(data) + data + self.behind)
            else:
                self.put(b"\r\nERROR\r\n")
        return n

    def readinto(self, buf, n):
        self.fuse -= 1
        if self.fuse == 0:
            raise KeyboardInterrupt
        return super().readinto(buf, n)


class Profile:
    passive = b""
    send_max = 8192


def connected(stream, piece=1 << 20, kind=Module):
    uart = kind(stream, piece)
    m = espat.Modem(uart, ring=RING)
    m.profile = Profile()
    m.state = 2
    s = m.socket()
    m.engine.links[0] = s
    s.id = 0
    s.up = s.passive = s.hint = True
    return uart, s


def stream_of(n):
    return bytes(i * 7 & 255 for i in range(n))


def read(s, total, size):
    got = b""
    buf = bytearray(size)
    while len(got) < total:
        n = s.recv_into(buf)
        got += bytes(buf[:n])
    return got


def test_a_read_asks_for_what_is_wanted_and_a_ring_full():
    data = stream_of(1000)
    for size in (1, 40, 64, 127):
        uart, s = connected(data)
        assert read(s, 1000, size) == data
        assert uart.asked[0] == size + RING, size
        # No more commands than it takes.
        assert len(uart.asked) <= 1000 // (size + RING) + 1, (size, uart.asked)


def test_a_large_buffer_needs_no_ring():
    data = stream_of(600)
    uart, s = connected(data)
    assert read(s, 600, 200) == data
    assert uart.asked[0] == 200 and s.ring is None


def test_the_payload_in_pieces():
    data = stream_of(400)
    for piece, size in ((1, 100), (33, 16), (33, 100), (90, 50), (90, 200), (200, 16)):
        assert read(connected(data, piece)[1], 400, size) == data, (piece, size)


def test_what_comes_behind_a_read_that_was_known():
    # The OK of a read is looked for together with its payload: nothing else may be taken for it.
    for behind in (b"\r\n+IPD,0,9\r\n\r\nOK\r\n", b"0,CLOSED\r\n\r\nOK\r\n", b"\r\n\r\nOK\r\n"):
        for size in (50, 200):
            uart, s = connected(stream_of(3 * 200 + RING * 3))
            n = size + RING if size < RING else size
            read(s, 2 * n, size)
            data = uart.stream[:n]
            buf = bytearray(size)
            uart.behind = behind
            assert s.recv_into(buf) == size and buf == data[:size], (behind, size)
            assert read(s, n - size, size) == data[size:] if n > size else True
            assert not uart.data and not s.e.stage


def test_torn_away_at_every_place():
    # Between two calls of the driver's own an interrupt may tell a payload apart no more: then
    # the socket says so (EIO). What came before is right.
    data = stream_of(400)
    whole = 0
    for piece, size in ((60, 16), (60, 100), (1 << 20, 16), (1 << 20, 200)):
        for fuse in range(1, 12):
            uart, s = connected(data, piece)
            uart.fuse = fuse
            got = b""
            buf = bytearray(size)
            try:
                while len(got) < 400:
                    try:
                        n = s.recv_into(buf)
                        got += bytes(buf[:n])
                    except KeyboardInterrupt:
                        buf = bytearray(b"\xff" * (size // 2 + 1))
                whole += 1
            except OSError as e:
                assert e.args[0] == 5
            assert got == data[: len(got)], (piece, size, fuse)
    assert whole > 30, whole
