# needs: sim
# modem.command() and on_line(): arguments, answer lines, raw data, counted payload, one's own
# unsolicited lines. Owns their results; how the module misbehaves meanwhile is test_answers.py's.
import espat
from system import rig


def tapped():
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    m.start()
    tap.forget()
    return m, tap


def firmware(**answers):
    """A modem whose firmware has commands of its own: {"CIPMUX": bytes} for "AT+CIPMUX..."; all
    others are answered with OK."""

    def answer(line):
        name = line[3:].split(b"=")[0].split(b"?")[0].strip().decode()
        reply = answers.get(name, b"\r\nOK\r\n")
        return reply(line) if callable(reply) else reply

    wire = rig.Scripted(answer)
    m = espat.Modem(wire)
    m.start()
    wire.sent = bytearray()
    return m, wire


def test_how_arguments_are_written():
    m, wire = firmware()
    for args, text in (
        ((), b"AT+X"),
        ((0,), b"AT+X=0"),
        ((1, -2, 70000), b"AT+X=1,-2,70000"),
        ((True, False), b"AT+X=1,0"),
        (("text",), b'AT+X="text"'),
        ((b"bytes", bytearray(b"more")), b'AT+X="bytes","more"'),
        (("",), b'AT+X=""'),
        ((None, 1), b"AT+X=,1"),
        ((1, None, None, 2), b"AT+X=1,,,2"),
        ((1, None, None), b"AT+X=1"),
        (("a,b", 'c"d', "e\\f"), b'AT+X="a\\,b","c\\"d","e\\\\f"'),
        (("Zürich",), 'AT+X="Zürich"'.encode()),
    ):
        wire.sent = bytearray()
        m.command("AT+X", *args)
        assert wire.sent == text + b"\r\n", (args, bytes(wire.sent))
    for command in ("AT", "ATE0", "AT+X?", "AT+X=?", "AT+X=1,2"):
        wire.sent = bytearray()
        m.command(command)
        assert wire.sent == command.encode() + b"\r\n"


def test_the_guides_own_example_of_escaping():
    # SSID ab\,c and password 0123456789"\ (guide 3.2.5, as errata.md corrects it).
    m, wire = firmware()
    m.command("AT+CWJAP", "ab\\,c", '0123456789"\\')
    assert wire.sent == b'AT+CWJAP="ab\\\\\\,c","0123456789\\"\\\\"\r\n', bytes(wire.sent)


def test_what_is_refused_before_a_byte_is_sent():
    m, tap = tapped()
    for args in (
        ("AT+X\r\n",),
        ("AT+X\rAT+RST",),
        ("AT+X", "a\r\nb"),
        ("AT+X", b"a\0b"),
        ("AT+X", "a\nb"),
        ("AT+X", "x" * 260),
        ("AT+" + "X" * 260,),
    ):
        rig.raises(ValueError, m.command, *args)
    rig.raises(TypeError, m.command, "AT+X", 1.5)
    rig.raises(TypeError, m.command, "AT+X", [1])
    assert not tap.sent, bytes(tap.sent)


def test_the_limit_of_a_line_is_256_bytes():
    m, tap = tapped()
    room = 256 - len('AT+X=""\r\n')
    rig.raises(espat.ATError, m.command, "AT+X", "x" * room)  # no such command, but it was sent
    assert len(tap.sent) == 256
    tap.forget()
    rig.raises(ValueError, m.command, "AT+X", "x" * (room + 1))
    rig.raises(ValueError, m.command, "AT+X", "," * (room // 2 + 1))
    assert not tap.sent


def test_answer_lines():
    m = rig.joined()
    assert m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]
    assert m.command("AT+CIPSTA?")[0] == rig.own_address()
    assert m.command("AT") == []
    version = [line.decode() for line in m.command("AT+GMR")]
    assert version == rig.control("firmware")["gmr"] and version[0].startswith("AT version:")
    assert m.command("AT+CWLAP")[0].startswith(b'+CWLAP:(3,"espat-lab"')


def test_lines_to_a_function():
    rig.needs("AT+CMD")
    m = rig.modem()
    seen = []
    assert not m.command("AT+GMR", lines=seen.append)
    assert len(seen) == 4 and seen[0].startswith(b"AT version")
    seen = []
    m.command("AT+CMD?", lines=lambda line: seen.append(line[:5]))
    assert len(seen) > 50 and set(seen) == {b"+CMD:"}


def test_errors_of_commands():
    rig.needs("AT+SYSLOG")
    m = rig.modem()
    e = rig.raises(espat.ATError, m.command, "AT+FAKE")
    assert (e.command, e.code) == ("AT+FAKE", 0x01090000), (e.command, e.code)
    assert "0x01090000" in str(e) and "unknown command" in str(e), str(e)
    e = rig.raises(espat.ATError, m.command, "AT+CWMODE", 9)
    assert e.code >> 16 == 0x0107, hex(e.code)
    assert "argument" in str(e), str(e)
    e = rig.raises(espat.ATError, m.command, "AT+CWMODE", "text")
    assert e.code >> 24 == 1 and e.code, hex(e.code)
    e = rig.raises(espat.ATError, m.command, "AT+CWMODE", 1, 0, 5, 6)
    assert e.code >> 16 == 0x0106, hex(e.code)
    e = rig.raises(espat.ATError, m.command, "AT+CIPSTA=?")
    assert e.code == 0x010C0000, hex(e.code)
    # An old code does not stick to the next error.
    m2, wire = firmware(Y=b"\r\nERROR\r\n", X=b"ERR CODE:0x01090000\r\n\r\nERROR\r\n")
    assert rig.raises(espat.ATError, m2.command, "AT+X").code == 0x01090000
    assert rig.raises(espat.ATError, m2.command, "AT+Y").code == 0


def test_every_code_has_a_text():
    for code, words in (
        (0x01020000, "CR LF"),
        (0x01030000, "AT"),
        (0x01040002, "argument 2"),
        (0x01050001, "argument 1"),
        (0x01060302, "3"),
        (0x01070000, "argument 0"),
        (0x01080003, "argument 3"),
        (0x01090000, "unknown"),
        (0x010A0000, "failed"),
        (0x010B0000, "busy"),
        (0x010C0000, "form"),
        (0x010A7194, "404"),
        (0xFFFFFFFF, "ERROR"),
    ):
        m, wire = firmware(X=b"ERR CODE:0x%08x\r\n\r\nERROR\r\n" % code)
        e = rig.raises(espat.ATError, m.command, "AT+X")
        assert e.code == code and words in str(e) and "0x%08x" % code in str(e), (code, str(e))


def test_raw_data_after_the_prompt():
    # wire: AT+CIPSEND=, AT+CIPSENDL= by command
    m, s = rig.connected()
    assert m.command("AT+CIPSEND", 0, 11, data=b"hello there") == []
    assert s.read(11) == b"hello there"
    data = rig.pattern(2000) + b"\r\nOK\r\n> +++"
    m.command("AT+CIPSEND", 0, len(data), data=data)
    assert s.read(len(data)) == data
    m.command("AT+CIPSENDL", 0, 3000, data=memoryview(rig.pattern(3000)))
    assert s.read(3000) == rig.pattern(3000)


def test_prompts_of_other_commands():
    # ">" without an OK in front of it, and last words that are not OK.
    taken = []

    class Prompting(rig.Scripted):
        raw = None

        def write(self, buf, off=0, n=None):
            n = len(buf) - off if n is None else n
            if self.raw is None:
                return rig.Scripted.write(self, buf, off, n)
            self.raw.extend(memoryview(buf)[off : off + n])
            if len(self.raw) == 4:
                taken.append(bytes(self.raw))
                self.raw = None
                self.rx.extend(self.last)
            return n

    for prompt in (b"\r\nOK\r\n\r\n>", b">", b"\r\n>", b"\r\nOK\r\n>"):
        for last in (
            b"\r\nOK\r\n",
            b"\r\nSEND OK\r\n",
            b"\r\nSET OK\r\n",
            b"\r\nWRITE OK\r\n",
            b"+MQTTPUB:OK\r\n",
        ):
            wire = Prompting(lambda line: b"\r\nOK\r\n")
            m = espat.Modem(wire)
            m.start()

            def asked(line, wire=wire, prompt=prompt, last=last):
                wire.raw = bytearray()
                wire.last = last
                return prompt

            wire.answer = asked
            m.command("AT+RAW", 4, data=b"\r\n> ", timeout_ms=1000)
            assert taken.pop() == b"\r\n> "
            for bad in (b"\r\nERROR\r\n", b"\r\nSEND FAIL\r\n", b"+MQTTPUB:FAIL\r\n"):
                wire.answer = lambda line, bad=bad, asked=asked: asked(line, last=bad)
                rig.raises(espat.ATError, m.command, "AT+RAW", 4, data=b"1234", timeout_ms=1000)
                taken.pop()


def test_a_command_that_refuses_instead_of_asking_for_data():
    m = rig.joined()
    e = rig.raises(espat.ATError, m.command, "AT+CIPSEND", 3, 5, data=b"nobody")
    assert e.command == "AT+CIPSEND"
    assert m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]


def test_counted_payload_into_a_buffer():
    rig.needs("AT+CIPRECVDATA")
    m, s = rig.connected()
    for n in (1, 100, 3000 if rig.has("AT+CIPSEND 8192") else 2000):
        data = rig.pattern(n - 1) + b"\n"
        s.sendall(data)
        rig.wait(m, 1000)
        buf = bytearray(n + 10)
        assert m.command("AT+CIPRECVDATA", 0, n, into=buf) == n
        assert buf[:n] == data and not any(buf[n:])
    s.sendall(b"\r\nOK\r\n\r\nERROR\r\n")
    rig.wait(m, 200)
    buf = bytearray(15)
    assert m.command("AT+CIPRECVDATA", 0, 15, into=buf) == 15
    assert buf == b"\r\nOK\r\n\r\nERROR\r\n"


def test_counted_payload_that_does_not_fit():
    rig.needs("AT+CIPRECVDATA")
    m, s = rig.connected()
    s.sendall(rig.pattern(300))
    rig.wait(m, 200)
    buf = bytearray(100)
    e = rig.raises(OSError, m.command, "AT+CIPRECVDATA", 0, 300, into=buf)
    assert e.errno == 105, e
    assert m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]


def test_counted_payload_in_several_records():
    # +USERRAM: records directly after one another (messages.csv).
    first, second = rig.pattern(1024), b"\r\nOK\r\n+USERRAM:9," + rig.pattern(400)
    m, wire = firmware(
        USERRAM=b"+USERRAM:1024," + first + b"+USERRAM:%d," % len(second) + second + b"\r\nOK\r\n"
    )
    buf = bytearray(2000)
    n = m.command("AT+USERRAM", 0, 1, 1500, 0, into=buf)
    assert n == 1024 + len(second), n
    assert buf[:n] == first + second
    # +FS, +SYSFLASH: one record; +HTTPCLIENT: CR LF after each.
    for name, text in (
        ("FS", b"+FS:5,12345\r\nOK\r\n"),
        ("SYSFLASH", b"+SYSFLASH:5,12345\r\nOK\r\n"),
        ("HTTPCLIENT", b"+HTTPCLIENT:2,12\r\n+HTTPCLIENT:3,345\r\n\r\nOK\r\n"),
    ):
        m, wire = firmware(**{name: text})
        buf = bytearray(8)
        assert m.command("AT+" + name, 2, into=buf) == 5, name
        assert buf == b"12345\0\0\0", name


def test_unsolicited_lines_of_ones_own():
    m = rig.joined()
    seen = []
    m.on_line("+MYFIRMWARE:", seen.append)
    m.on_line(b"BUTTON", seen.append)
    rig.control("inject", line="+MYFIRMWARE:1,2")
    rig.wait_until(m, lambda: seen)
    rig.control("inject", line="BUTTON pressed", after_bytes=10)  # inside an answer
    assert m.command("AT+CIPSTA?")[0] == rig.own_address()
    rig.control("inject", line="+OTHER:1")
    rig.control("inject", line="the BUTTON")
    rig.wait(m, 50)
    assert seen == [b"+MYFIRMWARE:1,2", b"BUTTON pressed"], seen
    m.on_line("BUTTON", None)
    rig.control("inject", line="BUTTON pressed")
    rig.wait(m, 50)
    assert len(seen) == 2


def test_on_line_for_a_message_that_the_driver_knows():
    m = rig.modem()
    seen = []
    m.on_line("WIFI ", seen.append)
    m.wifi.connect(*rig.LAB)
    assert seen == [b"WIFI CONNECTED", b"WIFI GOT IP"], seen
    assert m.wifi.isconnected()


def test_a_second_handler_replaces_the_first():
    m = rig.modem()
    m.start()
    first, second = [], []
    m.on_line("+X:", first.append)
    m.on_line("+X:", second.append)
    rig.control("inject", line="+X:1")
    rig.wait_until(m, lambda: second)
    assert not first


def test_long_answers_of_many_lines():
    m = rig.modem()
    lines = m.command("AT+CMD?")
    assert len(lines) > 50
    for i in range(len(lines)):
        assert lines[i].startswith(b"+CMD:%d," % i), lines[i]


def test_parts_that_do_not_exist():
    m = rig.modem()
    rig.raises(AttributeError, getattr, m, "no_such_part")
