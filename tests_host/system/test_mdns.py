# needs: sim
# profile: esp32s2-guide
# modem.mdns: what the module announces. Owns its arguments; the released firmware knows fewer.
import espat
from system import rig


def announced():
    return rig.control("status")["mdns"]


def test_the_guides_example():
    # wire: AT+MDNS= by mdns.start
    m = rig.joined()
    m.mdns.start(
        "espressif",
        "_printer",
        35,
        "my_instance",
        "_tcp",
        (("product", "my_printer"), ("firmware_version", "AT-V3.4.1.0")),
    )
    found = announced()
    assert found["host"] == "espressif" and found["service"] == "_printer"
    assert (found["port"], found["instance"], found["proto"]) == (35, "my_instance", "_tcp")
    assert found["txt"] == {"product": "my_printer", "firmware_version": "AT-V3.4.1.0"}, found
    m.mdns.stop()
    assert announced() is None


def test_the_words_on_the_wire():
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    m.start()
    for args, text in (
        (("a", "_http", 80), b'"a","_http",80'),
        (("a", "_http", 80, None, "_udp"), b'"a","_http",80,,"_udp"'),
        (("a", "_http", 80, "b"), b'"a","_http",80,"b"'),
        (("a", "_x", 1, None, None, {"k": "v,"}), b'"a","_x",1,"a","_tcp",1,"k","v\\,"'),
    ):
        tap.forget()
        m.mdns.start(*args)
        assert bytes(tap.sent) == b"AT+MDNS=1," + text + b"\r\n", bytes(tap.sent)


def test_it_outlives_a_reboot_of_the_module_until_it_is_stopped():
    # wire: AT+MDNS= by mdns.stop
    m = rig.joined()
    m.mdns.start("clock", "_http", 80, txt={"path": "/"})
    rig.control("reboot")
    rig.wait(m, 2000)
    assert m.wifi.isconnected() or m.wifi.ifconfig()
    assert announced()["txt"] == {"path": "/"}
    m.mdns.stop()
    rig.control("reboot")
    rig.wait(m, 2000)
    m.wifi.ifconfig()
    assert announced() is None


def test_mistakes_are_not_sent():
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    m.start()
    tap.forget()
    for args in (
        ("", "_http", 80),
        ("x" * 64, "_http", 80),
        ("a", "", 80),
        ("a", "_http", 0),
        ("a", "_http", 65536),
        ("a", "_http", 80, ""),
        ("a", "_http", 80, None, "tcp"),
        ("a", "_http", 80, None, None, {"": "v"}),
        ("a", "_http", 80, None, None, [("k%d" % i, "v") for i in range(11)]),
        ("a", "_http", 80, None, None, [("k%d" % i, "v" * 60) for i in range(5)]),  # 256 bytes
        ("a\r\nAT+RST", "_http", 80),
    ):
        rig.raises(ValueError, m.mdns.start, *args)
    assert not tap.sent, bytes(tap.sent)


def test_asyncio():
    from espat import aio

    async def main():
        m = aio.Modem(rig.uart())
        await m.mdns.start("a", "_http", 80)
        assert announced()["host"] == "a"
        await m.mdns.stop()
        assert announced() is None

    rig.run(main())
