# Sends that do not wait for the other side: the module takes a piece into a buffer of its own and
# confirms it later (AT+CIPSENDBUF of the ESP8266's first command set). Owns the pieces' numbers,
# and which of a socket's steps are otherwise then. Starting and asking: once/queue_set.py.
from .compat import const, ticks_diff, ticks_ms
from .engine import number
from .link import Link
from .sockets import Socket

# engine.py
_OK = const(0)
_ERROR = const(1)
_DONE = const(1)
_FED = const(4)
_SEND = const(2)  # link.py

_PIECE = const(1460)
_SEND_MS = const(20000)  # also how long the buffer may be full
_AGAIN_MS = const(250)  # until a full buffer is tried again, if nothing is confirmed before
_ECONNRESET = const(104)
_ETIMEDOUT = const(110)


class Queues:
    """Of one module: what it says of its pieces."""

    now = None  # whose piece is on its way into the module

    def __init__(self, e):
        self.e = e
        self.of = [None] * 5
        self.usual = e.usual  # old.py
        self.wire = w = e.wire
        self.written = w.line
        e.usual = self.on_line
        w.line = self.line

    def line(self, name, i, n):
        # AT+CIPSENDBUF in place of AT+CIPSEND; asked for each time (key).
        q = self.of[i]
        if q is not None and q.s.job == _SEND:
            name = b"AT+CIPSENDBUF="
            self.wire.key = 0
            q.taken = q.room = False
            q.buf = self.e.raw
            self.now = q
        self.written(name, i, n)

    def on_line(self, n):
        e = self.e
        line = e.line
        c = line[0]
        q = self.now
        if q is not None and (e.owner is not q.s or e.stage <= _DONE):
            q = None
        if 48 <= c <= 57:
            k = line.find(b",SEND ", 0, n)
            if k > 1 and line[1] == 44:
                # <link>,<number>,SEND OK
                q = self.of[c - 48] if c < 53 else None
                if q is not None:
                    q.said(number(line, 2, k), line[k + 6] == 79)
                return
            k = line.find(b",", 0, n)
            if q is not None and k > 0 and number(line, k + 1, n) >= 0:
                # <number>,<number of the last that was confirmed>
                q.sent = number(line, 0, k)
                q.taken = True
                return
        elif q is not None and c == 82 and line.find(b"Recv ", 0, n) == 0:
            q.fed()
            return
        self.usual(n)


class Queue:
    sent = 0  # the last piece's number
    confirmed = 0
    taken = False  # the piece under way has got its number
    room = False  # something was confirmed since
    full = False  # it was refused
    tried = since = 0
    buf = None

    def __init__(self, queues, s):
        self.queues = queues
        self.s = s
        self.e = s.e
        queues.of[s.id] = self
        # Two pieces fit into the module's buffer.
        s.m.profile.send_max = _PIECE
        # In place of the class's own.
        s.settle = self.settle
        s.drop = self.drop

    def off(self):
        s = self.s
        del s.settle, s.drop
        self.queues.of[s.id] = None

    def settle(self):
        s = self.s
        e = self.e
        if s.job == _SEND and e.owner is s and not e.cmd:
            self.fed()  # bulk.py has seen "Recv"
        if s.job == _SEND and e.owner is s and e.stage == _DONE:
            if e.result == _ERROR and not self.taken and not s.err and not s.eof:
                # Refused, and nothing has gone out: the buffer is full.
                now = ticks_ms()
                if not self.full:
                    self.full = True
                    self.since = self.tried = now
                if ticks_diff(now, self.since) < _SEND_MS:
                    # The modem stays ours meanwhile: the bytes may be where others send from.
                    if self.room or ticks_diff(now, self.tried) >= _AGAIN_MS:
                        self.tried = now
                        w = e.wire
                        e.raw = self.buf
                        w.line(b"", s.id, e.raw_stop - e.raw_i)
                        e.ms = s.timeout or _SEND_MS
                        e.cmd = w.n
                        e.start(s, w.tx, w.n)
                    return True
                s.err = _ETIMEDOUT
            self.queues.now = None
            self.full = False
        return Link.settle(s)

    def fed(self):
        # The module has the whole piece.
        e = self.e
        if e.stage == _FED and e.out is None:
            self.full = False
            e.finish(_OK)

    def said(self, n, ok):
        s = self.s
        self.room = True
        if ok:
            self.confirmed = n
            if self.queues.now is self and self.taken and n == self.sent and self.e.owner is s:
                self.fed()  # a firmware that does not say "Recv"
        else:
            s.err = s.err or _ECONNRESET
            s.up = False

    async def drop(self):
        # close(): what has not been confirmed is waited for, and is no secret if it got lost.
        s = self.s
        try:
            while self.settle():
                await s.m.idle()
            if s.up and not s.eof:
                await s.m.brief("queue_set", "flush", s)
        finally:
            self.off()
            await Socket.drop(s)
