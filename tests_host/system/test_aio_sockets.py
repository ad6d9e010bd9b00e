# needs: sim
# The asyncio face of a TCP socket: the errors of the blocking one, time limits, cancelled tasks,
# tasks that share the module. Owns what only this face has; the steps are test_sockets.py's.
import asyncio

from espat import aio
from system import rig


async def joined(**options):
    m = aio.Modem(rig.uart(), **options)
    await m.wifi.connect(*rig.LAB)
    return m


async def connected(peer=rig.ECHO, **options):
    m = await joined(**options)
    s = m.socket()
    await s.connect(peer)
    return m, s


async def fails(number, awaited):
    try:
        result = await awaited
    except OSError as e:
        assert e.errno == number, repr(e)
        return e
    raise AssertionError("no error, but %r" % (result,))


async def reading_and_writing(passive):
    m, s = await connected(passive=passive, ring=4096)
    data = rig.pattern(3000)
    await s.sendall(data)
    assert await s.readexactly(1000) == data[:1000]
    buf = bytearray(1500)
    assert await s.readinto(buf) == 1500 and buf == data[1000:2500]
    assert await s.read(500) == data[2500:]
    assert await s.write(b"one\ntwo\n") == 8
    assert await s.readline() == b"one\n"
    assert await s.readline() == b"two\n"
    await s.close()
    await s.close()


def test_reading_and_writing_passive():
    # wire: AT+CIPSTART= by socket.connect
    rig.run(reading_and_writing(True))


def test_reading_and_writing_active():
    rig.run(reading_and_writing(False))


async def the_end_of_the_stream(passive):
    m, s = await connected(rig.PATTERN, passive=passive, ring=4096)
    await s.send(b"3000\n")
    assert await s.read() == rig.pattern(3000)
    assert await s.recv(1) == b"" and await s.read(5) == b""
    try:
        await s.readexactly(1)
    except EOFError:
        pass
    else:
        raise AssertionError("no EOFError")
    await fails(rig.ECONNRESET, s.send(b"x"))


def test_the_end_of_the_stream_passive():
    rig.run(the_end_of_the_stream(True))


def test_the_end_of_the_stream_active():
    rig.run(the_end_of_the_stream(False))


def test_errors_are_those_of_the_blocking_face():
    rig.needs("AT+CIPDOMAIN")

    async def main():
        m = aio.Modem(rig.uart())
        await fails(rig.EHOSTUNREACH, m.socket().connect(rig.ECHO))
        await m.wifi.connect(*rig.LAB)
        await fails(rig.ECONNREFUSED, m.socket().connect(rig.REFUSE))
        await fails(-2, m.socket().connect(("no.test", 1)))
        for address in (("echo.test", 0), ("echo.test", 70000), ("", 1), ("a\r\nb", 1)):
            try:
                await m.socket().connect(address)
            except ValueError:
                continue
            raise AssertionError(address)
        s = m.socket()
        await fails(rig.ENOTCONN, s.send(b"x"))
        await fails(rig.ENOTCONN, s.recv(1))
        s.settimeout(1)
        start = rig.now_ms()
        await fails(rig.ETIMEDOUT, s.connect(rig.SILENT))
        assert 900 < rig.since_ms(start) < 1500
        t = m.socket()
        await t.connect(rig.ECHO)
        await fails(rig.EISCONN, t.connect(rig.ECHO))
        t.settimeout(0.3)
        start = rig.now_ms()
        await fails(rig.ETIMEDOUT, t.recv(1))
        assert 300 <= rig.since_ms(start) < 400
        await t.send(b"well")
        assert await t.read(4) == b"well"
        rig.control("link_loss", id=t.fileno())
        await fails(rig.ECONNRESET, send_until_it_fails(t))

    rig.run(main())


async def send_until_it_fails(s):
    for _ in range(50):
        await s.send(b"x")
        await asyncio.sleep(0.02)


def test_wifi_and_module_lost_with_sockets_open():
    async def main():
        m, s = await connected()
        rig.control("ap_down", ssid="espat-lab")
        s.settimeout(30)
        try:
            assert await s.recv(1) == b""
        except OSError as e:
            assert e.errno in (rig.ECONNABORTED, rig.ECONNRESET)
        await s.close()
        rig.control("ap_up", ssid="espat-lab")
        await m.wifi.connect(*rig.LAB)
        s = m.socket()
        await s.connect(rig.ECHO)
        rig.control("reboot")
        s.settimeout(5)
        await fails(rig.ECONNRESET, s.recv(1))
        await s.close()
        s = m.socket()
        await s.connect(rig.ECHO)  # the module is set up again, and has joined again
        await s.send(b"well")
        assert await s.read(4) == b"well"

    rig.run(main())


async def a_cancelled_reader_loses_no_byte(passive):
    m, s = await connected(passive=passive, ring=4096)
    data = rig.pattern(3000)
    got = bytearray()
    await s.sendall(data)
    for i in range(30):
        buf = bytearray(700)
        task = asyncio.create_task(s.recv_into(buf))
        await asyncio.sleep((i % 7) / 1000)
        if task.done():
            got.extend(buf[: await task])
            continue
        task.cancel()
        try:
            got.extend(buf[: await task])
        except asyncio.CancelledError:
            pass
    s.settimeout(2)
    while len(got) < len(data):
        part = await s.recv(1000)
        assert part
        got.extend(part)
    assert got == data, len(got)


def test_a_cancelled_reader_loses_no_byte_passive():
    rig.needs("AT+CIPRECVDATA")
    rig.run(a_cancelled_reader_loses_no_byte(True))


def test_a_cancelled_reader_loses_no_byte_active():
    rig.needs("AT+CIPSEND 8192")
    rig.run(a_cancelled_reader_loses_no_byte(False))


async def more_than_await(passive):
    # What recv_into() and send() give is as good as a coroutine: for wait_for(), in a task, several
    # sends at a time, left alone.
    m, s = await connected(passive=passive, ring=4096)
    data = rig.pattern(2000)
    buf = bytearray(600)
    try:
        await asyncio.wait_for(s.recv_into(buf), 0.05)
    except asyncio.TimeoutError:
        pass
    else:
        raise AssertionError("nothing was sent yet")
    s.send(b"never").close()
    s.recv_into(buf).close()
    await asyncio.gather(s.sendall(data[:700]), s.sendall(data[700:1400]), s.write(data[1400:]))
    n = await asyncio.create_task(s.recv_into(buf))
    got = bytes(buf[:n]) + await s.readexactly(2000 - n)
    # Each piece in order; which is first is not said.
    assert got[:700] == data[:700] or sorted(got) == sorted(data)
    again = s.send(b"x")
    assert await again == 1
    try:
        await again
    except RuntimeError:
        pass
    else:
        raise AssertionError("sent twice")
    assert await s.write(b"12345", 2) == 2 and await s.write(b"12345", 2, 3) == 3
    assert await s.send(b"") == 0 and await s.sendall(b"") is None and await s.write("") == 0
    assert await s.readexactly(6) == b"x12345"


def test_more_than_await_passive():
    rig.needs("AT+CIPRECVDATA")
    rig.run(more_than_await(True))


def test_more_than_await_active():
    rig.needs("AT+CIPSEND 8192")
    rig.run(more_than_await(False))


def test_a_cancelled_send_ends_the_link():
    async def main():
        m, s = await connected()
        task = asyncio.create_task(s.sendall(rig.pattern(4000)))
        await asyncio.sleep(0.02)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass
        # What has gone out nobody knows.
        await fails(rig.ECONNABORTED, s.send(b"x"))
        await s.close()
        s = m.socket()
        await s.connect(rig.ECHO)
        await s.send(b"well")
        assert await s.read(4) == b"well"

    rig.run(main())


def test_a_cancelled_connect_leaves_the_module_usable():
    async def main():
        m = await joined()
        for _ in range(3):
            task = asyncio.create_task(m.socket().connect(rig.SILENT))
            await asyncio.sleep(0.2)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                pass
        s = m.socket()
        await s.connect(rig.ECHO)
        await s.send(b"well")
        assert await s.read(4) == b"well"

    rig.run(main())


def test_a_cancel_is_never_swallowed():
    # Whatever comes at the same moment: data, or the end of another task's command.
    async def main():
        m, s = await connected(rig.PATTERN)
        await s.send(b"60000\n")
        buf = bytearray(200)

        async def reads():
            while True:
                assert await s.recv_into(buf)

        async def waits():
            while True:
                await m.idle()

        for i in range(150):
            tasks = [asyncio.create_task(reads()), asyncio.create_task(waits())]
            await asyncio.sleep((7 + i * 13 % 90) / 10000)
            for _ in range(i % 4):
                await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            await asyncio.sleep(0.01)
            assert all(task.done() for task in tasks), i
        await s.close()

    rig.run(main())


def test_tasks_share_the_module():
    async def main():
        m = await joined()
        random = rig.Random(5)

        async def one(number):
            s = m.socket()
            await s.connect(rig.ECHO)
            for _ in range(6):
                data = bytes([number]) * (1 + random.below(1500))
                await s.sendall(data)
                assert await s.readexactly(len(data)) == data
            await s.close()
            return number

        async def commands():
            for _ in range(10):
                assert await m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]
                await asyncio.sleep(0.05)
            return "commands"

        found = await asyncio.gather(*([one(i) for i in range(5)] + [commands()]))
        assert found == [0, 1, 2, 3, 4, "commands"]
        assert rig.control("status")["links"] == []

    rig.run(main())


def test_open_connection():
    async def main():
        m = await joined()
        r, w = await aio.open_connection(m, "echo.test", 7)
        await w.write(b"hello\n")
        assert await r.readline() == b"hello\n"
        async with r:
            pass
        assert rig.control("status")["links"] == []

    rig.run(main())
