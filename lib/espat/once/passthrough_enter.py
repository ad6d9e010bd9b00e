# The last steps into passthrough: nobody else uses the module, the stream's object, the prompt.
# Loaded for the call.
from ..compat import const, ticks_add, ticks_diff, ticks_ms
from ..ring import Ring

_UP = const(2)  # __init__.py
_THROUGH = const(3)
_EBUSY = const(16)
_ETIMEDOUT = const(110)


async def alone(m, ring):
    if m.state == _THROUGH or m.server:
        raise OSError(_EBUSY, "passthrough needs the module for itself")
    if m.state != _UP:
        await m.brief("start", "up")
    for s in m.engine.links:
        if s is not None and not s.dead:
            raise OSError(_EBUSY, "close the other sockets first")
    await m.at(b"AT+CIPCLOSE=5\r\n", force=True)
    m.engine.links = [None] * len(m.engine.links)
    return make(m, ring)


def make(m, ring):
    from ..passthrough import Through

    cls = m.socket().__class__

    class Stream(Through, cls):
        pass

    s = Stream(m)
    s.got = -1  # for link.py: take() is ours
    s.ring = Ring(ring)
    return s


def start(m, s):
    s.up = True
    s.last = ticks_ms()
    s.pluses = 0
    m.state = _THROUGH
    e = m.engine
    e.n = 0
    m.wire.poll = e.poll
    e.poll = s.poll
    e.on_overrun = s.overrun
    from .overrun import watch

    watch(e)


async def enter(m, s):
    await m.at(b"AT+SYSMSG=1\r\n")  # +QUITT on leaving
    await m.at(b"AT+CIPMODE=1\r\n")
    # From here on the other side's bytes may come at any moment.
    start(m, s)
    e = m.engine
    ring = s.ring
    cmd = b"AT+CIPSEND\r\n"
    e.i = 0
    e.stop = len(cmd)
    e.out = cmd
    mark = b"\r\n> " if m.speak else b"\r\nOK\r\n\r\n>"
    end = ticks_add(ticks_ms(), 5000)
    while True:
        k = min(e.any(), ring.size - ring.n)
        if k:
            k = e.readinto(memoryview(ring.buf)[ring.n :], k) or 0
            ring.n += k
        i = ring.buf.find(mark, 0, ring.n)
        if i >= 0:
            break
        if ring.buf.find(b"\r\nERROR\r\n", 0, ring.n) >= 0 or ticks_diff(end, ticks_ms()) <= 0:
            s.up = False
            raise OSError(_ETIMEDOUT, "no passthrough")
        await m.idle(5)
    n = i + len(mark)
    if m.speak and i >= 6 and ring.buf.find(b"\r\nOK\r\n", i - 6, i) >= 0:
        i -= 6  # some old firmware says OK, some does not
    ring.buf[i : ring.n + i - n] = ring.buf[n : ring.n]
    ring.n += i - n
