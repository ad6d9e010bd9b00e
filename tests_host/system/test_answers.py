# needs: sim
# Answers as the field has them: too long, late, lost, busy, cut, garbled. Owns what a call makes of
# them, and that the next call works.
import time

import espat
from system import rig


def well(m):
    assert m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]


def test_an_answer_line_longer_than_any_buffer():
    for n in (180, 200, 1000, 5000):
        wire = rig.Scripted(lambda line: b"\r\nOK\r\n")
        m = espat.Modem(wire)
        m.start()
        wire.answer = lambda line, n=n: b"+LONG:" + b"x" * n + b"\r\n\r\nOK\r\n"
        try:
            lines = m.command("AT+LONG?")
        except OSError as e:
            # A clear error, never half a line.
            assert e.errno == 105, e
        else:
            assert lines == [b"+LONG:" + b"x" * n], (n, len(lines[0]))
        wire.answer = lambda line: b"+NEXT:1\r\n\r\nOK\r\n"
        assert m.command("AT+NEXT?") == [b"+NEXT:1"]


def test_an_unsolicited_line_longer_than_any_buffer():
    rig.needs("AT+CIPRECVDATA")
    m, s = rig.connected()
    for n in (100, 250, 1500):
        rig.control("inject", line="+TOOLONG:" + "x" * n)
        well(m)
        rig.control("inject", line="x" * n, after_bytes=5)
        s.send(b"echo")
        assert s.read(4) == b"echo"


def test_a_scan_entry_longer_than_usual():
    # 32 bytes of name; the longest that +CWLAP can be with the fields that the driver asks for.
    rig.control("ap_add", ssid="\\" * 32, channel=14, rssi=-100)
    m = rig.modem()
    assert b"\\" * 32 in [ap[0] for ap in m.wifi.scan()]


def test_a_command_that_never_answers():
    m, s = rig.connected()
    rig.control("drop_output", count=len(b"\r\nOK\r\n"))
    start = rig.now_ms()
    rig.fails(rig.ETIMEDOUT, m.command, "AT", timeout_ms=2000)
    assert 2000 <= rig.since_ms(start) < 3000, rig.since_ms(start)
    well(m)
    s.send(b"the link has lived on")
    assert s.read(21) == b"the link has lived on"


def test_a_module_that_is_not_heard_for_a_while():
    m = rig.joined()
    for count in (100, 300):
        rig.control("drop_output", count=count)
        start = rig.now_ms()
        for _ in range(10):
            try:
                well(m)
                break
            except OSError:
                pass
        well(m)
        assert m.wifi.ifconfig()[0] == "192.168.1.50"
        assert rig.since_ms(start) < 120000, rig.since_ms(start)


def test_only_the_last_ok_is_lost():
    m = rig.joined()
    answer = b"".join([line + b"\r\n" for line in m.command("AT+CIPSTA?")])
    rig.control("drop_output", count=len(b"\r\nOK\r\n"), after_bytes=len(answer))
    rig.fails(rig.ETIMEDOUT, m.command, "AT+CIPSTA?", timeout_ms=500)
    for _ in range(3):
        well(m)
        assert m.wifi.ifconfig()[0] == "192.168.1.50"


def test_an_answer_that_comes_after_the_deadline():
    # AT+CIPDOMAIN asks a name server; the program waits less long than it takes.
    m = rig.joined()
    rig.fails(rig.ETIMEDOUT, m.command, "AT+CWLAP", timeout_ms=300)  # a scan takes 1.5 s
    # Its lines and its OK come later; no other command may take them for its own.
    for _ in range(3):
        assert m.command("AT+CIPSTA?")[0] == rig.own_address()
        well(m)
    rig.wait(m, 3000)
    well(m)


def test_a_late_answer_while_a_socket_is_in_use():
    rig.needs("AT+CIPRECVDATA")
    m, s = rig.connected()
    rig.fails(rig.ETIMEDOUT, m.command, "AT+CWLAP", timeout_ms=300)
    s.sendall(rig.pattern(3000))
    assert s.read(3000) == rig.pattern(3000)
    well(m)


def busy(times, final):
    """A module that says "busy p..." before it answers, as in esp-at issue 731."""
    return b"ERR CODE:0x010b0000\r\n\r\nbusy p...\r\n" * times + final


def test_busy_is_no_answer():
    for times in (1, 3, 100):
        wire = rig.Scripted(lambda line: b"\r\nOK\r\n")
        m = espat.Modem(wire)
        m.start()
        wire.answer = lambda line, n=times: busy(n, b"+X:7\r\n\r\nOK\r\n")
        assert m.command("AT+X?") == [b"+X:7"]
        wire.answer = lambda line, n=times: busy(n, b"\r\nERROR\r\n")
        e = rig.raises(espat.ATError, m.command, "AT+X?")
        assert e.code != 0x010B0000, "the code of busy is not that of the error"


def test_busy_until_the_deadline():
    wire = rig.Scripted(lambda line: b"\r\nOK\r\n")
    m = espat.Modem(wire)
    m.start()
    wire.answer = lambda line: busy(1, b"")
    wire.sent = bytearray()
    start = rig.now_ms()
    rig.fails(rig.ETIMEDOUT, m.command, "AT+X?", timeout_ms=3000)
    assert rig.since_ms(start) >= 3000
    assert wire.sent.count(b"AT+X?") == 1, "no retry by itself"


def test_a_busy_storm_while_data_flows():
    m, s = rig.connected()
    for place in (3, 9, 20, 30, 45, 60):
        for _ in range(5):
            rig.control("inject", line="ERR CODE:0x010b0000\r\n\r\nbusy p...", after_bytes=place)
        s.send(b"0123456789")
        assert s.read(10) == b"0123456789", place
    well(m)


def test_a_busy_module_at_start_up():
    said = []

    def answer(line):
        said.append(line)
        return busy(1, b"") if len(said) < 6 else b"\r\nOK\r\n"

    m = espat.Modem(rig.Scripted(answer))
    m.start()
    assert len(said) >= 6


def test_a_byte_of_a_command_lost():
    m, s = rig.connected()
    for place in range(len(b"AT+CIPSTA?\r\n")):
        rig.control("drop_input", count=1, after_bytes=place)
        try:
            lines = m.command("AT+CIPSTA?", timeout_ms=1000)
        except OSError:
            pass  # ERROR, or no answer at all when the end of the line is what was lost
        else:
            raise AssertionError("an answer to half a command: %r at %d" % (lines, place))
        well(m)
        s.send(b"fine")
        assert s.read(4) == b"fine", place


def test_bytes_of_an_answer_lost():
    # Wherever three bytes are lost: the call ends, with what was left or an error, and the next
    # ones are right.
    m = rig.joined()
    for place in range(len(b"+CIPMUX:1\r\n\r\nOK\r\n")):
        rig.control("drop_output", count=3, after_bytes=place)
        start = rig.now_ms()
        try:
            m.command("AT+CIPMUX?", timeout_ms=1000)
        except OSError as e:
            assert e.errno in (rig.ETIMEDOUT, rig.EIO), (place, e)
        assert rig.since_ms(start) < 1500, place
        for _ in range(2):
            well(m)


def test_garbage_inside_an_answer():
    rig.needs("AT+CIPRECVDATA")
    m, s = rig.connected()
    for place in range(0, 60, 3):
        rig.control("garbage", count=7, after_bytes=place)
        try:
            m.command("AT+CIPSTA?", timeout_ms=1000)
        except OSError:
            pass
        well(m)
        s.send(b"fine")
        assert s.read(4) == b"fine", place


def garbage_between_answers(passive):
    m, s = rig.connected(passive=passive)
    for count in (1, 2, 10, 100):
        rig.control("garbage", count=count)
        time.sleep_ms(20)
        rig.control("inject", line="")  # noise ends somewhere, then a message begins
        rig.wait(m, 20)
        well(m)
        s.send(b"fine")
        assert s.read(4) == b"fine", count


def test_garbage_between_answers():
    rig.needs("AT+CIPRECVDATA")
    garbage_between_answers(True)


def test_garbage_between_answers_active():
    # Here it may have been payload: a link that fails is right, wrong bytes are not.
    try:
        garbage_between_answers(False)
    except OSError as e:
        assert e.errno == rig.EIO, e


def test_echo_that_comes_back_on():
    # Somebody's ATE1: the driver's own commands come back as lines. So does a module that has
    # rebooted unseen; an open link may pay for that.
    m, s = rig.connected()
    m.command("ATE1")
    well(m)
    assert m.wifi.ifconfig()[0] == "192.168.1.50"
    assert len(m.wifi.scan()) == 2
    try:
        s.send(b"echo and echo")
        assert s.read(13) == b"echo and echo"
    except OSError as e:
        assert e.errno == rig.ECONNRESET, e
    s.close()
    s.connect(rig.ECHO)
    s.send(b"well")
    assert s.read(4) == b"well"


def test_answers_that_come_byte_by_byte():
    class Slow(rig.Tap):
        def any(self):
            return 1 if self.uart.any() else 0

    tap = Slow(rig.uart())
    m = espat.Modem(tap)
    m.wifi.connect(*rig.LAB)
    s = m.socket()
    s.connect(rig.PATTERN)
    s.send(b"700\n")
    assert s.read() == rig.pattern(700)
    assert len(m.wifi.scan()) == 2


def test_a_uart_that_takes_few_bytes_at_once():
    class Narrow(rig.Tap):
        turn = 0

        def write(self, buf, off=0, n=None):
            # None, 0 and short counts: all of them mean "later".
            self.turn += 1
            n = len(buf) - off if n is None else n
            if self.turn % 3 == 0:
                return None
            if self.turn % 3 == 1 and n:
                return 0
            return rig.Tap.write(self, buf, off, min(n, 7))

    m = espat.Modem(Narrow(rig.uart()))
    m.wifi.connect(*rig.LAB)
    s = m.socket()
    s.connect(rig.ECHO)
    data = rig.pattern(500)
    s.sendall(data)
    assert s.read(500) == data


def test_an_error_in_the_middle_of_raw_data():
    # The module goes on counting while the driver takes the send for over.
    for text in ("\r\nERROR", "\r\nSEND FAIL", "\r\nSEND Canceled"):
        tap = rig.Tap(rig.uart())
        m = espat.Modem(tap)
        m.wifi.connect(*rig.LAB)
        s = m.socket()
        s.connect(rig.ECHO)
        tap.forget()
        s.send(b"x")
        assert s.read(1) == b"x"
        prompt = tap.read_in[: tap.read_in.find(b">") + 1]
        t = m.socket()
        t.connect(rig.ECHO)
        rig.control("inject", line=text, after_bytes=len(prompt))
        rig.raises(OSError, s.sendall, rig.pattern(4000))
        well(m)
        t.send(b"the other link")
        assert t.read(14) == b"the other link"
        s.close()
        t.close()
        well(m)
