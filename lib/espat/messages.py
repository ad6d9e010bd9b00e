# Messages that the module delivers by itself (MQTT, WebSocket): a queue in which each lies in one
# piece. Owns the buffer; knows nothing of commands. The header of a message is its heir's to read.
from .bulk import prepare  # noqa: F401  (payload straight from the UART)
from .compat import const, ticks_diff, ticks_ms

_MORE_MS = const(300)  # the next record of a message follows at once
_SPARE = const(64)  # the framer's chunk: what has been read of a message that has no room yet
_HEAD = const(5)  # of a message in the queue: length of its topic (2 bytes), of its payload (3)


class Queue:
    # The queue, and the tag of its payload for the framer. A message lies in one piece: head,
    # topic, payload, the CR LF behind it; where it would not fit the queue goes on at the front,
    # and those before it end at `top`. While the next message has no room it stays in the UART.
    # 64 bytes behind w are for what has come of such a message in one chunk with its header.
    # The MQTT client cuts a message into records and does not say so: after a full one, the next
    # of the same topic is its continuation, if it comes soon.
    dst = None
    want = 0
    job = 1
    r = next = 0  # the oldest message held, the next one to hand out
    ready = last = w = 0  # end of the whole ones; where the last one begins and ends
    top = 0
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

    def on_room(self, spare):
        e = self.e
        buf = self.buf
        view = self.view
        k = self.part
        w = self.w
        t = self.topic
        size = k + e.left
        start = w
        need = _HEAD + t + size
        if self.join:
            start = self.last
            need = w - 2 - start + size
        if need > self.cap or self.join and self.spoilt:
            if not (self.join and self.spoilt):
                self.missed += 1
            self.w = self.last = start
            self.part = 0
            self.more = self.spoilt = self.full
            self.when = ticks_ms()
            e.tag = e
            return e.on_room(spare)
        r = self.r
        move = start and r == start and not self.join and not self.top
        if not move and start + need > (r - _SPARE if self.top else self.cap):
            move = not self.top and (r == start or r >= need + _SPARE)
            if not move:
                if spare:
                    return False
                e.dst = buf
                e.off = w
                e.end = w + _SPARE
                return True
        some = bytes(view[w : w + k]) if k else b""
        if move:
            i = 0
            while start + i < w:
                j = min(start, w - start - i)
                buf[i : i + j] = view[start + i : start + i + j]
                i += j
            if r == start:
                self.r = self.next = 0
            else:
                self.top = start
            self.w = w = w - start
            self.last = self.ready = 0
        at = w - 2
        if not self.join:
            self.last = w
            at = w + _HEAD + t
            line = e.line
            i = 0
            while i < t:
                buf[w + _HEAD + i] = line[16 + i]
                i += 1
        if k:
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
            p = self.last
            t = self.topic
            n = off - p - _HEAD - t
            buf[p] = t & 255
            buf[p + 1] = t >> 8
            buf[p + 2] = n & 255
            buf[p + 3] = n >> 8 & 255
            buf[p + 4] = n >> 16
            self.w = off
            self.placed = False
            self.part = 0
            self.more = self.full
            if self.full:
                self.when = ticks_ms()
            else:
                self.ready = off
            return
        # No room for a short one, or bytes were lost on the wire: nothing of it is right.
        self.on_short()

    def on_short(self):
        self.missed += 1
        self.placed = False
        self.part = 0
        if self.join:
            self.w = self.last
        self.last = self.w
        self.more = self.spoilt = self.full
        self.when = ticks_ms()

    def take(self):
        """The next message as (topic, payload), None if there is none. Frees the one before."""
        self.r = r = self.next
        if r == self.top:
            self.r = self.next = r = self.top = 0
        if not self.top and r == self.ready:
            e = self.e
            if not self.more or e.left and e.tag is self:
                return None
            if ticks_diff(ticks_ms(), self.when) < _MORE_MS:
                return None
            self.more = self.spoilt = False
            self.ready = self.w
            if r == self.w:
                return None
        buf = self.buf
        n = r + _HEAD + (buf[r] | buf[r + 1] << 8)
        self.next = end = n + (buf[r + 2] | buf[r + 3] << 8 | buf[r + 4] << 16)
        return bytes(self.view[r + _HEAD : n]), self.view[n : end - 2]

    def forget(self):
        """What is under way will not come any more: a reboot, or nobody wants it."""
        self.placed = self.more = False
        self.part = 0
        self.w = self.last = self.ready
        e = self.e
        if e.tag is self:
            e.tag = e
            e.dst = None

    async def get(self, m, timeout_ms):
        # The next one; None after timeout_ms. watch() looks at the connection meanwhile.
        start = ticks_ms()
        while True:
            # What is in the queue first, and only then more of what waits in the UART.
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
                if n < ms:
                    ms = n
            await m.idle(ms)
