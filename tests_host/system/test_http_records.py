# needs: sim
# modem.http on a scripted wire: how records of every size reach every buffer, what becomes of
# damaged ones, and what is sent when a source of a body fails. The module's side is test_http.py's.
import espat
from system import rig


def record(name, data):
    return b"+%s:%d," % (name, len(data)) + data + b"\r\n"


def answering(**answers):
    """A modem on a wire that answers AT+HTTP... so; all other commands get OK."""

    def answer(line):
        name = line[3:].split(b"=")[0].split(b"?")[0].strip().decode()
        reply = answers.get(name, b"\r\nOK\r\n")
        return reply(line) if callable(reply) else reply

    wire = rig.Scripted(answer)
    m = espat.Modem(wire)
    m.start()
    wire.sent = bytearray()
    return m, wire


HOSTILE = b"\r\nOK\r\n\r\nERROR\r\n+HTTPCGET:5,\r\nready\r\nSEND OK\r\n"


def test_every_record_size_into_every_buffer():
    for size in (1, 2, 7, 40, 61, 62, 63, 64, 65, 512):
        body = (HOSTILE + rig.pattern(700))[: max(size * 3 + 1, 100)]
        records = [body[i : i + size] for i in range(0, len(body), size)]
        text = b"".join([record(b"HTTPCGET", x) for x in records]) + b"\r\nOK\r\n"
        m, wire = answering(HTTPCGET=text)
        for n in (1, 3, 62, 64, 100, 2048):
            r = m.http.get("http://a.test/")
            assert r.status_code == 200
            buf = bytearray(n)
            got = b""
            k = n
            while k == n:
                k = r.readinto(buf)
                got += bytes(buf[:k])
            assert got == body, (size, n, len(got), len(body))
            assert r.readinto(buf) == 0
            assert m.command("AT") == []


def test_content_text_json_and_pieces():
    m, wire = answering(
        HTTPCGET=record(b"HTTPCGET", b'{"a": [1, ') + record(b"HTTPCGET", b"2]}") + b"\r\nOK\r\n"
    )
    assert m.http.get("http://a.test/").json() == {"a": [1, 2]}
    r = m.http.get("http://a.test/")
    assert r.content == b'{"a": [1, 2]}' == r.content
    assert r.text == '{"a": [1, 2]}'
    pieces = [bytes(x) for x in m.http.get("http://a.test/").iter_content(4)]
    assert pieces == [b'{"a"', b": [1", b", 2]", b"}"], pieces


def test_a_record_that_lost_bytes():
    good = record(b"HTTPCGET", b"x" * 100)
    for lost in (1, 5, 60):
        text = good + good[: -lost - 2] + b"\r\n" + good + b"\r\nOK\r\n\r\n"
        m, wire = answering(HTTPCGET=text, CIPMUX=b"+CIPMUX:1\r\n\r\nOK\r\n")
        r = m.http.get("http://a.test/")
        e = rig.raises(OSError, r.readinto, bytearray(1000))
        assert e.errno in (rig.EIO, rig.ETIMEDOUT), e
        assert r.good == 100
        assert m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]


def body(m):
    return m.http.get("http://a.test/").content


def test_the_last_record_lost_two_bytes():
    # Its own CR LF is taken for payload, and the line's in front of OK for its seal.
    for n in (10, 100, 400):
        good = record(b"HTTPCGET", rig.pattern(n))
        text = good[:-4] + b"\r\n" + b"\r\nOK\r\n"
        for lines in (1, 64):  # alone, or after a record of its size
            m, wire = answering(HTTPCGET=good * (lines - 1) + text)
            e = rig.raises(OSError, body, m)
            assert e.errno == rig.EIO, (n, e)


def test_a_response_that_is_closed_in_the_middle():
    body = rig.pattern(3000)
    m, wire = answering(
        HTTPCGET=record(b"HTTPCGET", body) + b"\r\nOK\r\n", CIPMUX=b"+CIPMUX:1\r\n\r\nOK\r\n"
    )
    r = m.http.get("http://a.test/")
    r.close()
    start = rig.now_ms()
    assert m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]
    assert rig.since_ms(start) < 1000


def test_status_of_an_answer_without_body():
    for code, status in ((0x010A7194, 404), (0x010A712D, 301), (0x010A71F4, 500)):
        m, wire = answering(HTTPCGET=b"ERR CODE:0x%08x\r\n\r\nERROR\r\n" % code)
        r = m.http.get("http://a.test/")
        assert r.status_code == status and r.content == b""
        e = rig.raises(espat.ATError, r.raise_for_status)
        assert e.status == status, e
    m, wire = answering(HTTPCGET=b"ERR CODE:0x010a7000\r\n\r\nERROR\r\n")
    e = rig.raises(espat.ATError, m.http.get, "http://a.test/")
    assert e.status == 0 and "no connection" in str(e), e


class Posting(rig.Scripted):
    """Takes the body of one AT+HTTPCPOST."""

    left = 0
    prompts = 0

    def __init__(self):
        rig.Scripted.__init__(self, self.reply)
        self.body = bytearray()

    def reply(self, line):
        if line.startswith(b"AT+HTTPCPOST="):
            self.left = int(line.split(b",")[1])
            self.body = bytearray()
            return b"\r\nOK\r\n\r\n>"
        if line.startswith(b"AT+CIPMUX?"):
            return b"+CIPMUX:1\r\n\r\nOK\r\n"
        return b"\r\nOK\r\n"

    def write(self, buf, off=0, n=None):
        n = len(buf) - off if n is None else n
        if not self.left:
            return rig.Scripted.write(self, buf, off, n)
        n = min(n, 100)
        self.body.extend(memoryview(buf)[off : off + n])
        self.left -= n
        if not self.left:
            self.rx.extend(record(b"HTTPCPOST", b"thanks") + b"\r\nSEND OK\r\n")
        return n


class File:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def tell(self):
        return self.at

    def seek(self, n, whence=0):
        self.at = n + (len(self.data) if whence == 2 else 0)
        return self.at

    def readinto(self, buf):
        x = self.data[self.at : self.at + len(buf)]
        buf[: len(x)] = x
        self.at += len(x)
        return len(x)


def test_bodies_of_every_kind():
    body = rig.pattern(3000)
    wire = Posting()
    m = espat.Modem(wire)
    for data, length in (
        (body, None),
        (memoryview(body), None),
        (File(body), None),
        ([body[:1000], body[1000:1001], body[1001:]], 3000),
        (iter([body[i : i + 7] for i in range(0, 3000, 7)]), 3000),
    ):
        r = m.http.post("http://a.test/", data, length=length)
        assert r.content == b"thanks" and r.status_code == 200
        assert wire.body == body, (data, len(wire.body))


def test_a_source_that_fails_leaves_no_command_waiting():
    wire = Posting()
    m = espat.Modem(wire)

    def broken():
        yield b"abc"
        raise KeyError("mine")

    rig.raises(KeyError, m.http.post, "http://a.test/", broken(), length=500)
    assert wire.body == b"abc" + bytes(497)
    rig.raises(ValueError, m.http.post, "http://a.test/", [b"abc"], length=5)
    assert wire.body == b"abc\0\0"
    assert m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]


def test_refused_before_a_byte_is_sent():
    m, wire = answering()
    get = m.http.get
    for args in (
        (get, ""),
        (get, "http:/"),
        (get, "http://a.test/" + "x" * 8200),
        (get, "http://a.test/\r\nAT+RST"),
        (get, "http://a.test/", {"A": "b\r\nC: d"}),
        (get, "http://a.test/", None, 181),
        (get, "http://a.test/", None, 15, 0),
        (get, "http://a.test/", None, 15, 10241),
        (m.http.request, "PATCH", "http://a.test/"),
        (m.http.request, "GET", "http://a.test/", b"body"),
        (m.http.post, "http://a.test/", [b"x"]),
        (m.http.download, "http://a.test/", "file", None, 10),
    ):
        rig.raises(ValueError, *args)
    assert not wire.sent, bytes(wire.sent)
