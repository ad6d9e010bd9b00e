# UARTs and modules that are not what they say: a read that gives less than any() has promised, or
# nothing, at every place; packets that are smaller than the last, or late; a damaged "Recv".
from unit import test_active as active
from unit import test_read_ahead as ahead


def lacking(module):
    """Such a module, one read of which gives less: `at`, the number of the read; `less`, how many
    bytes fewer."""

    class Lacking(module):
        at = less = 0

        def readinto(self, buf, n):
            self.at -= 1
            if self.at == 0:
                n = max(n - self.less, 0)
            return module.readinto(self, buf, n) if n else 0

    return Lacking


def test_a_read_that_gives_less_than_promised_active():
    kind = lacking(active.Module)
    for less in (1, 3, 1 << 20):
        for size in (100, 30, 200):
            for at in range(1, 12):
                m, uart, s = active.connected(kind=kind)
                active.warm(uart, s)
                uart.less = less
                uart.at = at
                data = [active.pattern(n, n) for n in (100, 100, 7, 100)]
                uart.put(b"".join([active.packet(x) for x in data]))
                assert active.read(s, 307, size) == b"".join(data), (less, size, at)
                assert not uart.data


def test_a_read_that_gives_less_than_promised_passive():
    data = ahead.stream_of(1200)
    kind = lacking(ahead.Module)
    for less in (1, 3, 1 << 20):
        for size in (16, 100, 200):
            for at in range(1, 30):
                uart, s = ahead.connected(data, kind=kind)
                uart.less = less
                uart.at = at
                assert ahead.read(s, 1200, size) == data, (less, size, at)


def test_a_packet_that_is_smaller_than_the_last_ones_and_alone():
    # It is in the chunk as a whole, behind its header.
    for n in (1, 2, 3):
        m, uart, s = active.connected()
        active.warm(uart, s)
        uart.put(active.packet(active.pattern(n, 5)))
        buf = bytearray(100)
        k = s.recv_into(buf)
        got = bytes(buf[:k])
        if k < n:
            got += active.read(s, n - k)
        assert got == active.pattern(n, 5)
        uart.put(active.packet(active.pattern(100, 6)))
        assert active.read(s, 100) == active.pattern(100, 6)


def test_a_packet_that_has_not_come_to_its_end_in_time():
    # The reader gets what is there; the rest is the next one's.
    m, uart, s = active.connected()
    active.warm(uart, s)
    data = active.pattern(100, 4)
    whole = active.packet(data)
    uart.put(whole[:-60])
    s.settimeout(0.2)
    buf = bytearray(100)
    assert s.recv_into(buf) == 40 and buf[:40] == data[:40]
    uart.put(whole[-60:] + active.packet(data))
    assert active.read(s, 160) == data[40:] + data


class Sending(active.Module):
    """Takes what is sent; `said` stands for its "Recv 4 bytes"."""

    said = b"Recv 4 bytes"

    def write(self, buf, off=0, n=None):
        data = bytes(buf[off : off + n])
        if data.startswith(b"AT+CIPSEND="):
            self.put(b"\r\nOK\r\n\r\n>")
        elif data.startswith(b"AT+CIPMUX?"):
            self.put(b"+CIPMUX:1\r\n\r\nOK\r\n")
        elif data.startswith(b"AT"):
            self.put(b"\r\nOK\r\n")
        else:
            self.put(b"\r\n" + self.said + b"\r\n\r\nSEND OK\r\n")
        return n


def test_a_damaged_line_of_a_send():
    # Noise around the number does no harm; one with a digit too few means that a byte of the
    # command was lost, and what was sent is not what has arrived.
    for said in (b"Recv 4 bytes", b"Recv 4 bytEs", b"Recv 4 byte", b"ReXv 4 bytes", b"", b"x"):
        m, uart, s = active.connected(kind=Sending)
        uart.said = said
        for _ in range(3):
            assert s.send(b"data") == 4, said
    m, uart, s = active.connected(kind=Sending)
    assert s.send(b"data") == 4
    uart.said = b"Recv 1 bytes"
    try:
        s.send(b"fourteen bytes")
    except OSError as e:
        assert e.args[0] == 104
    else:
        raise AssertionError("a byte was lost")
