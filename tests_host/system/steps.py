# The calls that the driver's commands come from, each with a check of its whole result, and the
# injection of lines into their answers. Owns the list of calls; shared by the tests of unsolicited
# lines and of reboots.
import time

import espat
from system import rig

NETWORKS = [
    (b"espat-lab", b"\x02espa\x01", 6, -45, 3, False),
    (b"espat-open", b"\x02espa\x02", 11, -63, 0, False),
]
ADDRESSES = ("192.168.1.50", "255.255.255.0", "192.168.1.1")


class Ground:
    """A joined modem with one open link (0). tapped: on a UART that keeps what comes in, which
    takes more time on MicroPython."""

    def __init__(self, passive=True, tapped=False):
        self.passive = passive
        self.version = [line.encode() for line in rig.control("firmware")["gmr"]]
        self.own_address = rig.own_address()
        # How much of its addresses and settings this firmware tells.
        self.told = 3 if rig.has("gateway in AT+CIPSTA") else 1
        self.names = rig.has("AT+CWHOSTNAME")
        self.retries = rig.has("AT+CWRECONNCFG")
        rig.power_cycle()
        self.uart = rig.uart()
        time.sleep_ms(600)  # the module has booted, and nobody has listened
        self.uart.read()
        if tapped:
            self.uart = rig.Tap(self.uart)
        self.m = self.other = None
        self.m = espat.Modem(self.uart, passive=passive, ring=2048)
        self.m.start()
        self.m.wifi.connect(*rig.LAB)
        self.s = self.m.socket()
        self.s.connect(rig.ECHO)
        self.echo()

    # The calls

    def start(self):
        m = espat.Modem(self.uart, passive=self.passive, ring=2048)
        m.start()
        assert m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]
        self.m = m
        self.s = None

    def scan(self):
        found = self.m.wifi.scan()
        assert found == NETWORKS, found

    def join(self):
        self.m.wifi.connect(*rig.LAB)
        self.s = None  # the module has dropped its links

    def ifconfig(self):
        got = self.m.wifi.ifconfig()
        told = self.told
        assert got[:told] == ADDRESSES[:told] and got[3].count(".") == 3, got

    def queries(self):
        w = self.m.wifi
        assert w.status() == 2
        assert w.rssi() == -45
        assert w.ssid() == b"espat-lab"
        assert w.mac() == b"\x7c\xdf\xa1\xe5\x70\x01", w.mac()
        if self.names:
            assert w.hostname() == "espressif", w.hostname()
        if self.retries:
            assert w.reconnect() == (1, 0), w.reconnect()

    def resolve(self):
        info = self.m.getaddrinfo("http.test", 80)
        assert info == [(2, 1, 0, "", ("198.51.100.80", 80))], info

    def own_command(self):
        lines = self.m.command("AT+CIPSTA?")
        assert len(lines) == self.told and lines[0] == self.own_address, lines
        assert self.told < 3 or lines[2] == b'+CIPSTA:netmask:"255.255.255.0"', lines
        # Lines without a prefix cannot be told from others without one: all of them come.
        lines = [line for line in self.m.command("AT+GMR") if line in self.version]
        assert lines == self.version, lines

    def connect(self):
        self.other = self.m.socket()
        self.other.connect(rig.ECHO)

    def echo(self, s=None):
        s = s or self.s
        assert s.send(b"0123456789") == 10
        got = s.read(10)
        assert got == b"0123456789", got

    def receive(self):
        # Data and the end of the stream.
        s = self.m.socket()
        s.connect(rig.PATTERN)
        assert s.send(b"500\n") == 4
        got = s.read()
        assert got == rig.pattern(500), len(got)
        s.close()

    def close(self):
        self.other.close()
        self.other = None
        assert len(rig.control("status")["links"]) == 1

    def disconnect(self):
        self.m.wifi.disconnect()
        self.s = None  # its link goes with the network
        assert not self.m.wifi.isconnected()

    # What brings back the state that a call needs

    def ready_for(self, name):
        if name in ("echo", "connect", "close", "receive", "resolve") and self.s is None:
            if not self.m.wifi.isconnected():
                self.m.wifi.connect(*rig.LAB)
            self.s = self.m.socket()
            self.s.connect(rig.ECHO)
        if name == "close" and self.other is None:
            self.connect()
        if name != "close" and self.other is not None:
            self.other.close()
            self.other = None
        if name in ("ifconfig", "queries", "disconnect") and not self.m.wifi.isconnected():
            self.join()

    def well(self):
        """The modem answers rightly, and every link still carries every byte."""
        assert self.m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]
        for s in (self.s, self.other):
            if s is not None:
                self.echo(s)


CALLS = (
    "start",
    "scan",
    "join",
    "ifconfig",
    "queries",
    "resolve",
    "own_command",
    "connect",
    "echo",
    "receive",
    "close",
    "disconnect",
)


def borders(name, passive=True):
    """Where in the module's output of this call one line ends and another begins; from 0, before
    its first byte, to the place behind its last."""
    ground = Ground(passive, tapped=True)
    ground.ready_for(name)
    ground.uart.forget()
    getattr(ground, name)()
    said = bytes(ground.uart.read_in)
    found = [0]
    at = 0
    while at < len(said):
        end = said.find(b"\n", at) + 1
        if said[at : at + 1] == b">":
            end = at + 1
        end = end or len(said)
        if said[at:end] not in (b"\r\n", b"\n"):
            found.append(end)
        at = end
    return found


def run(ground, name, lines, places):
    """The call, with these lines (bytes) at each of these places of its answers. What went wrong,
    if anything did."""
    ground.ready_for(name)
    for place in places:
        rig.control("inject", line_hex=lines.hex(), raw=True, after_bytes=place)
    try:
        getattr(ground, name)()
        ground.well()
    except Exception as e:  # any failure is a result here
        return "%s: %r" % (name, e)
    return None
