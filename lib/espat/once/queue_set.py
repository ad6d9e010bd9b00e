# Starting a socket's send queue (queue.py), asking for it, waiting for it. Loaded for a call.
from ..compat import const, load, ticks_add, ticks_diff, ticks_ms

_ASK_MS = const(2000)  # a confirmation may have been lost on the wire: ask
_LIMIT_MS = const(20000)
_ECONNRESET = const(104)
_ENOTCONN = const(107)
_ETIMEDOUT = const(110)


async def queue(m, s):
    if m.state != 2:
        await m.brief("start", "up")
    if not m.speak:
        raise NotImplementedError("ESP-AT %d.%d has no AT+CIPSENDBUF" % m.profile.version)
    if s.kind != "TCP":
        raise m.speak.lacks("send queue for " + s.kind)
    if not s.up or s.err or s.eof:
        raise OSError(_ENOTCONN, "")
    if find(s):
        return
    await m.at(b"AT+CIPBUFRESET=%d\r\n" % s.id)  # numbers begin at 1
    x = load("queue")
    w = m.wire
    try:
        queues = w.queues  # a name in a text would not be the one in the .mpy file
    except AttributeError:
        queues = w.queues = x.Queues(m.engine)
    x.Queue(queues, s)


def find(s):
    try:
        return s.m.wire.queues.of[s.id] if s.id >= 0 else None
    except AttributeError:
        return None


async def room(m, s):
    if not find(s):
        raise OSError(_ENOTCONN, "queue() first")
    lines = []
    await m.at(b"AT+CIPBUFSTATUS=%d\r\n" % s.id, 5000, lines.append)
    # <next>,<sent>,<confirmed>,<bytes free>,<entries free>
    return int(lines[-1].split(b",")[3])


async def flush(m, s):
    q = find(s)
    if not q:
        return  # a plain send has waited itself
    while q.settle():
        await m.idle()
    now = ticks_ms()
    end = ticks_add(now, _LIMIT_MS if s.timeout is None else s.timeout)
    ask = ticks_add(now, _ASK_MS)
    while q.confirmed != q.sent:
        if s.err or s.eof:
            raise OSError(s.err or _ECONNRESET, "")
        now = ticks_ms()
        if ticks_diff(end, now) <= 0:
            raise OSError(_ETIMEDOUT, "not confirmed")
        if ticks_diff(ask, now) <= 0:
            ask = ticks_add(now, _ASK_MS)
            lines = []
            cmd = b"AT+CIPCHECKSEQ=%d,%d\r\n" % (s.id, q.sent)
            await m.at(cmd, 5000, lines.append, force=True)
            if lines and lines[-1][-5:] == b",TRUE":
                q.confirmed = q.sent
            continue
        await m.idle(min(ticks_diff(end, now), ticks_diff(ask, now)))
