# Active receive: packets that come with no command of ours, straight into the reader's buffer. The
# fast way (bulk.quick) and the one step by step give the same bytes, whatever comes between them.
import espat
from unit.wire import Wire


class Module(Wire):
    short = 0  # one readinto() of so many bytes gives one less than any() has promised
    reads = 0

    def __repr__(self):
        return "UART(0, baudrate=115200, rxbuf=65536)"

    def readinto(self, buf, n):
        self.reads += 1
        if n == self.short:
            self.short = 0
            n -= 1
        return super().readinto(buf, n)


class Profile:
    passive = None
    send_max = 8192


def connected(links=1, kind=Module):
    uart = kind()
    m = espat.Modem(uart, ring=128)
    m.profile = Profile()
    m.state = 2
    found = []
    for i in range(links):
        s = m.socket()
        m.engine.links[i] = s
        s.id = i
        s.up = True
        s.settimeout(1)
        found.append(s)
    return [m, uart] + found


def packet(data, link=0):
    return b"\r\n+IPD,%d,%d:" % (link, len(data)) + data


def pattern(n, first=0):
    return bytes((first + i) * 7 & 255 for i in range(n))


def read(s, n, size=100):
    got = b""
    buf = bytearray(size)
    while len(got) < n:
        k = s.recv_into(buf)
        assert k
        got += bytes(buf[:k])
    return got


def warm(uart, s):
    # After two packets of a size its header is known.
    for i in range(3):
        uart.put(packet(pattern(100, i)))
        assert read(s, 100) == pattern(100, i)


def test_a_packet_that_is_known_takes_two_reads():
    m, uart, s = connected()
    warm(uart, s)
    uart.put(packet(pattern(100, 9)) * 2)
    uart.reads = 0
    assert read(s, 100) == pattern(100, 9)
    assert uart.reads == 2 and s.ring is None
    assert read(s, 100) == pattern(100, 9)
    assert uart.reads == 4 and not uart.data


def test_packets_of_other_sizes_in_between():
    for n in (1, 5, 9, 10, 99, 101, 300, 1000):
        m, uart, s = connected()
        warm(uart, s)
        data = pattern(n, 5)
        uart.put(packet(data) + packet(pattern(100)) + packet(data))
        assert read(s, 2 * n + 100) == data + pattern(100) + data, n
        assert not uart.data


def test_lines_in_between():
    for line in (b"\r\nOK\r\n", b"WIFI CONNECTED\r\n", b"x\r\n", b"\r\n\r\n+IPD\r\n"):
        m, uart, s = connected()
        warm(uart, s)
        uart.put(packet(pattern(100)) + line + packet(pattern(100, 3)) + line + b"0,CLOSED\r\n")
        assert read(s, 200) == pattern(100) + pattern(100, 3), line
        assert s.recv_into(bytearray(4)) == 0


def test_packets_of_another_link_in_between():
    m, uart, s, t = connected(2)
    warm(uart, s)
    uart.put(packet(pattern(100)) + packet(pattern(80, 4), 1) + packet(pattern(100, 3)))
    assert read(s, 200) == pattern(100) + pattern(100, 3)
    assert read(t, 80) == pattern(80, 4)


def test_a_packet_in_pieces():
    for cut in (1, 2, 3, 10, 12, 13, 14, 15, 70, 112):
        m, uart, s = connected()
        warm(uart, s)
        whole = packet(pattern(100, 2))
        uart.put(whole[:cut])
        s.settimeout(0)
        buf = bytearray(100)
        got = b""
        for part in (whole[cut:], packet(pattern(100, 8)), b""):
            try:
                k = s.recv_into(buf)
                got += bytes(buf[:k])
            except OSError as e:
                assert e.errno == 11
            uart.put(part)
        s.settimeout(1)
        assert got + read(s, 200 - len(got)) == pattern(100, 2) + pattern(100, 8), cut


def test_a_uart_that_gives_less_than_it_has():
    for short in (13, 100):
        m, uart, s = connected()
        warm(uart, s)
        uart.short = short
        uart.put(packet(pattern(100, 2)) + packet(pattern(100, 8)))
        assert read(s, 200) == pattern(100, 2) + pattern(100, 8)
        assert not uart.short


def test_a_buffer_smaller_than_the_packet():
    m, uart, s = connected()
    warm(uart, s)
    uart.put(packet(pattern(100, 2)) * 2)
    assert read(s, 200, 30) == pattern(100, 2) * 2


def test_bytes_that_the_uart_has_lost_are_noticed():
    for held in (1199, 1200):
        m, uart, s = connected()
        warm(uart, s)
        m.engine.full = 1200
        uart.put(packet(pattern(100)) * 8)
        assert read(s, 100) == pattern(100)
        # Between the looks it may have held as much as was read and what is there now.
        uart.put(bytes(held - 113 - len(uart.data)))
        buf = bytearray(100)
        if held == 1199:
            assert s.recv_into(buf) == 100
            continue
        try:
            s.recv_into(buf)
        except OSError as e:
            assert e.errno == 5
        else:
            raise AssertionError("a loss went by")
