# One command in flight, its answer, and everything the module says by itself. Sans-I/O: time comes
# in as a number (ticks_ms). Knows lines, not features: those register themselves in `hooks`
# (lines) and `heads` (counted payload).
from .compat import const, ticks_add, ticks_diff
from .framer import Framer

# stage: where the command in flight is. From SENT on something is in flight.
IDLE = const(0)
DONE = const(1)  # its result waits for the owner to fetch it
SENT = const(2)  # waits for OK or ERROR
ASKED = const(3)  # waits for the prompt ">"
FED = const(4)  # raw data goes out; waits for the last word

# result of a command
OK = const(0)
ERROR = const(1)
TIMEOUT = const(2)
RESET = const(3)
CUT = const(4)  # a line of the answer was longer than the line buffer

_STALL_MS = const(1000)  # payload that stops in the middle has lost bytes


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
    stage = IDLE
    owner = None  # whoever the result is for
    result = OK
    code = 0  # the module's ERR CODE
    deadline = 0
    ms = 0
    stall = 0
    prefix = b""  # lines of the answer that have a "+" begin so
    plain = False  # lines without "+" are part of the answer too
    answer = None  # called with each line of the answer (bytes)
    out = None  # out[i:out_end] is on its way to the UART
    i = 0
    out_end = 0
    raw = None  # raw[raw_off:raw_end]: what to send after the prompt
    raw_off = 0
    raw_end = 0
    tap = None  # called with (direction, bytes) when the wire is logged
    busy = False  # "busy p..." was seen
    lost = False  # a command got no answer: ask before the next one

    def __init__(self, line, step):
        super().__init__(line, step)
        self.links = [None] * 5
        self.hooks = []  # (prefix, handler(line)) for what the module says by itself

    def start(self, owner, cmd, n, now, ms, raw=None, off=0, end=0):
        """Send cmd[:n] (CR LF included). raw[off:end] follows when the prompt comes.
        The caller has seen that stage is IDLE."""
        self.owner = owner
        self.result = OK
        self.code = 0
        self.ms = ms
        self.out = cmd
        self.i = 0
        self.out_end = n
        self.raw = raw
        self.raw_off = off
        self.raw_end = end
        self.prompt = raw is not None
        self.stage = ASKED if self.prompt else SENT
        if self.tap:
            self.tap(">", bytes(memoryview(cmd)[:n]))
        self.deadline = ticks_add(now, ms)
        self.flush(now)

    def fetch(self):
        """The result of a finished command; the next one may start."""
        self.stage = IDLE
        self.owner = self.answer = None
        self.prefix = b""
        self.plain = False
        return self.result

    def flush(self, now):
        k = self.write(self.out, self.i, self.out_end - self.i)
        if k:
            self.i += k
            self.deadline = ticks_add(now, self.ms)
            if self.i >= self.out_end:
                self.out = None

    def poll(self, now):
        """Move bytes both ways and look at the deadlines. Returns how many ms may pass until
        the next look: 0 if something came, at most 1000."""
        if self.out is not None:
            self.flush(now)
        self.pump()
        ms = 0 if self.moved else 1000
        if self.left:
            if self.moved:
                self.stall = ticks_add(now, _STALL_MS)
                self.deadline = ticks_add(now, self.ms)  # an answer still comes in
            else:
                ms = ticks_diff(self.stall, now)
                if ms <= 0:
                    self.stalled()
                    ms = 0
        self.moved = False
        if self.stage > DONE:
            k = ticks_diff(self.deadline, now)
            if k <= 0:
                self.lost = True
                self.finish(TIMEOUT)
                ms = 0
            elif k < ms:
                ms = k
        return ms

    def stalled(self):
        # Bytes of a payload are missing; or a full ring that nobody empties keeps the answer to a
        # command from coming.
        if self.dst is not None:
            self.left = 0
        elif self.stage <= DONE:
            return
        self.dst = None
        self.memo = b""
        tag = self.tag
        self.tag = self
        tag.on_short()

    def finish(self, result):
        self.result = result
        self.out = self.raw = None
        self.prompt = False
        self.stage = DONE if self.owner is not None else IDLE

    def fail_all(self):
        """The module is not what it was (reboot): no answer comes, no link lives."""
        self.left = self.n = 0
        self.head = self.dst = None
        self.memo = b""
        if self.stage > DONE:
            self.finish(RESET)
        for s in self.links:
            if s is not None:
                s.on_lost()

    # The engine is the tag of payload that is nobody's: it goes into the scratch chunk. (While
    # the chunk is scanned itself, writing stays behind reading.)

    def on_head(self):
        pass

    on_bytes = on_short = on_ready = on_head

    def on_room(self):
        self.aim(self.chunk, 0, len(self.chunk))
        return True

    def on_prompt(self):
        self.stage = FED
        self.out = self.raw
        self.i = self.raw_off
        self.out_end = self.raw_end
        if self.i >= self.out_end:
            self.out = None

    def on_line(self, n):
        line = self.line
        c = line[0]
        stage = self.stage
        fed = stage == FED and self.out is None
        # The four that a busy link sees are told apart without allocation.
        if c == 79 and n == 2 and line[1] == 75:  # OK
            if stage == SENT or fed:
                self.finish(self.result)
        elif c == 43 and line.find(b"+IPD,", 0, 5) == 0:
            # The module holds data of a link, or is about to send it.
            k = number(line, 5, n)
            if 0 <= k < 5 and self.links[k] is not None:
                self.links[k].hint = True
        elif c == 82 and line.find(b"Recv ", 0, 5) == 0:
            pass
        elif c == 83 and n == 7 and line.find(b"SEND OK", 0, 7) == 0:
            if fed:
                self.finish(OK)
        else:
            text = bytes(memoryview(line)[:n])
            if self.tap:
                self.tap("<", text)
            if stage > DONE and c == 43 and self.prefix and text.startswith(self.prefix):
                if n == len(line):
                    self.result = CUT
                elif self.answer:
                    self.answer(text)
            elif stage > DONE and (text == b"ERROR" or text == b"FAIL"):
                if stage == FED and not fed:
                    self.lost = True  # the module may still count raw bytes
                self.finish(ERROR)
            elif stage == FED and n < 15 and text[-2:] == b"OK":
                self.finish(OK)  # SET OK, WRITE OK, +MQTTPUB:OK
            elif stage == FED and n < 15 and (text[-4:] == b"FAIL" or text[:6] == b"SEND C"):
                self.lost = not fed
                self.finish(ERROR)  # SEND FAIL, SEND CANCELLED, +MQTTPUB:FAIL
            else:
                self.event(text)

    def event(self, text):
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
        elif text == b"ready":
            self.fail_all()
            self.on_ready()
        elif text[1:] == b",CLOSED" and 48 <= text[0] < 53:
            s = self.links[text[0] - 48]
            if s is not None:
                s.eof = s.hint = True  # look once more: the last bytes must not be lost
        else:
            for prefix, handler in self.hooks:
                if text.startswith(prefix):
                    return handler(text)
            if self.stage > DONE and self.plain and text[0] != 43 and self.answer:
                self.answer(text)
