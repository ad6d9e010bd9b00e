# modem.mqtt: the connection itself, made and made again. Loaded for it, dropped after it.
from ..compat import const, ticks_add, ticks_diff, ticks_ms
from .quote import build, query

_RETRY_MS = const(5000)
_AWAY_MS = const(15000)  # the module tries again every 10 s


async def open(m, steps, reconnect, timeout_s, queue, record, topic_max):
    # steps: (command, raw bytes), the last one connects. The first one as its arguments, where
    # the client's name is still missing.
    from ..mqtt import Session

    if m.mqtt.session:
        await m.brief("mqtt_more", "disconnect")
    s = Session(m, queue, record)
    if not isinstance(steps[0], tuple):
        mac = (await query(m, b"AT+CIPSTAMAC?"))[0]
        steps[0][2] = b"espat-" + mac.replace(b":", b"").replace(b'"', b"")
        steps[0] = (build(b"AT+MQTTUSERCFG", steps[0]), None)
    s.reconnect = reconnect
    s.steps = steps
    s.timeout_ms = timeout_s * 1000
    e = m.engine
    if topic_max + 64 > len(e.line):
        line = bytearray(topic_max + 64)
        line[: len(e.line)] = e.line
        e.line = line
        e.width = len(line)
    e.heads.append(s.heads)
    e.hooks.append(s.hook)
    m.mqtt.session = s
    try:
        await again(m, s)
    except BaseException:
        await m.brief("mqtt_more", "forget", s)
        raise


async def again(m, s):
    # The whole configuration, then the connection, then the subscriptions.
    s.up = False
    s.forget()
    await m.at(b"AT+MQTTCLEAN=0\r\n", force=True)  # what a former program has left
    if m.state != 2:
        await m.brief("start", "up")
        await m.at(b"AT+MQTTCLEAN=0\r\n", force=True)
    boots = m.boots
    last = s.steps[-1]
    for step in s.steps:
        cmd, raw = step
        if step is last and m.profile.version >= (5, 0):
            cmd = cmd[:-2] + b",%d\r\n" % min(s.timeout_ms, 60000)  # the module gives up with us
        await m.at(cmd, s.timeout_ms if step is last else 5000, None, b"", raw)
    s.boots = boots
    s.retry = 0
    s.up = True
    await restore(m, s)


async def restore(m, s):
    # Subscribe to our topics once more.
    s.stale = False
    for topic in list(s.topics):
        await m.brief("mqtt_more", "announce", s, topic, s.topics[topic])


async def back(m, s):
    # Is the broker there, and does it know our topics? Brings back what a reboot has ended.
    if s.boots == m.boots and s.up:
        if s.stale:
            await restore(m, s)
        return True
    if not s.reconnect:
        raise OSError(104, "")  # ECONNRESET
    if s.boots != m.boots and (not s.retry or ticks_diff(ticks_ms(), s.retry) >= 0):
        try:
            await again(m, s)
        except OSError:
            s.retry = ticks_add(ticks_ms(), _RETRY_MS)
    return s.up


async def ready(m, s):
    # The same, but waits for it.
    start = ticks_ms()
    while not await back(m, s):
        if ticks_diff(ticks_ms(), start) > _AWAY_MS:
            raise OSError(110, "")  # ETIMEDOUT
        await m.idle(200)
