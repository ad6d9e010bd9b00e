# What SmartConfig says of a phone: its kind, the network's name and key, data of its own. A name
# may hold any bytes, line ends too. Loaded while it listens.
from ..compat import const, load, ticks_add, ticks_ms

_TELL_MS = const(6500)  # the phone is told for so long (guide 3.2.22: more than 6 s)
_DATA_MAX = const(256)  # bytes of a phone's own data


class Phone:
    def __init__(self, m, watch, on_stage):
        self.e = m.engine
        # Does it not say what it has heard? (AT 0.30)
        self.quiet = bool(m.speak) and not m.speak.later
        self.watch = watch(m, (b"smartconfig ", b"Smart get "), on_stage)
        self.ssid = self.key = None
        self.data = b""
        self.sink = load("once.into").Into(m.engine, None)
        self.head = (b"+SCRD:", self.header)
        self.e.heads.append(self.head)
        self.name = (b"ssid:", self.named)
        self.rest = (b"", self.more)  # all
        self.e.hooks.insert(0, self.name)

    def close(self):
        e = self.e
        e.heads.remove(self.head)
        if e.tag is self.sink:
            e.tag = e
        e.hooks[:] = [h for h in e.hooks if h is not self.name and h is not self.rest]

    def header(self, line, n):
        size = self.sink.header(line, n)
        return size if size <= _DATA_MAX else -1

    def named(self, line):
        # What comes until the key belongs to the name.
        self.ssid = line[5:]
        self.e.hooks.insert(0, self.rest)

    def more(self, line):
        if line[:9] == b"password:":
            self.e.hooks.remove(self.rest)
            self.watch.lines.append(line)
        else:
            self.ssid += b"\n" + line

    async def listen(self, ms, join_ms):
        # True: joined, and the phone has been told.
        watch = self.watch
        watch.stage("listening")
        end = ticks_add(ticks_ms(), ms)
        while True:
            line = await watch.line(end)
            sink = self.sink
            if sink.got and not self.data:
                self.data = bytes(memoryview(sink.buf)[: sink.got])
                watch.stage("data", self.data)
            if line is None:
                return False
            if line[:17] == b"smartconfig type:":
                watch.stage("type", line[17:])
            elif line[:6] == b"Smart " and self.quiet:
                self.key = b""
                end = ticks_add(ticks_ms(), join_ms)
            elif line[:9] == b"password:":
                self.key = line[9:]
                end = ticks_add(ticks_ms(), join_ms)
                watch.stage("credentials", (self.ssid, self.key))
            elif line == b"WIFI CONNECTED":
                watch.stage("joined")
            elif line == b"WIFI GOT IP":
                watch.stage("address")
            if line == (b"WIFI GOT IP" if self.quiet else b"smartconfig connected wifi"):
                watch.stage("telling")
                await watch.pause(_TELL_MS)
                return True
