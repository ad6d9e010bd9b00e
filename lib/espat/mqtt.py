# modem.mqtt: the module's own MQTT client. Owns receiving and publishing; the queue is that of
# messages.py; connecting, subscribing and what follows a loss are in once/mqtt_*.py.
from .compat import const, ticks_diff, ticks_ms
from .messages import Queue

_PUBLISH_MS = const(12000)  # the module answers within 10 s (guide 3.4.16)
_STALE_MS = const(3000)  # no piece of a message comes so late, however seldom the wire is looked at

session = None  # what modem.mqtt.session is before the first connect


def __getattr__(name):
    if name[0] == "_":
        raise AttributeError(name)
    file = "mqtt_setup" if name == "connect" else "mqtt_more"
    if name == "listen":
        file = "mqtt_listen"
    return lambda m, *args, **kw: m.brief(file, name, *args, **kw)


def messages(m):
    """An endless iterator over the messages: `for topic, payload in modem.mqtt.messages()`, with
    asyncio `async for`. As receive()."""
    from .once.mqtt_listen import Messages

    return Messages(m)


def shift(f, c):
    # For the framer: of a header longer than the line only the topic's begin and the end count;
    # the middle goes. c is its next byte.
    line = f.line
    n = f.width - 12
    line[n - 12 : n] = line[n:]
    line[n] = c
    return 0 if c == 44 and f.header(n + 1) else n + 1


class Session(Queue):
    up = False  # connected
    stale = False  # connected anew: the broker may have forgotten our topics
    retry = 0
    text = None  # the topic of the last publish; `head`: its command line so far

    def __init__(self, m, size, record):
        super().__init__(m, size)
        self.record = record  # the module cuts longer messages
        self.topics = {}
        self.heads = (b"+MQTTSUBRECV:", self.header, shift)
        self.hook = (b"+MQTT", self.on_state)

    def on_state(self, text):
        # +MQTTCONNECTED:..., +MQTTDISCONNECTED:0
        c = text[5]
        if c == 67:
            self.stale = True
        if c < 69:
            self.up = c == 67

    def header(self, line, n):
        # +MQTTSUBRECV:0,"topic",5,
        i = line.rfind(b'",', 16, n)
        if not 15 < i < n - 3:
            return -1
        size = 0
        for k in range(i + 2, n - 1):
            c = line[k] - 48
            if c < 0 or c > 9:
                return -1
            size = size * 10 + c
        t = i - 16
        if n > len(line) - 12:
            t = self.cap  # its middle is missing
        if size > self.record:
            self.record = 0  # this module does not cut
        join = self.more and t == self.topic and ticks_diff(ticks_ms(), self.when) < _STALE_MS
        if join and not self.spoilt:
            i = self.q[-3]
            for k in range(t):
                if self.buf[i + k] != line[16 + k]:
                    join = False
        self.join = join
        self.topic = t
        # The first one shares its room with the packet's head: 3 bytes (4 from 16 KB on), 2 for
        # the length of the topic, 2 with QoS 1 and 2.
        n = self.record - t - size
        self.full = size == self.record if join else 5 <= n <= 8 and (n & 1 or self.cap >> 14 > 0)
        e = self.e
        e.memo_tag = None  # each header is read: the topic is in it
        e.tag = self
        if not join:
            self.more = self.spoilt = False
        elif self.spoilt:
            self.more = self.spoilt = self.full
            e.tag = e  # away with it
        return size + 2

    async def watch(self, m):
        # Is the broker there, and does it know our topics? (Called often: cheap while nothing is
        # to be done but wait for the module, which connects again by itself.)
        if self.boots != m.boots or self.stale or not (self.up or self.reconnect):
            await m.brief("mqtt_link", "back", self)


def found(m):
    s = m.mqtt.session
    if s is None:
        raise OSError(107, "")  # ENOTCONN
    return s


async def receive(m, timeout_ms=None):
    """The next message as (topic, payload): bytes and a memoryview, which lies in the queue and
    holds until the next receive(). None: none came in timeout_ms (0 only looks; None waits).
    Brings subscriptions back after a loss of the connection or a reboot of the module. OSError:
    ENOBUFS, messages were lost (once, then receiving goes on); ECONNRESET, the connection is
    over (connect(..., reconnect=False)); ENOTCONN. Commands: AT+MQTTSUB, guide 3.4.12."""
    return await found(m).get(m, timeout_ms)


async def publish(m, topic, data, qos=0, retain=False):
    """Publish data (bytes of any kind and length, or str) and wait until the module is done with
    it; with qos 1 and 2 until the broker has it. topic: 1..128 bytes; qos: 0..2. ATError: the
    broker did not take it; OSError: ETIMEDOUT, then it may have come or not; ENOTCONN. While the
    connection is away it waits 15 s for it. AT+MQTTPUB, AT+MQTTPUBRAW, guide 3.4.10, 3.4.11."""
    s = found(m)
    if topic != s.text:
        s.head = await m.brief("mqtt_more", "head", topic)
        s.text = topic
    if not 0 <= qos <= 2:
        raise ValueError("qos: 0..2")
    if isinstance(data, str):
        data = data.encode()
    retain = 1 if retain else 0
    raw = data
    cmd = b"%s,%d,%d,%d\r\n" % (s.head, len(data), qos, retain)
    if len(data) + len(s.head) < 247:
        # The string form: where nothing in it could be misread.
        for c in data:
            if c < 32 or c > 126 or c in b'",\\':
                break
        else:
            raw = None
            cmd = b'%s%s,"%s",%d,%d\r\n' % (s.head[:10], s.head[13:], bytes(data), qos, retain)
    if s.boots != m.boots or not s.up or s.stale:
        await m.brief("mqtt_link", "ready", s)
    await m.at(cmd, _PUBLISH_MS, None, b"", raw)
