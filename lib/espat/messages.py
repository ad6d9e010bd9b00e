# Messages that the module delivers by itself (MQTT, WebSocket): a queue in which each lies in one
# piece. Owns the buffer; knows nothing of commands. The header of a message is its heir's to read.
from .bulk import prepare  # noqa: F401  (payload straight from the UART)
from .compat import const, ticks_diff, ticks_ms

_MORE_MS = const(300)  # the next record of a message follows at once
_SPARE = const(64)  # the framer's chunk: what has been read of a message that has no room yet


class Queue:
    # The queue, and the tag of its payload for the framer. A message lies in one piece: topic,
    # payload, the CR LF behind it; where it would not fit the queue goes on at the front. While
    # the next message has no room it stays in the UART. 64 bytes behind w are for what has come of
    # such a message in one chunk with its header.
    # The MQTT client cuts a message into records and does not say so: after a full one, the next
    # of the same topic is its continuation, if it comes soon.
    dst = None
    want = 0
    job = 1
    # In use is buf[r:w], or round the end if w < r. At r lies the message that was handed out.
    r = w = 0
    part = 0  # bytes of the record under way that lie at w
    topic = 0  # the length of its topic
    placed = False  # it has got its room
    join = False  # it belongs to the last message
    full = False  # it is as long as they get
    more = False  # the last record was: more may come
    spoilt = False  # and what it belongs to is lost
    when = 0
    missed = 0  # messages lost: no room, or bytes lost on the wire

    def __init__(self, m, size):
        self.e = m.engine
        self.cap = size
        self.buf = bytearray(size + _SPARE)
        self.view = memoryview(self.buf)
        self.q = []  # of each message: where it begins, the length of its topic, where it ends

    def on_room(self, spare):
        e = self.e
        buf = self.buf
        view = self.view
        k = self.part
        w = start = self.w
        at = w + self.topic
        if self.join:
            start, _, at = self.q[-3:]
        n = at - start  # what stands before the payload that comes
        size = k + e.left
        if n + size > self.cap:
            self.on_short()
            return e.on_room(spare)
        r = self.r
        some = bytes(view[w : w + k])
        if r == w or start + n + size > (r - _SPARE if w < r else self.cap):
            # To the front, if that has room.
            if w < r or r != start and r < n + size + _SPARE:
                if spare:
                    return False
                # What is in the chunk, byte by byte; the rest may wait.
                e.dst = buf
                e.off = w + k
                e.end = e.off + 1
                return True
            if r == start:
                self.r = 0
            if self.join:
                self.q[-3] = i = 0
                while i < n:
                    j = min(start, n - i)
                    buf[i : i + j] = view[start + i : start + i + j]
                    i += j
            self.w = start = 0
            at = n
        if not self.join:
            for i in range(n):
                buf[start + i] = e.line[16 + i]
        buf[at : at + k] = some
        self.placed = True
        e.dst = buf
        e.off = at + k
        e.end = at + size
        return True

    def on_bytes(self, off):
        buf = self.buf
        if not self.placed:
            self.part = off - self.w
            if self.e.left:
                return
        elif buf[off - 2] == 13 and buf[off - 1] == 10:
            q = self.q
            if not self.join:
                q.append(self.w)
                q.append(self.topic)
                q.append(0)
            q[-1] = off - 2
            self.w = off
            self.placed = False
            self.part = 0
            self.more = self.full
            self.when = ticks_ms()
            return
        # No room for a short one, or bytes were lost on the wire: nothing of it is right.
        self.on_short()

    def on_short(self):
        self.missed += 1
        self.forget()
        self.more = self.spoilt = self.full
        self.when = ticks_ms()

    def forget(self):
        # What is under way will not come any more (a reboot, bytes were lost, nobody wants it),
        # and what there is of that message is of no use.
        self.placed = False
        self.part = 0
        if self.more and not self.spoilt:
            self.w = self.q[-3]
            del self.q[-3:]
        self.more = False
        e = self.e
        if e.tag is self:
            e.tag = e
            e.dst = None

    def take(self):
        """The next message as (topic, payload), None if there is none. Frees the one before."""
        q = self.q
        if not q:
            self.r = self.w
            return None
        self.r = r = q[0]
        if self.more and not self.spoilt and len(q) == 3:
            e = self.e
            if e.left and e.tag is self or ticks_diff(ticks_ms(), self.when) < _MORE_MS:
                return None
            self.more = False
        n = r + q[1]
        end = q[2]
        del q[:3]
        return bytes(self.view[r:n]), self.view[n:end]

    async def get(self, m, timeout_ms):
        # The next one; None after timeout_ms. watch() looks at the connection meanwhile.
        start = ticks_ms()
        while True:
            # What is in the queue first, and only then more of what waits in the UART; but the
            # rest of a message may wait there.
            x = not self.more or len(self.q) > 3
            if x:
                x = self.take()
            if not x:
                await m.idle(0)
                x = self.take()
            if x:
                return x
            n = self.missed
            if n:
                self.missed = 0
                raise OSError(105, "%d messages lost" % n)
            await self.watch(m)
            ms = 10 if self.more else 1000
            if timeout_ms is not None:
                n = timeout_ms - ticks_diff(ticks_ms(), start)
                if n <= 0:
                    return self.take()
                ms = min(ms, n)
            await m.idle(ms)
