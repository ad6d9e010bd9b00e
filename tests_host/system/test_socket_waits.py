# needs: sim
# Sockets whose turn has not come: another one's send is under way, the UART takes no more, the time
# is over, a line has no end; and links that are over before the program knows. With and without
# asyncio. What is right at once is test_sockets.py's and test_aio_sockets.py's.
import espat
from espat import aio
from system import rig


class Slow(rig.Tap):
    """A UART that takes so many bytes at a time."""

    takes = 1 << 20

    def write(self, buf, off=0, n=None):
        n = len(buf) - off if n is None else n
        return rig.Tap.write(self, buf, off, min(n, self.takes)) if self.takes else None


def pair(uart=None):
    m = espat.Modem(uart or rig.uart())
    m.wifi.connect(*rig.LAB)
    a, b = m.socket(), m.socket()
    for s in (a, b):
        s.settimeout(5)
        s.connect(rig.ECHO)
    return m, a, b


def test_one_waits_for_the_others_send():
    m, a, b = pair()
    for timeout in (None, 2):
        a.settimeout(0)
        b.settimeout(timeout)
        assert a.send(b"first") == 5
        assert b.send(b"second") == 6
        b.settimeout(2)
        a.settimeout(2)
        assert a.read(5) == b"first" and b.read(6) == b"second"


def test_one_that_does_not_wait_is_told_to_come_again():
    m, a, b = pair()
    for s in (a, b):
        s.settimeout(0)
    assert a.send(b"first") == 5
    rig.fails(rig.EAGAIN, b.send, b"second")
    rig.fails(rig.EAGAIN, a.send, b"more")
    rig.wait(m, 100)
    assert b.send(b"second") == 6
    rig.wait(m, 100)
    for s, data in ((a, b"first"), (b, b"second")):
        s.settimeout(2)
        assert s.read(len(data)) == data


def test_receiving_without_waiting_from_a_slow_uart():
    # The command that asks for the bytes goes out bit by bit, whenever the program looks.
    uart = Slow(rig.uart())
    m, a, b = pair(uart)
    data = rig.pattern(300)
    for polled in (False, True):
        a.settimeout(5)
        a.write(data)
        rig.wait(m, 100)
        uart.takes = 3
        a.settimeout(0)
        got = b""
        for _ in range(300):
            if polled:
                a.ioctl(3, 1)
            try:
                got += a.recv(100)
            except OSError as e:
                assert e.errno == rig.EAGAIN, e
            rig.time.sleep_ms(5)
        assert got == data, len(got)
        uart.takes = 1 << 20


def test_the_address_of_a_link_that_the_module_has_no_more():
    m, a, b = pair()
    rig.control("link_loss", id=a.fileno())
    rig.time.sleep_ms(50)  # the module has said so, and nobody has heard it yet
    rig.fails(rig.ENOTCONN, a.getpeername)
    assert b.getpeername()[1] == 7
    b.send(b"well")
    assert b.read(4) == b"well"
    rig.fails(rig.ENOTCONN, m.socket().getpeername)
    assert m.socket().getsockname() == ("192.168.1.50", 0)


def test_what_is_no_server_has_nothing_to_stop():
    uart = rig.Tap(rig.uart())
    m, a, b = pair(uart)
    uart.forget()
    a.stop()
    assert not uart.sent
    rig.fails(22, a.accept)
    a.send(b"well")
    assert a.read(4) == b"well"


def test_streams_that_end_in_the_middle():
    async def main():
        m = aio.Modem(rig.uart(), ring=256)
        await m.wifi.connect(*rig.LAB)
        # A line that is longer than the ring, one that has no end.
        s = m.socket()
        await s.connect(rig.ECHO)
        line = b"x" * 1000 + b"\n"
        await s.sendall(line + b"next\n")
        assert await s.readline() == line
        assert await s.readline() == b"next\n"
        await s.close()
        for n, size in ((700, 1000), (700, 300)):
            s = m.socket()
            await s.connect(rig.PATTERN)
            await s.send(b"%d\n" % n)
            buf = bytearray(size)
            assert await s.readinto(buf) == min(n, size)
            assert buf[: min(n, size)] == rig.pattern(min(n, size))
            rest = b""
            while True:
                part = await s.readline()
                if not part:
                    break
                rest += part
            assert rest == rig.pattern(n)[size:]
            await s.close()

    rig.run(main())


def test_a_send_behind_a_command_that_got_no_answer():
    async def main():
        import asyncio

        m = aio.Modem(rig.uart())
        await m.wifi.connect(*rig.LAB)
        s = m.socket()
        await s.connect(rig.ECHO)
        rig.control("fault", kind="lose_command", count=1)

        async def lost():
            try:
                await m.command("AT+CIPMUX?", timeout_ms=1000)
            except OSError as e:
                return e.errno

        async def later():
            await asyncio.sleep(0.1)
            await s.sendall(b"well")
            return await s.readexactly(4)

        assert await asyncio.gather(lost(), later()) == [rig.ETIMEDOUT, b"well"]
        # And one whose own time is over first.
        rig.control("fault", kind="lose_command", count=1)
        s.settimeout(0.3)
        task = asyncio.create_task(lost())
        await asyncio.sleep(0.1)
        start = rig.now_ms()
        try:
            await s.sendall(b"late")
            raise AssertionError("sent")
        except OSError as e:
            assert e.errno == rig.ETIMEDOUT, e
        assert 300 <= rig.since_ms(start) < 350, rig.since_ms(start)
        assert await task == rig.ETIMEDOUT
        s.settimeout(3)
        await s.sendall(b"well")
        assert await s.readexactly(4) == b"well"

    rig.run(main())
