# Runs on MicroPython: what the device of months_board.py does, every byte looked at.
# Owns the operations. Each ends well, raises OSError, or raises AssertionError for wrong bytes.
import random

import ubinascii

ECHO = ("echo.test", 7)
PATTERN = ("pattern.test", 19)
TIMEOUT_S = 8
PORT = 8080
TOPIC = "months/one"
MOST = 3000


def pattern(count):
    return bytes((i * 7 + (i >> 8)) & 0xFF for i in range(count))


class Short(OSError):
    """An end before the end: any protocol sees that."""


def same(want, got):
    assert want[: len(got)] == got, "wrong bytes: %d of %d" % (len(got), len(want))
    if len(got) != len(want):
        raise Short(0, "short")


class Deeds:
    def __init__(self, life, m, control):
        self.life = life
        self.m = m
        self.control = control
        self.pattern = pattern(MOST)
        self.buf = bytearray(600)
        self.visits = self.number = 0
        self.little = False  # the same few bytes each time
        self.kept = None  # a connection that stays open for days
        self.kept_faults = 0  # how many there had been when it was opened; -1: in one
        self.echo_ip = m.getaddrinfo("echo.test", 7)[0][4][0]
        self.listen()
        m.mqtt.connect("mqtt.test", client_id="months", queue=2048)
        m.mqtt.subscribe(TOPIC, 1)
        self.each = (self.page, self.datagram, self.store, self.look_up, self.restart, self.post)
        self.each += (self.visit, self.fetch, self.echo)
        self.all = self.each + (self.keep, self.ask, self.visit, self.echo)

    def may_fail(self, f):
        """Without a fault just now: what an earlier one has broken for good."""
        return (
            f == self.post
            and self.life.s < self.life.mqtt_s
            or f == self.keep
            and self.kept_faults != self.life.faults
        )

    def settle(self):
        """Everything once more, and little of it: what is on the heap then is not chance."""
        if self.kept is not None:
            self.kept.close()
            self.kept = None
        self.little = True
        for f in self.each:
            if not (f == self.post and self.may_fail(f)):
                f()
        self.little = False

    def count(self, most):
        return 1 if self.little else random.choice((1, 30, most // 3, most))

    def some(self, most):
        """So many bytes, seldom the same ones."""
        start = 0 if self.little else random.randrange(MOST - most)
        return self.pattern[start : start + self.count(most)]

    # -- streams -----------------------------------------------------------------------
    def fetch(self):
        count = self.count(MOST)
        with self.m.socket() as s:
            s.settimeout(TIMEOUT_S)
            s.connect(PATTERN)
            s.write(b"%d\n" % count)
            at = 0
            while True:
                k = s.recv_into(self.buf)
                if not k:
                    break
                same(self.pattern[at : at + k], self.buf[:k])
                at += k
            if at != count:
                raise Short(0, "short")

    def echo(self):
        with self.m.socket() as s:
            s.settimeout(TIMEOUT_S)
            s.connect(ECHO)
            for _ in range(1 if self.little else random.randrange(1, 4)):
                self.there_and_back(s, self.some(1500))

    def there_and_back(self, s, data):
        s.write(data)
        same(data, s.read(len(data)))

    def keep(self):
        """A few bytes over a connection that may be open, and idle, for days."""
        s = self.kept
        new = s is None
        if new:
            self.kept_faults = self.life.faults if self.life.calm else -1
            self.kept = s = self.m.socket()
            s.settimeout(TIMEOUT_S)
        try:
            if new:
                s.connect(ECHO)
            self.there_and_back(s, self.some(100))
        except BaseException:
            self.kept = None
            s.close()
            raise

    # -- the server --------------------------------------------------------------------
    def listen(self):
        self.server = None  # until it does: the next visit tries again
        s = self.m.socket()
        s.bind(("", PORT))
        s.listen(2)
        s.settimeout(TIMEOUT_S)
        self.server = s

    def restart(self):
        if self.server is not None:
            self.server.close()
        self.listen()

    def visit(self):
        """A client of our server: it sends, is answered, one of the two ends it."""
        data = self.some(600)
        control = self.control
        if self.server is None:
            self.listen()
        self.visits += 1
        ip = "192.0.2.%d" % (self.visits % 250 + 1)  # whose it is: an earlier one may still wait
        try:
            number = control("client", port=PORT, ip=ip)["id"]
        except AssertionError:
            raise Short(0, "nobody listens")
        self.m.pause(20)
        control("far", id=number, send_hex=ubinascii.hexlify(data).decode())
        try:
            c, who = self.server.accept()
            while who[0] != ip:
                c.close()
                c, who = self.server.accept()
            with c:
                c.settimeout(TIMEOUT_S)
                same(data, c.read(len(data)))
                c.write(data)
                self.m.pause(50)
                got = ubinascii.unhexlify(control("far", id=number)["data_hex"])
                if random.randrange(2):
                    control("far", id=number, end=random.choice(("close", "reset")))
                    self.m.pause(50)
            same(data, got)
        finally:
            control("far", id=number, end="reset")

    # -- the rest ----------------------------------------------------------------------
    def page(self):
        count = self.count(MOST)
        r = self.m.http.get("http://web.test/file/%d" % count, timeout_s=TIMEOUT_S)
        if r.status_code not in (200, None):
            raise Short(0, "status")
        same(self.pattern[:count], r.content)

    def post(self):
        """To a topic, and back from it."""
        self.number += 1
        data = b"%d:" % self.number + self.some(600)
        mqtt = self.m.mqtt
        mqtt.publish(TOPIC, data, random.choice((0, 1)))
        while True:
            x = mqtt.receive(TIMEOUT_S * 1000)
            if x is None:
                raise Short(0, "no message")
            number, _ = bytes(x[1]).split(b":", 1)
            if int(number) == self.number:
                break  # earlier ones: those that failed may still arrive
            assert int(number) < self.number
        assert x[0] == TOPIC.encode() and x[1] == data, "wrong message"

    def datagram(self):
        with self.m.socket(2, 2) as s:
            s.settimeout(2)
            s.connect(ECHO)
            data = self.some(1000)
            s.send(data)
            assert s.recv(1500) == data, "wrong datagram"

    def store(self):
        data = self.some(60)
        self.m.nvs.set("months", "x", data)
        assert bytes(self.m.nvs.get("months", "x")) == data, "wrong bytes from nvs"

    def look_up(self):
        assert self.m.getaddrinfo("echo.test", 80), "no address"

    def ask(self):
        random.choice((self.m.wifi.ssid, self.m.wifi.ifconfig, self.m.wifi.rssi))()
