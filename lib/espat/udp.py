# UDP: datagrams over a link in active receive, each with the address that it came from. Owns what
# is different from TCP; waiting is the face's (sockets.py, aio.py). Loaded with the first socket
# of type SOCK_DGRAM.
#
# Active receive, because passive reads may run several datagrams together (esp-at issues 323,
# 452), unless the firmware can keep them apart: then it holds back what nobody reads.
# AT+CIPDINFO=1, so that each says where it comes from. A datagram waits in the ring as its size
# (two bytes), the index of its sender in `senders`, and its bytes.
from .compat import const, ticks_add, ticks_diff, ticks_ms
from .sockets import Socket

_READ = const(1)  # link.py
_SEND = const(2)
_READ_MS = const(5000)
_SEND_MS = const(20000)
_REST_MS = const(3)  # a byte takes one at 9600
_HEAD = const(3)
_SENDERS = const(32)  # are remembered before those who have no datagram here are forgotten

_EMSGSIZE = const(90)
_ECONNABORTED = const(103)
_ECONNRESET = const(104)
_ENOTCONN = const(107)
_ETIMEDOUT = const(110)


class Udp:
    classes = []  # one for each face
    kind = "UDP"
    mode = 0  # of AT+CIPSTART: which remote end send() sends to; see connect()
    slot = -1  # whose settings are ours
    to = None  # (host, port) of connect()
    group = None
    only = None  # text of the one sender that is heard
    senders = ()
    i = 0  # index of the sender of the datagram that comes in; -1: it is not for us
    held = 0  # whole datagrams in the ring
    begun = -1  # what the ring held before the datagram that comes in
    last = 0  # bytes of the last one in the ring
    source = None  # (ip, port) that the datagram read last came from
    dropped = 0  # datagrams that found no room, or were spoilt on the UART
    fetch = None  # the command that reads one datagram, where the firmware keeps them apart
    failed = 0  # errno of the last send; where
    where = None, b""  # it went, and how that is written

    # The tag of our payload

    def comes_from(self, line, i, n):
        # line[i:n] is the sender: "192.0.2.1",7
        self.e.memo_size = -1  # every header is read: it may be another sender's
        k = 0
        for text, _ in self.senders:
            if len(text) == n - i and line.find(text, i, n) == i:
                if self.only and text != self.only:  # heard before connect()
                    k = -1
                break
            k += 1
        else:
            text = bytes(memoryview(line)[i:n])
            if self.only and text != self.only:
                k = -1
            elif k > 254:
                self.dropped += 1
                k = -1
            else:
                if not self.held and k > _SENDERS or not k:
                    self.senders = []
                    k = 0
                j = text.rfind(b",")
                try:
                    sender = text[:j].strip(b'"').decode(), int(text[j + 1 :])
                except ValueError:  # noise has spoilt it
                    self.dropped += 1
                    k = -1
                else:
                    self.senders.append((text, sender))
        self.i = k

    def on_room(self, spare):
        e = self.e
        ring = self.ring
        if self.begun < 0:
            n = e.left
            if self.i < 0 or ring.size - ring.n < n + _HEAD:
                if self.i >= 0:
                    self.dropped += 1
                e.tag = e  # throws it away
                return e.on_room(spare)
            self.begun = ring.n
            self.last = n + _HEAD
            for c in (n >> 8, n & 255, self.i):
                ring.buf[ring.start()] = c
                ring.n += 1
        e.off = self.mark = ring.start()
        e.end = min(ring.stop(), e.off + e.left)
        e.dst = ring.buf
        return True

    def on_bytes(self, off):
        e = self.e
        e.exact = False
        if self.begun < 0:  # it is empty
            self.on_room(0)
            e.dst = None
            if e.tag is e:
                return
        elif off > self.mark:
            self.ring.n += off - self.mark
        if not e.left:
            self.begun = -1
            self.held += 1

    def on_short(self):
        # Bytes were lost on the way from the module: so is this datagram, and nothing else.
        if self.begun >= 0:
            self.ring.n = self.begun
            self.begun = -1
        elif self.held:
            self.ring.n -= self.last
            self.held -= 1
        self.dropped += 1

    # Steps

    def settle(self):
        job, err = self.job, self.err
        if Socket.settle(self):
            return True
        self.passive = self.fetch is not None
        self.got = -1  # as udp_open.py has set it: a spoilt read of a stream's leaves 0
        if job == _READ and self.err != _ECONNRESET:
            if self.err != err:  # what this read had to bring is lost, and perhaps what waited
                self.err = err
                self.dropped += self.held + 1
                self.ring.n = self.held = 0
                self.begun = -1
            self.hint = self.e.result != 1  # there may be more, until it says ERROR
        if job == _SEND and self.err != err:
            # This datagram was not sent; the socket lives.
            self.failed = self.err
            self.err = err
            self.up = True
        return False

    def take(self, buf, n):
        if self.job:
            self.settle()
        if not self.held:
            self.e.pump()
        if self.held == 1:
            self.sure()
        if not self.held:
            if self.err or self.eof:
                self.up = False  # the next call opens the link again
                raise OSError(self.err or _ECONNABORTED, "")
            if not self.up:
                raise OSError(_ENOTCONN, "")
            e = self.e
            if self.hint and self.fetch and not (self.job or e.stage and e.settle() or e.lost):
                self.hint = False
                self.job = _READ
                self.want = self.ring.size
                e.ms = _READ_MS
                e.start(self, self.fetch, len(self.fetch))
            return None
        if buf is None:
            return 1
        return self.pop(buf, n)[0]

    def sure(self):
        # Is the only datagram whole? If digits of its length were lost the rest of it follows at
        # once, and begins no message.
        e = self.e
        n = -1
        while e.after is self:
            e.pump()
            if e.n > n:
                n = e.n
                end = ticks_add(ticks_ms(), _REST_MS)
            elif ticks_diff(end, ticks_ms()) <= 0:
                if e.n:
                    e.hole()
                break

    def pop(self, buf, n):
        # The oldest datagram into buf, or a new one; what is too long for it is lost.
        ring = self.ring
        head = bytearray(_HEAD)
        ring.copy(head, _HEAD)
        size = head[0] << 8 | head[1]
        self.source = self.senders[head[2]][1]
        n = min(n, size)
        if buf is None:
            buf = bytearray(n)
        if n:
            ring.copy(buf, n)
        ring.r = (ring.r + size - n) % ring.size
        ring.n -= size - n
        self.held -= 1
        return n, buf

    def cut(self, n):
        return bytes(self.pop(None, n)[1])

    # Opening and closing: once/udp_open.py

    def opened(self, addr=None):
        return self.m.brief("udp_open", "opened", self, addr)

    def secure(self, m, i, host):
        return m.brief("udp_open", "before", self, i)

    def drop(self):
        return self.m.brief("udp_open", "close", self)

    # The methods that only datagrams have, or that are different for them

    def connect(self, addr, mode=0):
        """Send to (host, port) and hear nobody else (AT+CIPSTART, guide 3.3.6). mode: 1 send()
        goes to the first who sends from elsewhere; 2 send() goes to who has sent last; both hear
        everybody."""
        return self.m.face(self.m.brief("udp_open", "attach", self, addr, mode))

    def recvfrom(self, n):
        """One datagram, of which at most n bytes are kept, and its sender: (bytes, (ip, port))."""
        return self.m.face(self.come(None, n))

    def recvfrom_into(self, buf, n=0):
        """One datagram into buf: (how many bytes, (ip, port)); what does not fit is lost."""
        return self.m.face(self.come(buf, n or len(buf)))

    async def come(self, buf, n):
        if not self.up and not self.held:
            await self.opened()
        x = self.recv(n) if buf is None else self.recv_into(buf, n)
        return await x if hasattr(x, "throw") else x, self.source

    def sendto(self, buf, addr):
        """Send buf as one datagram to (host, port); gives its length (AT+CIPSEND, guide 3.3.9)."""
        return self.m.face(self.deliver(buf, 0, len(buf), addr))

    def push(self, buf, off, n):
        return self.m.face(self.deliver(buf, off, n, None))

    async def deliver(self, buf, off, n, addr):
        m = self.m
        if not n:
            raise ValueError("empty datagram")
        if not addr and not self.to:
            raise OSError(_ENOTCONN, "")
        if addr and addr != self.where[0]:
            self.where = addr, await m.brief("udp_open", "target", addr)
        if not self.up:
            await self.opened(addr)
        if n > m.profile.send_max:
            raise OSError(_EMSGSIZE, "")
        cmd = b"AT+CIPSEND=%d,%d%s" % (self.id, n, self.where[1] if addr else b"\r\n")
        e = m.engine
        end = ticks_add(ticks_ms(), self.timeout or 60000)
        while self.settle() or e.settle() or e.lost:
            if e.lost and not e.stage:
                await m.brief("start", "resync")
            elif self.timeout is not None and ticks_diff(end, ticks_ms()) <= 0:
                raise OSError(_ETIMEDOUT, "")
            else:
                await m.idle()
        if self.err or self.eof:
            self.up = False
            raise OSError(self.err or _ECONNABORTED, "")
        self.failed = 0
        self.job = _SEND
        e.raw = buf
        e.raw_i = off
        e.raw_stop = off + n
        e.ms = _SEND_MS
        e.start(self, cmd, len(cmd))
        while self.settle():
            await m.idle()
        if self.failed or self.err:
            raise OSError(self.failed or self.err, "")
        return n
