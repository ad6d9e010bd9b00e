# needs: sim
# modem.http on a scripted wire: damaged headers, a reader that is torn away, a module that gives up
# in the middle or is started anew, sources and bodies that are too short. What had come before is
# right, the error says so, and the next command works. test_http_records.py has what is sound.
import espat
from system import rig

OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"
URL = "http://a.test/"


def record(data, name=b"HTTPCGET", mark=b","):
    return b"+%s:%d%s" % (name, len(data), mark) + data + b"\r\n"


class Wire(rig.Scripted):
    """AT+HTTP... is answered by what the test gives; bytes come a few at a time if it wants that.

    answers: by a command's name, or what its line begins with, the replies in order; the last one
    stays."""

    few = 1 << 20
    fuse = -1  # so many reads, then the program is interrupted
    left = 0  # bytes that follow a prompt
    takes = 1 << 20  # so many of them; then the module gives up

    def __init__(self, **answers):
        rig.Scripted.__init__(self, self.reply)
        self.answers = answers
        self.lines = []

    def reply(self, line):
        self.lines.append(line)
        if line.startswith(b"AT+CIPMUX?"):
            return b"+CIPMUX:1\r\n" + OK
        name = line[3:].split(b"=")[0].strip().decode()
        if name == "HTTPCPOST" or name == "HTTPCHEAD" and line != b"AT+HTTPCHEAD=0\r\n":
            self.post = name == "HTTPCPOST"
            self.left = int(line.strip().replace(b"=", b",").split(b",")[2 if self.post else 1])
            self.body = b""
            return OK + b"\r\n>"
        found = self.answers.get(name, [OK])
        return found.pop(0) if len(found) > 1 else found[0]

    def write(self, buf, off=0, n=None):
        n = len(buf) - off if n is None else n
        if not self.left:
            return rig.Scripted.write(self, buf, off, n)
        n = min(n, self.left, 100)
        self.body += bytes(memoryview(buf)[off : off + n])
        self.left -= n
        if len(self.body) >= self.takes:
            self.left = 0
            self.rx.extend(b"ERR CODE:0x010a7000\r\n" + ERROR)
        elif not self.left:
            self.rx.extend(record(b"thanks", b"HTTPCPOST") if self.post else b"")
            self.rx.extend(b"\r\nSEND OK\r\n" if self.post else OK)
        return n

    def any(self):
        return min(len(self.rx), self.few)

    def readinto(self, buf, n=None):
        self.fuse -= 1
        if self.fuse == 0:
            raise KeyboardInterrupt
        return rig.Scripted.readinto(self, buf, min(self.few, len(buf) if n is None else n))


def modem(**answers):
    wire = Wire(**answers)
    m = espat.Modem(wire)
    m.start()
    return m, wire


def well(m):
    assert m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]


def test_a_header_with_a_wrong_byte():
    body = rig.pattern(200)
    for mark in (b":", b";", b"x"):
        for first in (0, 1):
            text = record(body) * first + record(body, mark=mark) + OK
            m, wire = modem(HTTPCGET=[text])
            r = m.http.get(URL)
            e = rig.raises(OSError, r.readinto, bytearray(1000))
            assert e.errno in (rig.EIO, rig.ETIMEDOUT), e
            assert r.good == 200 * first
            well(m)


def test_a_reader_that_is_torn_away():
    # Ctrl-C at any read of the UART. The next reader gets the right bytes, or an error.
    body = rig.pattern(900)
    text = record(body[:300]) + record(body[300:600]) + record(body[600:]) + OK
    torn = whole = 0
    for fuse in range(1, 40):
        m, wire = modem(HTTPCGET=[text])
        wire.few = 25
        r = m.http.get(URL)
        buf = bytearray(450)
        got = b""
        wire.fuse = fuse
        try:
            k = r.readinto(buf)
            got = bytes(buf[:k])
        except KeyboardInterrupt:
            torn += 1
        wire.fuse = -1
        try:
            k = 1
            while k:
                k = r.readinto(buf)
                got += bytes(buf[:k])
            assert body.endswith(got)
            whole += len(got) == 900
        except OSError as e:
            assert e.errno in (rig.EIO, rig.ETIMEDOUT), e
            assert body.startswith(got)
        well(m)
    assert torn > 10 and whole > 0, (torn, whole)


def test_the_module_is_started_anew_in_the_middle_of_a_body():
    m, wire = modem(HTTPCGET=[record(rig.pattern(300)) + b"+HTTPCGET:500,half"])
    r = m.http.get(URL)
    buf = bytearray(300)
    assert r.readinto(buf) == 300 and buf == rig.pattern(300)
    m.start()
    e = rig.raises(OSError, r.readinto, buf)
    assert e.errno in (rig.EIO, rig.ECONNRESET), e
    well(m)


def test_the_status_of_a_head_request():
    for code, status in ((0x010A7194, 404), (0x00007193, 403)):
        m, wire = modem(HTTPCLIENT=[b"ERR CODE:0x%08x\r\n" % code + ERROR])
        r = m.http.head(URL)
        assert r.status_code == status and r.headers == {}
        assert rig.raises(espat.ATError, r.raise_for_status).status == status
    m, wire = modem(HTTPCLIENT=[ERROR])
    rig.raises(OSError, m.http.head, URL)
    m, wire = modem(HTTPCLIENT=[b"+HTTPCLIENT:9,A: caf\xff\r\n+HTTPCLIENT:5,B: ok\r\n" + OK])
    assert m.http.head(URL).headers["B"] == "ok"


def test_the_module_gives_up_while_it_gets_a_body():
    m, wire = modem()
    wire.takes = 300
    for data in ([b"x" * 100] * 10, iter([b"y" * 50] * 20)):
        e = rig.raises(OSError, m.http.post, URL, data, length=1000)
        assert isinstance(e, espat.ATError) and e.status == 0, e
        well(m)


def test_a_source_that_ends_too_early():
    class Short:
        def __init__(self):
            self.left = 2

        def readinto(self, buf):
            self.left -= 1
            buf[:3] = b"abc"
            return 3 if self.left >= 0 else 0

    m, wire = modem()
    for source in (Short(), [b"abcabc", b"", b"never"]):
        e = rig.raises(ValueError, m.http.post, URL, source, length=200)
        assert "194" in str(e), e
        assert wire.body == b"abcabc" + bytes(194), wire.body
        well(m)


class Memory:
    def __init__(self):
        self.data = bytearray()
        self.at = 0

    def tell(self):
        return self.at

    def seek(self, n):
        self.at = n

    def write(self, data):
        self.data[self.at : self.at + len(data)] = data
        self.at += len(data)
        return len(data)


def size(n):
    return b"+HTTPGETSIZE:%d\r\n" % n + OK


def test_a_download_that_is_shorter_than_the_server_has_said():
    body = rig.pattern(900)
    m, wire = modem(HTTPGETSIZE=[size(900)], HTTPCGET=[record(body[:600]) + OK])
    file = Memory()
    e = rig.fails(rig.EIO, m.http.download, URL, file, attempts=1)
    assert "600 of 900" in str(e), e
    assert file.data == body[:600]
    # It goes on where it was.
    m, wire = modem(
        HTTPGETSIZE=[size(900), size(300)],
        HTTPCGET=[record(body[:600]) + OK, record(body[600:]) + OK],
    )
    file = Memory()
    assert m.http.download(URL, file) == 900 and file.data == body
    # A server that knows no ranges: from the beginning.
    m, wire = modem(HTTPGETSIZE=[size(900)], HTTPCGET=[record(body[:600]) + OK, record(body) + OK])
    file = Memory()
    assert m.http.download(URL, file) == 900 and file.data == body
