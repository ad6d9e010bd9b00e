# The headers of payload when AT+CIPDINFO=1 adds the sender's address to them. Takes the place of
# engine.ipd and Wire.data while datagrams are in use (udp.py). Owns no payload.
from .engine import number


class Heads:
    """The headers that AT+CIPDINFO=1 adds an address to: +IPD,0,5,"192.0.2.1",7: and
    +CIPRECVDATA:5,"192.0.2.1",7, (in place of engine.ipd and Wire.data)."""

    on = False  # AT+CIPDINFO as the module has it
    whole = None  # a read gives one datagram; None: not tried yet
    kept = None  # what selects passive receive, when there are datagrams (once/udp_mode.py)

    def __init__(self, m):
        self.e = e = m.engine
        self.w = m.wire
        heads = e.heads
        for i in range(len(heads)):
            prefix = heads[i][0]
            if prefix == b"+IPD,":
                heads[i] = prefix, self.ipd
            elif prefix == b"+CIPRECVDATA:":
                heads[i] = prefix, self.data

    def ipd(self, line, n):
        if line[n - 1] != 58:
            return -1
        i = line.find(b",", 7, n) + 1
        if not i:
            return self.e.ipd(line, n)
        if line[i] == 34 and line.find(b'",', i + 1, n) < 0:  # old firmware has no quotes
            return -1  # a colon of an IPv6 address
        e = self.e
        k = number(line, 5, n)
        tag = e.links[k] if 0 <= k < 5 else None
        if tag is not None and tag.comes_from:
            tag.comes_from(line, i, n - 1)
        e.tag = tag or e
        return number(line, 7, n)

    def data(self, line, n):
        if self.on:
            i = line.find(b",", 13, n)
            i = line.find(b",", i + 1, n) if i > 0 else i
            if i < 0 or line.find(b",", i + 1, n) != n - 1:
                return -1
            self.w.data(line, n)  # whose it is
            tag = self.e.tag
            if tag is not self.e and tag.comes_from:
                tag.comes_from(line, line.find(b",", 13, n) + 1, n - 1)
            return number(line, 13, i)
        return self.w.data(line, n)
