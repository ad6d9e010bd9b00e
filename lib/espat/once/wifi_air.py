# What AT+CWLAP says of the air. A name may hold any 32 bytes, also line ends and what looks like
# the rest of a record or like an answer: so a record is taken as payload (framer.py) until its end
# is seen. Nothing in a name is ever taken for a line. Owns one scan of the module's.
import struct

from ..compat import const
from ..engine import number
from .quote import mode

_SENT = const(2)  # engine.py
_CUT = const(4)
_ENOBUFS = const(105)
_ROOM = const(128)  # the longest record has about 100 bytes
_TAIL = const(26)  # the shortest that follows a name: ",0,"00:00:00:00:00:00",1)
_MORE = const(4)  # numbers after the channel (wifi_scan.py)
_ALL_MORE = const(6)


class Records:
    # Takes the records of one AT+CWLAP into out: tuples into a list, packed ones into a bytearray.
    dst = None
    want = 0
    job = 1

    def __init__(self, e, out, more, channel, details):
        self.e = e
        self.out = out
        self.more = more
        self.channel = channel  # no others; None: all
        self.details = details
        self.buf = bytearray(_ROOM)
        self.n = 0
        self.security = 0
        self.bad = False
        self.torn = False

    def header(self, line, n):
        # +CWLAP:(3, has come, the name with its quotes follows
        self.security = number(line, 8, n - 1)
        self.n = 0
        self.e.tag = self
        return 1 + _TAIL + 2 * self.more

    def on_room(self, spare):
        e = self.e
        e.dst = self.buf
        e.off = self.n
        e.end = _ROOM
        return True

    def on_bytes(self, n):
        e = self.e
        buf = self.buf
        e.memo = b""  # for bulk.py: the next record has a header of its own
        if not self.bad:
            # The name ends at a quote; as long as none has come, all that follows it is missing.
            i = buf.find(b'"', 1, n)
            k = (n if i < 0 else i) + _TAIL + 2 * self.more - n
            if k <= 0:
                if buf[n - 1] == 41 and self.record(bytes(memoryview(buf)[:n])):
                    return
                k = 1
            if n + k <= _ROOM:
                self.n = n
                e.left = k
                return
            # No record is so long: bytes were lost. Nothing can be made of the rest.
            self.bad = True
        elif buf[n - 1] == 10:
            end = bytes(memoryview(buf)[:n])
            if end[-5:] == b"\nOK\r\n" or end[-8:] == b"\nERROR\r\n":
                self.on_short()
                return
        if n == _ROOM:
            buf[:9] = buf[n - 9 :]
            n = 9
        self.n = n
        e.left = 1

    def line(self, text):
        # Unknown lines, among them a record whose beginning was lost.
        if text[-1:] == b")":
            self.torn = True

    def on_short(self):
        e = self.e
        if e.stage >= _SENT:
            e.lost = True
            e.finish(_CUT)

    def record(self, text):
        # "name",-50,"aa:bb:cc:dd:ee:ff",1,-1,-1,4,4) to its very end, or this ")" is in the name.
        j = text.rfind(b'"')
        i = text.rfind(b'",', 0, j - 18)
        try:
            numbers = [int(x) for x in text[j + 2 : -1].split(b",")]
            rssi = int(text[i + 2 : j - 19])
            mac = bytes([int(x, 16) for x in text[j - 17 : j].split(b":")])
        except ValueError:
            return False
        if not 1 <= i <= 33 or len(numbers) != 1 + self.more or len(mac) != 6:
            return False
        if text[j - 19 : j - 17] != b',"' or not -129 < rssi < 1:
            return False
        if not 0 < numbers[0] < 256 or not 0 <= self.security < 256:
            return False
        ssid = text[1:i]
        channel = numbers[0]
        more = numbers[1:]
        if self.channel and channel != self.channel:
            pass  # heard from beside; it has its own turn
        elif isinstance(self.out, list):
            ap = ssid, mac, channel, rssi, self.security, not ssid
            self.out.append(ap + tuple(more) if self.details else ap)
        else:
            self.out.append(len(ssid))
            self.out.extend(struct.pack("<6sBbB", mac, channel, rssi, self.security))
            self.out.extend(ssid)
            if self.details:
                self.out.extend(struct.pack("<6h", *more))
        return True


async def one_scan(m, cmd, channel, plan, out):
    # Send cmd, an AT+CWLAP; once more if records were damaged on the wire. out: list, for tuples of
    # network.WLAN.scan(), or bytearray, for packed ones (wifi_found.py).
    _, _, option, plain, details, ms = plan
    await mode(m, 1)
    e = m.engine
    for left in (1, 0):
        more = _ALL_MORE if details else _MORE
        if await m.at(option, force=plain):
            # An old firmware has fewer fields, and no filters; the ESP8266's first has one more.
            more = 1 if m.speak else 0
            await m.at(b"AT+CWLAPOPT=1,63\r\n" if m.speak else b"AT+CWLAPOPT=1,31\r\n", force=True)
        while e.settle():
            await m.idle()
        # One that was left behind when it was cancelled has had its end by now.
        e.heads[:] = [h for h in e.heads if h[0] != b"+CWLAP:"]
        r = Records(e, out(), more, channel, details)
        head = (b"+CWLAP:", r.header)
        e.heads.append(head)
        try:
            await m.at(cmd, ms, r.line)
            if r.torn:
                raise OSError(_ENOBUFS, "AT+CWLAP")
            return r.out
        except OSError as x:
            if not left or x.errno != _ENOBUFS:
                raise
        finally:
            # Cancelled in the middle: whoever reads on needs it still.
            if e.stage < _SENT or e.owner is not None:
                e.heads.remove(head)
                if e.tag is r:
                    e.tag = e
