# modem.mqtt: the module's own MQTT client. Owns receiving and publishing; the queue is that of
# messages.py; connecting, subscribing and what follows a loss are in once/mqtt_*.py.
from .compat import const, ticks_diff, ticks_ms
from .messages import Queue

_PUBLISH_MS = const(12000)  # the module answers within 10 s (guide 3.4.16)
_HEAD = const(5)  # messages.py

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
    text = head = None  # the topic of the last publish; its command line so far

    def __init__(self, m, size, record):
        super().__init__(m, size)
        self.record = record  # the module cuts longer messages
        self.topics = {}
        self.heads = (b"+MQTTSUBRECV:", self.header, shift)
        self.hooks = ((b"+MQTTCONNECTED", self.on_up), (b"+MQTTDISCONN", self.on_down))

    def on_up(self, text):
        self.up = self.stale = True

    def on_down(self, text):
        self.up = False

    def header(self, line, n):
        # +MQTTSUBRECV:0,"topic",5,
        i = n - 2
        while 48 <= line[i] <= 57:
            i -= 1
        if line[n - 1] != 44 or i == n - 2 or line[i] != 44 or line[i - 1] != 34 or i < 17:
            return -1
        t = i - 17
        size = 0
        while i < n - 2:
            i += 1
            size = size * 10 + line[i] - 48
        if n > len(line) - 12:
            t = self.cap  # its middle is missing
        if size > self.record:
            self.record = 0  # this module does not cut
        buf = self.buf
        i = self.last + _HEAD
        j = 0
        join = self.more and t == self.topic
        while join and j < t and not self.spoilt:
            join = buf[i + j] == line[16 + j]
            j += 1
        if not join:
            self.ready = self.w
            self.spoilt = False
        self.join = join
        self.more = False
        self.topic = t
        # The first one shares its room with the packet's head: 3 bytes (4 from 16 KB on), 2 for
        # the length of the topic, 2 with QoS 1 and 2.
        n = self.record - t - size
        self.full = size == self.record if join else 5 <= n <= 8 and (n & 1 or self.cap >> 14 > 0)
        self.e.tag = self
        self.e.memo_tag = None  # each header is read: the topic is in it
        return size + 2

    async def watch(self, m):
        # Is the broker there, and does it know our topics? (Called often: cheap while nothing is
        # to be done but wait for the module, which connects again by itself.)
        if self.boots == m.boots:
            if not self.stale and (self.up or self.reconnect):
                return
        elif self.reconnect and self.retry and ticks_diff(ticks_ms(), self.retry) < 0:
            return
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
    if topic != s.text or s.head is None:
        from .once.quote import build, check

        check("topic: bytes", len(topic.encode() if isinstance(topic, str) else topic), 1, 128)
        s.head = build(b"AT+MQTTPUBRAW", (0, topic))[:-2]
        s.text = topic
    if not 0 <= qos <= 2:
        raise ValueError("qos: 0..2")
    if isinstance(data, str):
        data = data.encode()
    tail = b",%d,%d\r\n" % (qos, 1 if retain else 0)
    n = len(data)
    raw = data
    if n + len(s.head) < 247:
        # The string form: where nothing in it could be misread.
        for c in data:
            if c < 32 or c > 126 or c == 34 or c == 44 or c == 92:
                break
        else:
            raw = None
    if raw is None:
        cmd = s.head[:10] + s.head[13:] + b',"' + bytes(data) + b'"' + tail
    else:
        cmd = b"%s,%d%s" % (s.head, n, tail)
    if len(cmd) > 256:
        raise ValueError("topic too long for a command")
    if s.boots != m.boots or not s.up or s.stale:
        await m.brief("mqtt_link", "ready", s)
    await m.at(cmd, _PUBLISH_MS, None, b"", raw)
