# needs: sim
# The UART as a plain stream where something is in the way: a UART that takes no more, another task,
# bytes that were lost, a module that says no, hangs or reboots. test_passthrough.py has the rest.
import espat
from system import rig

HOST = "192.0.2.10"
EBUSY = 16


class Slow(rig.Tap):
    """A UART that takes so many bytes at a time, and so many in all."""

    takes = 1 << 20
    room = 1 << 20

    def write(self, buf, off=0, n=None):
        n = len(buf) - off if n is None else n
        n = min(n, self.takes, self.room)
        if not n:
            return None
        n = rig.Tap.write(self, buf, off, n)
        self.room -= n or 0
        return n


def wait(ms):
    rig.time.sleep_ms(ms)


def heard(number):
    """All that the other end has got since the last time."""
    end = rig.control("far", id=number)["connections"][-1]
    return bytes.fromhex(rig.control("far", id=end)["data_hex"])


def through(uart=None, **options):
    m = espat.Modem(uart or rig.uart(), **options)
    m.wifi.connect(*rig.LAB)
    number = rig.control("serve", host=HOST, port=80)["id"]
    s = m.passthrough.connect((HOST, 80))
    s.settimeout(1)
    return m, number, s


def well(m):
    """Commands and sockets work as before."""
    assert m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]
    s = m.socket()
    s.settimeout(5)
    s.connect(rig.ECHO)
    s.send(b"well")
    assert s.read(4) == b"well"
    s.close()


def test_a_uart_that_takes_few_bytes_at_a_time():
    uart = Slow(rig.uart())
    m, far, s = through(uart)
    uart.takes = 7
    data = rig.pattern(1000)
    s.sendall(data)
    s.sendall(b"+++")
    wait(100)
    assert heard(far) == data + b"+++"
    s.close()
    well(m)


def test_a_uart_that_takes_no_more():
    # CTS, for example: what has gone out is told, and nothing of the rest goes out later.
    uart = Slow(rig.uart())
    m, far, s = through(uart)
    uart.room = 5
    assert s.send(b"hello world") == 5
    start = rig.now_ms()
    rig.fails(rig.ETIMEDOUT, s.send, b"lost")
    assert 1000 <= rig.since_ms(start) < 1100
    s.settimeout(0)
    rig.fails(rig.EAGAIN, s.send, b"lost")
    uart.room = 1 << 20
    s.settimeout(1)
    assert s.send(b" again") == 6
    wait(100)
    assert heard(far) == b"hello again"
    s.close()
    well(m)


def test_bytes_that_were_lost_end_the_stream():
    # Without flow control: what comes next is not what was sent next.
    m, far, s = through()
    end = rig.control("far", id=far)["connections"][-1]
    rig.control("far", id=end, send_hex=rig.pattern(6000).hex())
    wait(3000)
    assert rig.control("status")["overruns"]["host"]
    try:
        got = b""
        while True:
            got += s.recv(512)
            assert rig.pattern(6000).startswith(got), len(got)
    except OSError as e:
        assert e.errno == rig.EIO, e
    rig.fails(rig.EIO, s.recv, 1)
    rig.fails(rig.EIO, s.send, b"x")
    s.close()
    well(m)


def test_refused():
    m, far, s = through()
    rig.fails(EBUSY, m.passthrough.attach)
    s.send(b"fine")
    wait(50)
    assert heard(far) == b"fine"
    s.close()
    rig.raises(ValueError, m.passthrough.save, (HOST, 80), "SCTP")
    rig.raises(ValueError, m.passthrough.save, (HOST, 80), keep_alive=7201)
    well(m)


def test_a_module_that_has_rebooted_before():
    # It is set up again and joins again: the stream is there as if nothing had been.
    m = rig.joined()
    number = rig.control("serve", host=HOST, port=80)["id"]
    rig.control("reboot")
    rig.wait(m, 1500)
    s = m.passthrough.connect((HOST, 80))
    s.settimeout(1)
    s.send(b"hello")
    wait(100)
    assert heard(number) == b"hello"
    s.close()
    well(m)


def test_no_prompt():
    # The link was lost in between, or the module says nothing: an error, and then all is well.
    for reply, least_ms in ((b"\r\nERROR\r\n", 0), (b"", 5000)):
        asked = []

        def answer(line, asked=asked, reply=reply):
            asked.append(line)
            if line == b"AT+CIPSEND\r\n":
                return reply
            if line == b"AT+CIPMUX?\r\n":
                return b"+CIPMUX:1\r\n\r\nOK\r\n"
            return b"\r\nOK\r\n"

        m = espat.Modem(rig.Scripted(answer))
        m.start()
        start = rig.now_ms()
        rig.fails(rig.ETIMEDOUT, m.passthrough.connect, (HOST, 80))
        assert least_ms <= rig.since_ms(start) < least_ms + 1000, rig.since_ms(start)
        assert b"AT+CIPMODE=0\r\n" in asked and b"AT+CIPMUX=1\r\n" in asked
        assert m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]


def test_the_module_hangs():
    # close() does not raise: whoever closes has done with it. The next calls find the module.
    m, far, s = through(reset=rig.reset_pin())
    rig.control("hang")
    s.send(b"nobody")
    s.close()
    try:
        m.command("AT")
    except OSError as e:  # the old command set has nothing by which close() could tell
        assert e.errno == rig.ETIMEDOUT
    m.start()
    rig.wait_until(m, m.wifi.isconnected)
    well(m)


def test_the_module_loses_its_power_for_a_moment():
    m, far, s = through()
    rig.power_cycle()
    wait(2000)
    s.close()
    rig.wait_until(m, m.wifi.isconnected)
    well(m)


async def torn(cancelled):
    import asyncio

    from espat import aio

    uart = Slow(rig.uart())
    m = aio.Modem(uart)
    await m.wifi.connect(*rig.LAB)
    number = rig.control("serve", host=HOST, port=80)["id"]
    s = await m.passthrough.connect((HOST, 80))
    uart.takes = 8
    data = [bytes([i]) * 300 for i in b"abc"]
    tasks = [asyncio.create_task(s.sendall(x)) for x in data]
    if cancelled:
        await asyncio.sleep(0.01)
        tasks[1].cancel()
    for task in tasks:
        try:
            await task
        except asyncio.CancelledError:
            assert cancelled
    if cancelled:
        # One that has begun goes out as a whole; the stream is closed behind it.
        last = asyncio.create_task(s.sendall(b"d" * 300))
        await asyncio.sleep(0.005)
        last.cancel()
        await s.close()
    else:
        await asyncio.sleep(0.1)
    got = heard(number)
    await s.close()
    assert await m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]
    return got


def test_tasks_that_write_at_the_same_time():
    # None waits in vain, and the bytes of one call stay together.
    got = rig.run(torn(False))
    assert len(got) == 900
    for c in b"abc":
        assert bytes([c]) * 300 in got


def test_a_write_that_is_torn_away_stays_whole():
    got = rig.run(torn(True))
    assert got == b"a" * 300 + b"c" * 300 + b"d" * 300, got
