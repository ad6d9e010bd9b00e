# needs: sim
# Long sends: one command, its progress, streams of known and of unknown length, what happens when
# the other side goes in the middle.
import io

from system import rig

FAR = ("192.0.2.10", 80)


class Far:
    def __init__(self):
        self.number = rig.control("serve", host=FAR[0], port=FAR[1])["id"]
        self.got = bytearray()

    def end(self):
        return rig.control("far", id=self.number)["connections"][-1]

    def heard(self, modem):
        rig.wait(modem, 100)
        return bytes.fromhex(rig.control("far", id=self.end())["data_hex"])


def connected():
    far = Far()
    m, s = rig.connected(FAR)
    return m, far, s


def test_bytes_with_progress():
    # wire: AT+CIPSENDL= by socket.send_long
    # wire: AT+CIPSENDLCFG= by socket.send_long
    m, far, s = connected()
    data = rig.pattern(20000)
    seen = []
    assert s.send_long(data, None, lambda a, b: seen.append((a, b)), 5000, 1000) == 20000
    assert far.heard(m) == data
    assert [a for a, _ in seen] == [5000, 10000, 15000, 20000]
    assert all(a <= b for a, b in seen)
    # The link goes on.
    assert s.send(b"more") == 4
    assert far.heard(m) == b"more"
    assert s.send_long(data, 10) == 10
    assert far.heard(m) == data[:10]
    s.close()


def test_what_looks_like_the_modules_answers_and_its_way_out():
    m, far, s = connected()
    for data in (b"\r\nSEND OK\r\nERROR\r\n\\0+++", b"+++", b"x" * 512 + b"+++", b"+"):
        assert s.send_long(data) == len(data)
        assert far.heard(m) == data


def test_a_stream_of_known_length():
    m, far, s = connected()
    data = rig.pattern(9000)
    assert s.send_long(io.BytesIO(data), 9000) == 9000
    assert far.heard(m) == data


def test_a_stream_to_its_end():
    # wire: AT+CIPSENDEX= by socket.send_long
    m, far, s = connected()
    for data in (
        b"short",
        b"\\0 and \\ and \\\\0",
        rig.pattern(3000),
        b"\\" * 5000,
        rig.pattern(20000),
        b"",
        b"x" * 512,
    ):
        assert s.send_long(io.BytesIO(data)) == len(data)
        assert far.heard(m) == data, len(data)
    assert s.send(b"plain") == 5
    assert far.heard(m) == b"plain"


def test_the_other_side_goes_in_the_middle():
    m, far, s = connected()
    number = far.end()
    rig.control("far", id=number, end="reset", in_ms=200)
    rig.fails(rig.ECONNRESET, s.send_long, rig.pattern(30000))
    rig.fails(rig.ECONNRESET, s.send, b"x")
    s.close()
    t = m.socket()
    t.connect(rig.ECHO)
    t.send(b"well")
    assert t.read(4) == b"well"


def test_a_source_that_ends_early_or_fails():
    m, far, s = connected()
    rig.raises(ValueError, s.send_long, io.BytesIO(b"12345"), 10)
    rig.fails(rig.ECONNRESET, s.send, b"x")
    s.close()
    t = m.socket()
    t.connect(rig.ECHO)
    t.send(b"well")
    assert t.read(4) == b"well"


def test_wrong_arguments():
    m, far, s = connected()
    rig.raises(ValueError, s.send_long, b"abc", 4)
    rig.raises(ValueError, s.send_long, b"abc", 0)
    rig.raises(ValueError, s.send_long, b"abc", None, None, 99)
    rig.raises(ValueError, s.send_long, b"abc", None, None, None, 2921)
    rig.fails(rig.ENOTCONN, m.socket().send_long, b"abc")
    s.send(b"x")
    assert far.heard(m) == b"x"


def test_awaited():
    from espat import aio

    async def main():
        m = aio.Modem(rig.uart())
        await m.wifi.connect(*rig.LAB)
        far = Far()
        s = m.socket()
        await s.connect(FAR)
        data = rig.pattern(5000)
        assert await s.send_long(data) == 5000
        await m.pause(100)
        answer = rig.control("far", id=far.end())
        assert bytes.fromhex(answer["data_hex"]) == data
        await s.close()

    rig.run(main())


class Source:
    """An open file of a board."""

    def __init__(self, size):
        self.left = size

    def readinto(self, buf):
        n = min(len(buf), self.left)
        self.left -= n
        buf[:n] = b"x" * n
        return n


def test_nobody_waits_for_an_answer_while_there_is_more_to_send():
    # A UART takes a part, then the rest: what waits for that must not wait for the module then.
    size = 10000
    wire_ms = size * 10000 // 115200
    m, s = rig.connected(rig.ECHO)
    start = rig.now_ms()
    s.send_long(Source(size), size)
    assert rig.since_ms(start) < wire_ms * 5 // 4, rig.since_ms(start)
    s.close()
    rig.needs("AT+HTTPCPOST")
    start = rig.now_ms()
    m.http.post("http://web.test/post", Source(size), length=size).close()
    assert rig.since_ms(start) < wire_ms * 5 // 2, rig.since_ms(start)  # it comes back, too


def test_nor_does_a_task():
    size = 10000
    wire_ms = size * 10000 // 115200

    async def main():
        from espat import aio

        m = aio.Modem(rig.uart())
        await m.wifi.connect(*rig.LAB)
        s = m.socket()
        await s.connect(rig.ECHO)
        start = rig.now_ms()
        await s.send_long(Source(size), size)
        assert rig.since_ms(start) < wire_ms * 5 // 4, rig.since_ms(start)

    rig.run(main())
