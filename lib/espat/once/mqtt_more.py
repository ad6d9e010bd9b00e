# modem.mqtt's less frequent calls: subscribing, state, the end; the begin of a command for a new
# topic. Loaded for a call.
from .quote import build, check, query, raw

_ANSWER_MS = 12000  # guide 3.4.16: within 10 s


async def subscribe(m, topic, qos=0):
    """Subscribe to topic (1..128 bytes, wildcards + and #; at most ten topics) with qos 0..2.
    ATError if the broker refuses. AT+MQTTSUB, guide 3.4.12."""
    from ..mqtt import found

    key = text(topic)
    check("qos", qos, 0, 2)
    s = found(m)
    if key not in s.topics and len(s.topics) >= 10:
        raise ValueError("ten topics at most")
    await m.brief("mqtt_link", "ready", s)
    await announce(m, s, key, qos)
    s.topics[key] = qos


async def announce(m, s, topic, qos):
    # AT+MQTTSUB. Where the module says ALREADY SUBSCRIBE it may not say OK.
    seen = []
    hook = (b"ALREADY ", seen.append)
    hooks = m.engine.hooks
    hooks.insert(0, hook)
    try:
        await m.at(build(b"AT+MQTTSUB", (0, topic, qos)), _ANSWER_MS)
    except OSError:
        if not seen:
            raise
    finally:
        hooks.remove(hook)


async def head(m, topic):
    # AT+MQTTPUBRAW as far as the topic; with qos and length it must fit into a line.
    cmd = build(b"AT+MQTTPUBRAW", (0, text(topic)))[:-2]
    if len(cmd) > 240:
        raise ValueError("topic too long for a command")
    return cmd


def text(topic):
    topic = raw(topic)
    check("topic: bytes", len(topic), 1, 128)
    return topic


async def unsubscribe(m, topic):
    """End a subscription. AT+MQTTUNSUB, guide 3.4.13."""
    from ..mqtt import found

    key = text(topic)
    s = found(m)
    s.topics.pop(key, None)
    await m.brief("mqtt_link", "ready", s)
    await m.at(build(b"AT+MQTTUNSUB", (0, key)), _ANSWER_MS)


async def subscriptions(m):
    """[(topic, qos)] as the module knows them (AT+MQTTSUB?)."""
    result = []
    for line in await query(m, b"AT+MQTTSUB?", 0):
        i = line.find(b'"') + 1
        j = line.rfind(b'"')
        if 0 < i < j:
            result.append((line[i:j], int(line[j + 2 :])))
    return result


async def status(m):
    """What the module says of its client: 0 nothing set, 1, 2 configured, 3 connection lost,
    4 connected, 5 connected without subscription, 6 with (AT+MQTTCONN?, guide 3.4.9)."""
    return int((await query(m, b"AT+MQTTCONN?"))[0].split(b",")[1])


async def isconnected(m):
    """Is there a connection, as far as the module has said?"""
    await m.idle(0)
    s = m.mqtt.session
    return s is not None and s.up and s.boots == m.boots


async def disconnect(m):
    """End the connection and free the module's memory (AT+MQTTCLEAN, guide 3.4.14). Messages
    that nobody took are gone. Without a connection it does nothing."""
    s = m.mqtt.session
    if s is not None:
        await forget(m, s)
        if m.state == 2:
            await m.at(b"AT+MQTTCLEAN=0\r\n", _ANSWER_MS, force=True)


async def forget(m, s):
    e = m.engine
    s.up = False
    s.forget()
    e.heads[:] = [h for h in e.heads if h is not s.heads]
    e.hooks[:] = [h for h in e.hooks if h is not s.hook]
    m.mqtt.session = None
