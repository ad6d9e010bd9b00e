# One command in flight, its answer, and everything the module says by itself. Sans-I/O: time comes
# in as a number (ticks_ms). Knows lines, not features: those register themselves in `hooks`
# (lines) and `heads` (counted payload).
from .compat import const, drop, load, ticks_add, ticks_diff
from .framer import Framer

# stage: where the command in flight is. From _SENT on something is in flight. (Numbers that other
# files use too are copied there under the same name; a test compares the copies.)
_IDLE = const(0)
_DONE = const(1)  # its result waits for the owner to fetch it
_SENT = const(2)  # waits for OK or ERROR
_ASKED = const(3)  # waits for the prompt ">"
_FED = const(4)  # raw data goes out; waits for the last word

# result of a command
_OK = const(0)
_ERROR = const(1)
_TIMEOUT = const(2)
_RESET = const(3)
_CUT = const(4)  # a line of the answer was longer than the line buffer

_STALL_MS = const(1000)  # payload that stops in the middle has lost bytes (once/stall.py)


def number(line, i, n):
    """The decimal number at line[i:n], or -1 when there is none or it is absurd."""
    v = -1
    while i < n:
        c = line[i] - 48
        if c < 0 or c > 9 or v > 99999999:
            break
        v = v * 10 + c if v > 0 else c
        i += 1
    return v


class Engine(Framer):
    job = 1  # as a tag of payload; see below
    want = 0

    links = ()  # five, once there is one (link.py)
    stage = _IDLE
    ms = 0
    raw = None  # raw[raw_i:raw_stop]: what to send after the prompt
    raw_i = 0
    raw_stop = 0
    cmd = 0  # length of the AT+CIPSEND in flight, until "Recv <n> bytes" has come
    # Called with each line of the answer (bytes): those that begin with `prefix`, or, where that
    # is empty, all that nobody else knows.
    answer = None
    broken = None  # what it has raised
    prefix = b""
    # Only there once a command has been started: result; code, the module's ERR CODE; deadline,
    # `ms` after the last byte; i and stop of `out`; busy, set when "busy p..." was seen.

    def __init__(self, size, step):
        super().__init__(size, step)
        self.out = None  # out[i:stop] is on its way to the UART
        self.tap = None  # called with (direction, bytes) when the wire is logged
        self.lost = False  # a command got no answer: ask before the next one
        self.hooks = []  # (prefix, handler(line)) for what the module says by itself
        self.heads.append((b"+IPD,", self.ipd))

    def start(self, owner, buf, n):
        """Send buf[:n], a command line with its CR LF. The caller has seen that stage is _IDLE,
        and has set `ms`, how long it may take, and raw[raw_i:raw_stop] if such bytes follow when
        the prompt comes. (More arguments would cost a frame on the heap, see bulk.py.)"""
        self.owner = owner
        self.result = _OK
        self.code = 0
        self.deadline = None  # poll() knows the time
        self.out = buf
        self.i = 0
        self.stop = n
        self.stage = _SENT
        if self.raw is not None:
            self.prompt = True
            self.stage = _ASKED
        if self.tap:
            self.tap(b">", bytes(memoryview(buf)[:n]))

    def fetch(self):
        """The result of a finished command; the next one may start."""
        self.stage = _IDLE
        self.owner = self.answer = None
        self.prefix = b""
        return self.result

    def settle(self):
        """The stage; a link's finished command is taken in on its behalf, so that the next may
        start although nobody asks that link just now."""
        if self.stage == _DONE and hasattr(self.owner, "settle"):
            self.owner.settle()
        return self.stage

    def poll(self, now):
        """Move bytes both ways and look at the deadlines. Returns how many ms may pass until
        the next look: 0 if something came, at most 1000."""
        if self.out is not None:
            n = self.write(self.out, self.i, self.stop - self.i)
            if n:
                self.deadline = None
                self.i += n
                if self.i >= self.stop:
                    self.out = None
                    if self.stage != _SENT:
                        self.moved = True  # who has more to send goes on at once
        self.pump()
        ms = 0 if self.moved else 1000
        if self.left:
            if self.moved:
                self.stall = ticks_add(now, _STALL_MS)
                self.deadline = None  # an answer still comes in
            else:
                ms = ticks_diff(self.stall, now)
                if ms <= 0:
                    ms = 1000
                    if self.dst is not None or self.stage > _DONE:
                        ms = load("once.stall").stalled(self, now)
                        drop()
        self.moved = False
        if self.stage > _DONE:
            if self.deadline is None:
                self.deadline = ticks_add(now, self.ms)
            n = ticks_diff(self.deadline, now)
            if n <= 0:
                self.lost = True
                self.finish(_TIMEOUT)
                n = 0
            if n < ms:
                ms = n
        return ms

    def finish(self, result):
        self.result = result
        self.out = self.raw = None
        self.prompt = False
        self.stage = _DONE if self.owner is not None else _IDLE

    def on_reset(self):
        """The module is not what it was: no answer comes, no link lives."""
        self.left = self.n = 0
        self.head = self.dst = None
        self.memo = b""
        if self.stage > _DONE:
            self.finish(_RESET)
        for s in self.links:
            if s is not None:
                s.on_reset()

    def ipd(self, line, n):
        # +IPD,<link>,<length>:<payload>
        if line[n - 1] != 58:
            return -1
        i = k = line.find(b",", 5, n) + 1
        while 48 <= line[k] <= 57:
            k += 1
        if not i or k < n - 1 and line[k] != 44:
            return -1  # half a message, and the half of another one
        k = number(line, 5, n)
        self.tag = self.links[k] or self if 0 <= k < len(self.links) else self
        return number(line, i, n)

    # The engine is the tag of payload that is nobody's: it goes to waste.

    def on_room(self, spare):
        self.dst = bytearray(64)
        self.off = 0
        self.end = 64
        return True

    def on_bytes(self, off=0):
        pass

    on_short = on_bytes

    def on_prompt(self):
        # The module waits: what the UART takes now goes out now.
        self.stage = _FED
        i = self.raw_i
        n = self.raw_stop
        if n > i:
            i += self.write(self.raw, i, n - i) or 0
            self.deadline = None
        self.i = i
        self.stop = n
        self.out = self.raw if n > i else None

    def on_ok(self):
        n = self.stage
        if n == _SENT and self.owner is not None:
            self.stage = _DONE  # as finish() does, without a call: every read ends here
        elif n == _SENT or n == _FED and self.out is None:
            self.finish(self.result)

    def on_line(self, n):
        # The four that a busy link sees are told apart without allocation.
        line = self.line
        c = line[0]
        if c == 79 and n == 2 and line[1] == 75:
            if self.after is not None:
                self.hole()  # its CR LF was taken for payload
            self.on_ok()
        elif c == 43 and n > 5 and line.find(b"+IPD,", 0, 5) == 0:
            # The module holds data of a link.
            n = number(line, 5, n)
            if 0 <= n < len(self.links) and self.links[n] is not None:
                self.links[n].hint = True
        elif c == 82 and line.find(b"Recv ", 0, n) == 0:
            if self.raw and self.cmd and number(line, 5, n) != self.raw_stop - self.raw_i:
                # A digit of the length was lost on the way: the rest is no payload there. Unless
                # it is noise, and the right number comes, too.
                self.lost = True
                self.result = _ERROR
            else:
                self.cmd = 0
                self.result = _OK
        elif c == 83 and n == 7 and line.find(b"SEND OK", 0, 7) == 0:
            if self.stage == _FED and self.out is None:
                self.finish(self.result)
        else:
            self.on_text(bytes(memoryview(line)[:n]))

    def tell(self, f, text):
        # What it raises must not tear the stream that is being cut.
        try:
            f(text)
        except Exception as e:
            if f is self.answer:
                self.broken = e  # for whoever has given the command
            else:
                load("events").report(e)

    def hear(self, text):
        # Whoever waits for it: handlers of the program (lists) take nothing away from others, the
        # first of the driver's own (tuples) is the last. False: nobody knows it.
        heard = False
        for h in self.hooks[:]:
            if text.startswith(h[0]):
                heard = True
                self.tell(h[1], text)
                if isinstance(h, tuple):
                    break
        return heard

    def on_text(self, text):
        n = len(text)
        c = text[0]
        if self.tap:
            self.tap(b"<", text)
        if self.stage > _DONE:
            if c == 43 and self.prefix and text.startswith(self.prefix):
                if n == self.width:
                    self.result = _CUT
                elif self.answer:
                    self.tell(self.answer, text)
                return
            fed = self.stage == _FED
            result = -1
            if text == b"ERROR" or text == b"FAIL":
                result = _ERROR
            elif fed and n < 15:
                if text[-4:] == b"FAIL" or text[:6] == b"SEND C":
                    result = _ERROR  # SEND FAIL, SEND CANCELLED, +MQTTPUB:FAIL
                elif text[-2:] == b"OK":
                    result = _OK  # SET OK, WRITE OK, +MQTTPUB:OK
            if result >= 0:
                if self.out is not None and fed:
                    self.lost = True  # the module may still count raw bytes
                return self.finish(result)
        # What the module says by itself.
        if text[:11] == b"ERR CODE:0x":
            try:
                self.code = int(text[11:], 16)
            except ValueError:
                pass
        elif text[:4] == b"busy":
            # Our command may have been thrown away or still be worked on: not an answer.
            self.code = 0
            self.busy = True
        elif text[1:] == b",CLOSED":
            c -= 48
            if 0 <= c < len(self.links) and self.links[c] is not None:
                self.links[c].on_closed()
        elif self.hear(text):
            pass
        elif text[:3] == b"AT+":
            # An echo: the module has rebooted, and nobody has seen it.
            self.lost = True
        elif self.stage > _DONE and self.answer and not self.prefix:
            self.tell(self.answer, text)
        elif n == self.width or not 65 <= c <= 122 and c != 43 or c in b"IPD":
            # No message begins so, but what is left of a +IPD header does.
            if self.after is not None and text[1:] != b",CONNECT":
                self.hole()
