# needs: sim
# The worked dialogues of the guide (tests_host/tables/dialogues.jsonl), with the driver on one side
# and their very words on the other: no simulator answers here. Owns how a dialogue is played; the
# attached module lends its clock only.
import json

import espat
from system import rig

HERE = __file__
TABLE = HERE[: HERE.rfind("system/")] + "tables/dialogues.jsonl"
FINALS = ("OK", "ERROR", "SEND OK", "SEND FAIL", "busy p...")
LAST = ("OK", "ERROR", "SEND OK", "SEND FAIL", "+MQTTPUB:OK")
COUNTED = ("+HTTPCLIENT:", "+HTTPCPUT:", "+MQTTSUBRECV:", "+CIPRECVDATA:", "+WS_DATA:")

DRIVERS_OWN = ("+IPD", "WIFI ", "ERR CODE", "busy")  # no business of on_line()


def dialogues():
    with open(TABLE) as file:
        for line in file:
            dialogue = json.loads(line)
            if dialogue["dialect"] == "esp-at":
                yield dialogue


def find(name):
    for dialogue in dialogues():
        if dialogue["id"] == name:
            return dialogue
    raise ValueError(name)


def framed(line):
    """A line of a dialogue as messages.csv frames it."""
    text = line.encode()
    if line in FINALS or line.startswith("Recv "):
        return b"\r\n" + text + b"\r\n"
    if line == ">":
        return b"\r\n>"
    if line.startswith("+IPD,"):
        return b"\r\n" + text + (b"" if ":" in line else b"\r\n")
    if line.startswith("+CIPRECVDATA:"):
        return text
    return text + b"\r\n"


class Words(rig.Scripted):
    """The module's side: says `first` at the end of a line; if that ends in a prompt, `then` after
    so many raw bytes."""

    def __init__(self):
        rig.Scripted.__init__(self, self.next_answer)
        self.first = b"\r\nOK\r\n"
        self.then = b""
        self.asked = self.missing = 0

    def next_answer(self, line):
        self.missing = self.asked
        return self.first

    def expect(self, lines, raw):
        self.asked = 0
        if ">" in lines and raw is not None:
            i = lines.index(">") + 1
            self.first = b"".join([framed(x) for x in lines[:i]])
            self.then = b"".join([framed(x) for x in lines[i:]])
            self.asked = len(raw)
        else:
            self.first = b"".join([framed(x) for x in lines])

    def write(self, buf, off=0, n=None):
        n = len(buf) - off if n is None else n
        if not self.missing or self.line:
            return rig.Scripted.write(self, buf, off, n)
        if self.rx:
            return 0  # the prompt has not been read
        n = min(n, self.missing)
        self.sent.extend(memoryview(buf)[off : off + n])
        self.missing -= n
        if not self.missing:
            self.rx.extend(self.then)
        return n


def play(m, wire, step):
    """One step by modem.command() or on_line(); True when it was one that a command is for."""
    if step.get("inexact") or step.get("placeholder"):
        return False
    send = step["send"]
    lines = [x for x in step["expect"] if x]
    if send is None:
        seen = []
        for line in lines:
            if not line.startswith("+IPD"):
                m.on_line(line, seen.append)
        wire.rx.extend(b"".join([framed(x) for x in lines]))
        rig.wait(m, 100)
        plain = [x.encode() for x in lines if not x.startswith(COUNTED + DRIVERS_OWN)]
        for line in plain:
            assert line in seen, (line, seen)
        for line in lines:
            m.on_line(line, None)
        return bool(lines)
    if send == "AT+CIPSEND":
        return False  # the beginning of passthrough has no end
    raw = step.get("send_raw")
    raw = None if raw is None else raw.encode()
    wire.expect(lines, raw)
    wire.sent = bytearray()
    name = send.split("=")[0].split("?")[0]
    own = [x.encode() for x in lines if x.startswith("+" + name[3:] + ":")]
    if lines[-1] == "ERROR":
        e = rig.raises(espat.ATError, m.command, send)
        assert e.command == name
        code = int(lines[0][len("ERR CODE:") :], 16) if len(lines) > 1 else 0
        assert e.code == code, hex(e.code)
    elif b"\n" in b"".join(own):
        # Counted records: the payload follows the first comma.
        wanted = b"".join([x[x.find(b",") + 1 :] for x in own])
        buf = bytearray(4096)
        n = m.command(send, data=raw, into=buf)
        assert buf[:n] == wanted, (send, n, len(wanted))
    else:
        got = m.command(send, data=raw)
        if name == "AT+GMR":
            own = [x.encode() for x in lines[:-1]]
        assert got == own, (send, got)
    assert wire.sent == send.encode() + b"\r\n" + (raw or b""), (send, bytes(wire.sent))
    return True


def test_every_dialogue_by_commands():
    played = 0
    for dialogue in dialogues():
        wire = Words()
        m = espat.Modem(wire)
        m.start()
        for step in dialogue["steps"]:
            try:
                played += play(m, wire, step)
            except OSError as e:
                raise AssertionError("%s, %s: %r" % (dialogue["id"], step["send"], e))
    assert played > 120, played


class Station(Words):
    """Answers the driver's own calls with the words of one dialogue, which knows one link only:
    the link's number is put in and taken out here."""

    def __init__(self, dialogue):
        Words.__init__(self)
        self.steps = dialogue["steps"]
        self.used = []

    def next_answer(self, line):
        text = line.decode().strip()
        if text == "AT+CWMODE?":
            return b"+CWMODE:0\r\n\r\nOK\r\n"
        if text == "AT+CIPDNS?":
            return b'+CIPDNS:0,"192.168.3.1"\r\n\r\nOK\r\n'
        for i in range(len(self.steps)):
            step = self.steps[i]
            if step["send"] is not None and same(step["send"], text):
                self.used.append(step["send"])
                raw = step.get("send_raw")
                lines = step["expect"]
                later = self.steps[i + 1 : i + 2]
                if raw is not None and later and later[0]["send"] is None:
                    lines = lines + later[0]["expect"]  # what the peer says then
                if step["send"].startswith("AT+CIPRECVTYPE"):
                    self.event = self.steps[i + 1]["expect"]
                self.expect([numbered(x) for x in lines], None if raw is None else raw.encode())
                self.missing = self.asked
                return self.first
        return b"\r\nOK\r\n"


def numbered(line):
    if line in ("CONNECT", "CLOSED"):
        return "0," + line
    return line.replace("+IPD,", "+IPD,0,")


def same(printed, sent):
    """Is this the printed command, as the driver writes it?"""
    for name in ("AT+CIPSTART=", "AT+CIPSEND="):
        if sent.startswith(name):
            return sent == printed.replace(name, name + "0,")
    if sent.startswith("AT+CIPRECVDATA=0,"):  # it asks for at least what was announced
        return printed.startswith("AT+CIPRECVDATA=") and int(sent[17:]) >= int(printed[15:])
    if printed == "AT+CIPRECVTYPE=1":
        return sent == "AT+CIPRECVTYPE=5,1"
    return sent == printed or printed == "AT+CWMODE=1" and sent == "AT+CWMODE=1,0"


def join_and_connect(wire, **options):
    m = espat.Modem(wire, **options)
    m.wifi.connect("espressif", "1234567890")
    assert m.wifi.ifconfig()[:3] == ("192.168.3.112", "255.255.255.0", "192.168.3.1")
    s = m.socket()
    s.connect(("192.168.3.102", 8080))
    return m, s


def test_tcp_client():
    wire = Station(find("4.2.1-tcp-client"))
    m, s = join_and_connect(wire, passive=False)
    assert s.send(b"test") == 4
    assert s.recv(100) == b"test"
    assert wire.used == [step["send"] for step in wire.steps if step["send"]], wire.used


def test_passive_receive():
    wire = Station(find("4.2.12-passive-receive"))
    # The dialogue's firmware says its version nowhere; it has AT+CIPRECVTYPE.
    gmr = find("1.4.3-gmr")["steps"][0]
    wire.steps = [gmr] + wire.steps
    m, s = join_and_connect(wire)
    wire.rx.extend(b"".join([framed(numbered(x)) for x in wire.event]))
    assert s.recv(100) == b"test"
    for command in ("AT+CIPRECVTYPE=1", "AT+CIPRECVDATA=4"):
        assert command in wire.used, wire.used


def test_old_firmware():
    # AT+CIPRECVMODE is what AT+CIPRECVTYPE was called, with one number only (errata.md 1).
    class Old(Station):
        def next_answer(self, line):
            if b"AT+CIPRECVTYPE" in line or b"AT+CIPRECVMODE=5" in line:
                return b"\r\nERROR\r\n"
            return Station.next_answer(self, line)

    wire = Old(find("3.1.4-gmr"))
    m = espat.Modem(wire)
    assert m.command("AT+GMR") == [x.encode() for x in wire.steps[0]["expect"][:-1]]
    assert b"AT+CIPRECVMODE=1\r\n" in wire.sent, bytes(wire.sent)
