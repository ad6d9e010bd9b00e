# needs: sim
# profile: esp32s2-3.4-full
# The services inside the module at their edges: after a reboot that nobody has noticed, on a
# chosen link, beyond the end of a file, with names that are too long, behind other tasks' commands.
import espat
from espat import aio
from system import rig

WS = "ws://ws.test/echo"
FAR = ("192.0.2.10", 80)


def rebooted(m):
    """The module has said "ready", and nobody has asked it anything since."""
    rig.control("reboot")
    rig.wait(m, 1500)
    assert m.state == 0


def test_a_websocket_after_a_reboot():
    m = rig.joined()
    rebooted(m)
    s = m.ws.connect(WS)
    s.send("text")
    assert bytes(s.receive(2000)) == b"text"
    s.close()


def test_a_websocket_on_a_chosen_link():
    m = rig.joined()
    a = m.ws.connect(WS, link=2)
    b = m.ws.connect(WS)
    assert a.link == 2 and b.link == 0
    rig.fails(rig.ENOMEM, m.ws.connect, WS, link=2)
    for s in (a, b):
        s.send("text %d" % s.link)
        assert bytes(s.receive(2000)) == b"text %d" % s.link
    a.close()
    a = m.ws.connect(WS, link=2)
    a.send("again")
    assert bytes(a.receive(2000)) == b"again"


def test_mqtt_ends_after_a_reboot_without_a_word():
    uart = rig.Tap(rig.uart())
    m = espat.Modem(uart)
    m.wifi.connect(*rig.LAB)
    m.mqtt.connect("mqtt.test")
    rebooted(m)
    uart.forget()
    m.mqtt.disconnect()
    assert not uart.sent, bytes(uart.sent)
    assert not m.mqtt.isconnected()
    m.mqtt.connect("mqtt.test")
    assert m.mqtt.isconnected()


def test_a_topic_that_no_command_has_room_for():
    # 128 bytes, but each of these is two on the wire.
    uart = rig.Tap(rig.uart())
    m = espat.Modem(uart)
    m.wifi.connect(*rig.LAB)
    m.mqtt.connect("mqtt.test")
    uart.forget()
    for n in (115, 128):
        rig.raises(ValueError, m.mqtt.publish, '"' * n, b"\0raw")
    rig.raises(ValueError, m.mqtt.publish, "x" * 129, b"\0raw")
    assert b"AT+MQTTPUB" not in uart.sent
    m.mqtt.publish("x" * 128, b"\0raw", 1)
    assert m.mqtt.isconnected()


def test_mqtt_already_subscribed_is_no_error():
    # Some firmware says so and ERROR. Any other ERROR is one.
    state = {"sub": b"\r\nOK\r\n"}
    known = b'+MQTTSUB:0,4,"a/b",1', b"+MQTTSUB:0,4,noise", b'+MQTTSUB:0,4,"c"d",2', b""
    ok = {
        b"AT+CIPMUX?\r\n": b"+CIPMUX:1\r\n",
        b"AT+CIPSTAMAC?\r\n": b'+CIPSTAMAC:"7c:df:a1:e5:70:01"\r\n',
        b"AT+MQTTSUB?\r\n": b"\r\n".join(known),
    }

    def answer(line):
        if line.startswith(b"AT+MQTTCONN="):
            return b'+MQTTCONNECTED:0,1,"mqtt.test","1883","",1\r\n\r\nOK\r\n'
        if line.startswith(b"AT+MQTTSUB="):
            return state["sub"]
        return ok.get(line, b"") + b"\r\nOK\r\n"

    m = espat.Modem(rig.Scripted(answer))
    m.start()
    m.mqtt.connect("mqtt.test")
    m.mqtt.subscribe("a/b", 1)
    state["sub"] = b"ALREADY SUBSCRIBE\r\n\r\nERROR\r\n"
    m.mqtt.subscribe("a/b", 1)
    state["sub"] = b"\r\nERROR\r\n"
    rig.raises(espat.ATError, m.mqtt.subscribe, "a/c", 1)
    assert m.mqtt.subscriptions() == [(b"a/b", 1), (b'c"d', 2)]


def test_beyond_the_end_of_a_file():
    m = rig.joined()
    m.fs.write("a", b"hello")
    assert m.fs.read("a", 5) == b"" and m.fs.read("a", 50) == b"" and m.fs.read("a", 0, 0) == b""
    assert m.fs.read("a", 3) == b"lo"
    with m.fs.open("a", "ab") as f:
        assert f.tell() == 5
        f.write(b" world")
        f.seek(0)
        f.write(b"H")
        assert f.tell() == 1
    assert m.fs.read("a") == b"Hello world"
    with m.fs.open("new", "ab") as f:
        f.write(b"x")
    assert m.fs.read("new") == b"x"


def test_joining_again_at_once_needs_newer_firmware():
    m = rig.modem()
    if not rig.has("AT+CWRECONNCFG reconnect_now"):
        rig.raises(NotImplementedError, m.wifi.reconnect, 5, 0, True)
    m.wifi.connect(*rig.LAB)
    m.wifi.reconnect(5, 10)
    assert m.wifi.reconnect() == (5, 10)


class Later:
    """A stream of asyncio: readinto() is awaited, and takes its time."""

    def __init__(self, data):
        self.data = data

    def readinto(self, buf):
        return self.some(buf)

    async def some(self, buf):
        import asyncio

        await asyncio.sleep(0.001)
        n = min(len(buf), len(self.data), 700)
        buf[:n] = self.data[:n]
        self.data = self.data[n:]
        return n


def test_a_long_send_behind_other_tasks_commands():
    # One that is under way, and one that gets no answer: the send waits for its turn.
    async def main():
        import asyncio

        m = aio.Modem(rig.uart())
        await m.wifi.connect(*rig.LAB)
        number = rig.control("serve", host=FAR[0], port=FAR[1])["id"]
        s = m.socket()
        await s.connect(FAR)
        end = rig.control("far", id=number)["connections"][-1]
        data = rig.pattern(5000)

        async def asks():
            try:
                return len(await m.command("AT+CIPMUX?", timeout_ms=1000))
            except OSError as e:
                return e.errno

        async def sends(source, n):
            await asyncio.sleep(0.001)
            return await s.send_long(source, n)

        for source in (data, Later(data)):
            assert await asyncio.gather(asks(), sends(source, 5000)) == [1, 5000]
            await asyncio.sleep(0.1)
            assert bytes.fromhex(rig.control("far", id=end)["data_hex"]) == data
        rig.control("fault", kind="lose_command", count=1)
        assert await asyncio.gather(asks(), sends(data, 5000)) == [rig.ETIMEDOUT, 5000]
        await asyncio.sleep(0.1)
        assert bytes.fromhex(rig.control("far", id=end)["data_hex"]) == data

    rig.run(main())


def test_micropythons_wrap_socket():
    # ssl.wrap_socket() of programs that know nothing of the driver: all its arguments.
    import sys

    from espat import dropin_ssl

    names = "ssl", "ussl", "tls"
    before = [sys.modules.get(name) for name in names]
    m = rig.joined()
    dropin_ssl.installed(m)
    try:
        ssl = sys.modules["ssl"]
        s = m.socket()
        s.settimeout(5)
        s.connect(("tls.test", 7))
        w = ssl.wrap_socket(s, server_hostname="tls.test")
        w.write(b"hello")
        assert w.read(5) == b"hello"
        assert ssl.wrap_socket(w) is w  # twice
        w.close()
        # Its certificates are looked at before anything is sent.
        rig.raises(ValueError, ssl.wrap_socket, m.socket(), cert=b"-----BEGIN only a certificate")
        rig.raises(ValueError, ssl.wrap_socket, m.socket(), cert_reqs=1)
        # An authority that has not signed the server's certificate.
        s = m.socket()
        s.settimeout(5)
        s.connect(("tls.test", 7))
        ca = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        rig.raises(OSError, ssl.wrap_socket, s, cert_reqs=2, cadata=ca, server_hostname="tls.test")
    finally:
        for name, module in zip(names, before):
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
