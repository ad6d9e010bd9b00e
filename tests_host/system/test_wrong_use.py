# needs: sim
# profile: esp32s2-3.4-full
# What is refused before a byte is sent: arguments out of range, calls out of turn, what a firmware
# has not. Owns those that no other file has; each as the first call of a modem, too.
import espat
from espat import tls
from system import rig

EBADF = 9
EINVAL = 22
EOPNOTSUPP = 95
EISCONN = 106


def test_what_this_firmware_has_not():
    for name, call in (
        ("AT+CIPDOMAIN timeout", lambda m: m.net.resolve("echo.test", timeout_ms=100)),
        ("AT+MDNS instance", lambda m: m.mdns.start("a", "_http", 80, "instance")),
        ("AT+MDNS instance", lambda m: m.mdns.start("a", "_http", 80, txt={"a": "b"})),
        ("AT+CIPBUFSTATUS", lambda m: m.socket().queue()),
    ):
        if not rig.has(name):
            rig.raises(NotImplementedError, call, rig.modem())


def test_arguments():
    m, s = rig.connected()
    rig.raises(ValueError, m.http.download, "http://web.test/file/1", object(), attempts=0)
    r = m.http.get("http://web.test/file/10")
    rig.raises(ValueError, lambda: next(iter(r.iter_content(0))))
    r.close()
    rig.raises(ValueError, m.passthrough.save, ("echo.test", 7), "SCTP")
    rig.raises(ValueError, m.ota.from_url, "http://web.test/x", 0)
    rig.raises(AttributeError, lambda: m._nothing)
    rig.raises(AttributeError, lambda: m.nothing)
    s.send(b"alive")
    assert s.read(5) == b"alive"


def test_calls_out_of_turn():
    m, s = rig.connected()
    rig.fails(EISCONN, s.listen)
    rig.fails(EINVAL, s.accept)
    t = m.socket()
    t.bind(("", 8080))
    t.listen()
    t.stop()
    rig.fails(rig.ENOTCONN, t.accept)
    u = m.socket()
    rig.fails(rig.ENOTCONN, u.getpeername)
    rig.raises(ValueError, u.bind, ("", 70000))
    rig.raises(ValueError, u.bind, ("1" * 65, 7))


def test_a_server_as_the_first_call():
    m = rig.modem()
    s = m.socket()
    s.bind(("", 8080))
    s.listen()
    assert rig.control("client", port=8080)["ok"] or True
    s.close()


def test_a_server_whose_module_is_gone_ends():
    m = rig.joined()
    s = m.socket()
    s.bind(("", 8080))
    s.listen()
    rig.control("hang")
    s.close()
    rig.control("reboot")
    rig.wait(m, 3000)
    assert m.wifi.status() >= 0


def test_polling_by_hand():
    m, s = rig.connected()
    assert s.ioctl(99, 0) == -EINVAL
    assert s.ioctl(3, 4) == 4
    rig.control("link_loss", id=s.id)
    rig.wait_until(m, lambda: s.ioctl(3, 1) & 1)
    assert s.ioctl(4, 0) == 0


def test_tls_out_of_turn():
    m, s = rig.connected()
    context = tls.SSLContext(m)
    context.verify_mode = tls.CERT_NONE
    rig.fails(EOPNOTSUPP, context.wrap_socket, m.socket(2, 2))
    rig.raises(OSError, context.wrap_socket, s)  # it is open
    t = m.socket()
    t.bind(("", 8080))
    t.listen()
    rig.fails(EOPNOTSUPP, tls.SSLContext(m, tls.PROTOCOL_TLS_SERVER).wrap_socket, t, True)


def test_datagrams_out_of_turn():
    m = rig.joined()
    s = m.socket(2, 2)
    s.settimeout(2)
    rig.fails(rig.ENOTCONN, s.send, b"x")
    rig.raises(ValueError, s.sendto, b"", rig.ECHO)
    s.connect(rig.ECHO)
    rig.fails(90, s.send, bytes(9000))  # EMSGSIZE
    rig.fails(EINVAL, s.setsockopt, 0, 99, bytes(8))
    s.send(b"hello")
    buf = bytearray(9)
    assert s.recv_into(buf) == 5 and buf[:5] == b"hello"


def raw(text):
    rig.control("inject", line_hex=text.hex(), raw=True)


def test_datagrams_that_are_empty_or_spoilt():
    m = rig.joined()
    s = m.socket(2, 2)
    s.settimeout(1)
    s.bind(("", 5000))
    raw(b'\r\n+IPD,%d,0,"198.51.100.7",7:' % s.id)
    assert s.recvfrom(9) == (b"", ("198.51.100.7", 7))
    before = s.dropped
    raw(b'\r\n+IPD,%d,3,"198.51.100.7",x:abc' % s.id)
    rig.fails(rig.ETIMEDOUT, s.recv, 9)
    assert s.dropped == before + 1
    s.sendto(b"alive", rig.ECHO)
    assert s.recv(9) == b"alive"


def test_one_link_waits_for_another():
    m = rig.joined()
    a = m.socket()
    a.connect(rig.ECHO)
    b = m.socket()
    b.connect(rig.ECHO)
    a.setblocking(False)
    a.send(b"one")
    b.settimeout(5)
    b.sendall(b"two" * 500)
    a.settimeout(5)
    assert a.read(3) == b"one" and b.read(1500) == b"two" * 500
    a.setblocking(False)
    a.send(b"x")
    rig.control("hang")
    b.settimeout(1)
    rig.raises(OSError, b.send, b"y")


def test_frames_of_a_websocket_one_by_one():
    m = rig.joined()
    s = m.ws.connect("ws://ws.test/echo")
    for x in ("one", "two"):
        s.send(x)
    seen = []
    for frame in s:
        seen.append(bytes(frame))
        if len(seen) == 2:
            s.close()
    assert seen == [b"one", b"two"], seen


class Pin:
    # CircuitPython's: a property.
    def __init__(self, wire):
        self.wire = wire
        self.on = False

    @property
    def value(self):
        return self.on

    @value.setter
    def value(self, on):
        self.wire.awake = self.wire.awake or on and self.wire.fallen
        self.wire.fallen = self.wire.fallen or not on and self.on
        self.on = on


def test_a_module_that_only_power_off_and_on_brings_back():
    def answer(line):
        if not wire.awake:
            return b""
        return b"+CIPMUX:1\r\n\r\nOK\r\n" if b"MUX?" in line else b"\r\nOK\r\n"

    wire = rig.Scripted(answer)
    wire.awake = wire.fallen = False
    m = espat.Modem(wire, enable=Pin(wire))
    m.start()
    assert wire.fallen and wire.awake


def test_a_reset_pin_that_is_a_property():
    wire = rig.Scripted(
        lambda line: b"+CIPMUX:1\r\n\r\nOK\r\n" if b"MUX?" in line else b"\r\nOK\r\n"
    )
    wire.awake = wire.fallen = False
    pin = Pin(wire)
    espat.Modem(wire, reset=pin).start()
    assert pin.on


def test_files_out_of_turn():
    m = rig.modem()
    m.fs.write("a.txt", b"0123456789")
    f = m.fs.open("a.txt")
    f.seek(50)
    assert f.read(5) == b""
    f.close()
    rig.fails(EBADF, f.read, 1)


def test_a_topic_longer_than_a_command():
    m = rig.joined()
    m.mqtt.connect("mqtt.test")
    rig.raises(ValueError, m.mqtt.unsubscribe, "t" * 300)
    m.mqtt.disconnect()


def test_an_i2c_answer_that_is_spoilt():
    mux = b"+CIPMUX:1\r\n\r\nOK\r\n"
    wire = rig.Scripted(lambda line: mux if b"MUX?" in line else b"\r\nOK\r\n")
    m = espat.Modem(wire)
    i2c = m.gpio.I2C(0, 1, 2)
    for said in (b"+DRVI2CRD:1,0xZZ\r\n", b"+DRVI2CRD:2,0x1\r\n"):
        wire.answer = lambda line, said=said: said + b"\r\nOK\r\n"
        rig.raises(OSError, i2c.readfrom, 9, 1)


def test_polling_a_server_that_has_ended():
    m = rig.joined()
    s = m.socket()
    s.bind(("", 8080))
    s.listen()
    assert not s.ioctl(3, 1)
    s.stop()
    assert s.ioctl(3, 1) & 8
    t = m.socket()
    t.close()
    assert t.ioctl(3, 1) & 8


def test_awaited_frames():
    from espat import aio

    async def main():
        m = aio.Modem(rig.uart())
        await m.wifi.connect(*rig.LAB)
        s = await m.ws.connect("ws://ws.test/echo")
        await s.send("one")
        seen = []
        async for frame in s:
            seen.append(bytes(frame))
            await s.close()
        assert seen == [b"one"], seen

    rig.run(main())
