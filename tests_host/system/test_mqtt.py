# needs: sim
# modem.mqtt on a simulated module whose broker is mqtt.test. Owns what reaches the program and the
# broker; how the queue holds messages is test_mqtt_queue.py's, losses are test_mqtt_lost.py's.
import espat
from system import rig

BROKER = "mqtt.test"
HOSTILE = b'\0\r\nOK\r\n\r\nERROR\r\n"\\,> +MQTTPUB:FAIL\r\nready\r\n+IPD,0,5:\xff'


def connected(**options):
    m = rig.joined()
    m.mqtt.connect(BROKER, **options)
    return m


def received():
    return [
        (topic, bytes([int(data[i : i + 2], 16) for i in range(0, len(data), 2)]), qos, retain)
        for topic, data, qos, retain in rig.control("broker")["received"]
    ]


def test_connect_and_end():
    # wire: AT+MQTTUSERCFG=, AT+MQTTCONNCFG=, AT+MQTTCONN= by mqtt.connect
    # wire: AT+MQTTCONN? by mqtt.status
    # wire: AT+MQTTCLEAN= by mqtt.disconnect
    m = connected(client_id="me")
    assert m.mqtt.isconnected() and m.mqtt.status() == 4
    assert rig.control("broker")["clients"] == 1
    m.mqtt.disconnect()
    assert not m.mqtt.isconnected() and m.mqtt.status() == 0
    rig.fails(rig.ENOTCONN, m.mqtt.publish, "t", b"x")
    m.mqtt.disconnect()
    m.mqtt.connect(BROKER)
    assert m.mqtt.isconnected()


def test_publish_any_bytes_of_any_length():
    # wire: AT+MQTTPUB=, AT+MQTTPUBRAW= by mqtt.publish
    m = connected()
    sent = []
    for data in (
        b"",
        b"plain",
        "text",
        HOSTILE,
        b"a,b",
        b'"',
        b"x" * 230,
        b"y" * 256,
        bytearray(5),
    ):
        for qos in (0, 1, 2):
            m.mqtt.publish("a/b", data, qos)
            data = data.encode() if isinstance(data, str) else bytes(data)
            sent.append(("a/b", data, qos, False))
    for n in (1, 1024, 4000, 20000):
        m.mqtt.publish("a/b", memoryview(rig.pattern(n)), 1, True)
        sent.append(("a/b", rig.pattern(n), 1, True))
    got = received()
    assert got == sent, [x for x in zip(got, sent) if x[0] != x[1]][:2]


def test_topics_with_anything_in_them():
    m = connected()
    topics = ['a"b,c\\d', "Zürich", "x" * 128, ",,,", '"', "a b"]
    for topic in topics:
        m.mqtt.subscribe(topic, 1)
        m.mqtt.publish(topic, b"data")
        got = m.mqtt.receive(5000)
        assert got and (got[0], bytes(got[1])) == (topic.encode(), b"data"), (topic, got)
        m.mqtt.unsubscribe(topic)


def test_topics_above_128_bytes_that_others_use():
    long = "x" * 250
    m = connected()
    m.mqtt.subscribe("#", 1)
    rig.control("broker", topic=long, data="\r\nready\r\n")
    rig.fails(105, m.mqtt.receive, 2000)
    rig.control("broker", topic="x" * 128, data="fits")
    got = m.mqtt.receive(2000)
    assert (got[0], bytes(got[1])) == (b"x" * 128, b"fits")
    m.mqtt.connect(BROKER, topic_max=250)
    m.mqtt.subscribe("#", 1)
    rig.control("broker", topic=long, data="\r\nready\r\n")
    got = m.mqtt.receive(2000)
    assert (got[0], bytes(got[1])) == (long.encode(), b"\r\nready\r\n")


def test_subscribe_receive_unsubscribe():
    # wire: AT+MQTTSUB= by mqtt.subscribe
    # wire: AT+MQTTSUB? by mqtt.subscriptions
    # wire: AT+MQTTUNSUB= by mqtt.unsubscribe
    m = connected()
    m.mqtt.subscribe("a/+", 1)
    m.mqtt.subscribe(b"b/#")
    assert sorted(m.mqtt.subscriptions()) == [(b"a/+", 1), (b"b/#", 0)]
    rig.control("broker", topic="a/x", data="first", qos=1)
    rig.control("broker", topic="b/y/z", data="")
    rig.control("broker", topic="c", data="no")
    topic, data = m.mqtt.receive(2000)
    assert (topic, bytes(data)) == (b"a/x", b"first") and type(data) is memoryview
    topic, data = m.mqtt.receive(2000)
    assert (topic, bytes(data)) == (b"b/y/z", b"")
    assert m.mqtt.receive(500) is None
    assert m.mqtt.receive(0) is None
    m.mqtt.unsubscribe("a/+")
    rig.control("broker", topic="a/x", data="second")
    assert m.mqtt.receive(500) is None
    assert m.mqtt.subscriptions() == [(b"b/#", 0)]


def test_hostile_payloads_come_as_they_are():
    m = connected()
    reboots = []
    m.on(rig.REBOOT, lambda event, data: reboots.append(event))
    m.mqtt.subscribe("t")
    for data in (HOSTILE, b"", b"\n", bytes(range(256)) * 3):
        rig.control("broker", topic="t", data_hex="".join(["%02x" % c for c in data]))
        got = m.mqtt.receive(2000)
        assert bytes(got[1]) == data, (data, got)
    assert m.mqtt.isconnected() and not reboots


def test_messages_longer_than_the_modules_buffer():
    m = connected(queue=18000)
    m.mqtt.subscribe("t", 1)
    for n in (900, 1000, 1015, 1016, 1017, 1018, 1020, 1024, 2041, 3000, 8000):
        data = rig.pattern(n)
        m.mqtt.publish("t", data, 1)
        got = m.mqtt.receive(5000)
        assert bytes(got[1]) == data, (n, len(got[1]))
    assert m.mqtt.receive(500) is None


def test_a_module_that_cuts_where_the_network_was_slow():
    # Nothing tells such a piece from a message: they come as they are, in order, and nothing of
    # the next message is taken for a piece.
    rig.control("quirk", name="mqtt_short_records")
    m = connected(queue=18000)
    m.mqtt.subscribe("t", 1)
    for n in (1016, 1017, 2000, 4000):
        data = rig.pattern(n)
        m.mqtt.publish("t", data, 1)
        got = b""
        while len(got) < n:
            got += bytes(m.mqtt.receive(5000)[1])
        assert got == data, n
        m.mqtt.publish("t", b"next", 1)
        assert bytes(m.mqtt.receive(5000)[1]) == b"next"
    assert m.mqtt.isconnected()


def test_a_message_longer_than_the_queue_is_said_to_be_lost():
    m = connected(queue=2000)
    m.mqtt.subscribe("t", 1)
    m.mqtt.publish("t", rig.pattern(3000), 1)
    m.mqtt.publish("t", b"short", 1)
    got = m.mqtt.receive(2000)
    assert bytes(got[1]) == b"short"
    e = rig.fails(105, m.mqtt.receive, 2000)
    assert "1 message" in str(e), e
    assert m.mqtt.receive(100) is None


def test_callbacks_may_use_the_modem():
    m = connected()
    m.mqtt.subscribe("in/#", 1)
    seen = []

    def handler(topic, data):
        m.mqtt.publish("out", data, 1)
        seen.append((topic, bytes(data)))

    for i in range(5):
        rig.control("broker", topic="in/%d" % i, data="x" * i)
    m.mqtt.listen(handler, 1000)
    assert seen == [(b"in/%d" % i, b"x" * i) for i in range(5)], seen
    assert [x[1] for x in received()] == [b"x" * i for i in range(5)]


def test_iteration():
    m = connected()
    m.mqtt.subscribe("t")
    for i in range(3):
        rig.control("broker", topic="t", data="%d" % i)
    got = []
    for _, data in m.mqtt.messages():
        got.append(bytes(data))
        if len(got) == 3:
            break
    assert got == [b"0", b"1", b"2"]


def test_messages_while_other_commands_run():
    m = connected()
    m.mqtt.subscribe("t", 1)
    for i in range(10):
        rig.control("broker", topic="t", data="number %d" % i)
        assert m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]
    got = [bytes(m.mqtt.receive(1000)[1]) for _ in range(10)]
    assert got == [b"number %d" % i for i in range(10)]


def test_long_and_odd_names():
    # wire: AT+MQTTLONGCLIENTID=, AT+MQTTLONGUSERNAME=, AT+MQTTLONGPASSWORD= by mqtt.connect
    rig.control("broker", users={"u" * 300: "p" * 1000})
    m = connected(client_id="i" * 1024, user="u" * 300, password="p" * 1000)
    assert m.mqtt.isconnected()
    m.mqtt.disconnect()
    rig.control("broker", users={"a,b": 'c"d\\e'})
    m.mqtt.connect(BROKER, user="a,b", password='c"d\\e')
    assert m.mqtt.isconnected()


def test_a_wrong_password_is_an_error_without_the_password():
    rig.control("broker", users={"me": "right"})
    m = rig.joined()
    e = rig.raises(espat.ATError, m.mqtt.connect, BROKER, user="me", password="terrible")
    assert "terrible" not in str(e) and "terrible" not in repr(e.args), e
    assert not m.mqtt.isconnected()
    m.mqtt.connect(BROKER, user="me", password="right")
    assert m.mqtt.isconnected()


def test_last_will():
    m = connected(will=("gone", b"good,bye", 1, True), client_id="w", keepalive_s=30)
    rig.control("broker", end="reset")
    rig.wait(m, 500)
    m.mqtt.subscribe("gone", 1)
    topic, data = m.mqtt.receive(5000)
    assert (topic, bytes(data)) == (b"gone", b"good,bye")


def test_retained_messages():
    m = connected()
    m.mqtt.publish("r", b"kept", 1, True)
    m.mqtt.subscribe("r")
    assert bytes(m.mqtt.receive(2000)[1]) == b"kept"
    m.mqtt.publish("r", b"", 1, True)  # forgotten
    m.mqtt.receive(500)
    m.mqtt.unsubscribe("r")
    m.mqtt.subscribe("r")
    assert m.mqtt.receive(500) is None


def test_a_refused_subscription():
    rig.control("broker", forbid=["secret"])
    m = connected()
    rig.raises(espat.ATError, m.mqtt.subscribe, "secret")
    m.mqtt.subscribe("open")
    assert m.mqtt.subscriptions() == [(b"open", 0)]


def test_what_is_refused_before_a_byte_is_sent():
    tap = rig.Tap(rig.uart())
    m = espat.Modem(tap)
    m.wifi.connect(*rig.LAB)
    connect = m.mqtt.connect
    tap.forget()
    for options in (
        {"host": ""},
        {"host": "x" * 129},
        {"port": 0},
        {"port": 65536},
        {"client_id": ""},
        {"client_id": "x" * 1025},
        {"user": "x" * 1025},
        {"password": "x" * 1025},
        {"transport": "udp"},
        {"verify": True},
        {"certificate": True},
        {"transport": "ws", "path": "x" * 33},
        {"keepalive_s": 7201},
        {"keepalive_s": -1},
        {"will": ("x" * 129, "")},
        {"will": ("t", "x" * 129)},
        {"will": ("t", "x", 3)},
        {"will": ("t", "x\r\nAT+RST")},
        {"alpn": "abcdef"},
        {"timeout_s": 0},
        {"queue": 10},
    ):
        rig.raises(ValueError, connect, *[options.pop("host", BROKER)], **options)
    assert not tap.sent, bytes(tap.sent)
    m.mqtt.connect(BROKER)
    tap.forget()
    for args in (("", b""), ("x" * 129, b""), ("a\r\nb", b""), ("t", b"", 3), ("t", b"", -1)):
        rig.raises(ValueError, m.mqtt.publish, *args)
    for args in (("",), ("x" * 129,), ("t", 3), ("a\0b",)):
        rig.raises(ValueError, m.mqtt.subscribe, *args)
    for i in range(10):
        m.mqtt.subscribe("t%d" % i)
    tap.forget()
    rig.raises(ValueError, m.mqtt.subscribe, "one more")
    assert not tap.sent, bytes(tap.sent)


def test_all_ten_schemes():
    # wire: AT+MQTTALPN=, AT+MQTTSNI= by mqtt.connect
    m = rig.joined()
    rig.set_clock(m, 1780272000)
    for transport, port, verify, certificate in (
        ("tcp", None, False, False),
        ("tls", None, False, False),
        ("tls", None, True, False),
        ("tls", 8884, False, True),
        ("tls", 8884, True, True),
        ("ws", None, False, False),
        ("wss", None, False, False),
        ("wss", None, True, False),
        ("wss", 444, False, True),
        ("wss", 444, True, True),
    ):
        m.mqtt.connect(
            BROKER, port, transport=transport, verify=verify, certificate=certificate, path="mqtt"
        )
        m.mqtt.subscribe("t", 1)
        m.mqtt.publish("t", HOSTILE, 1)
        got = m.mqtt.receive(5000)
        assert got and bytes(got[1]) == HOSTILE, (transport, port)
        m.mqtt.disconnect()
    m.mqtt.connect(BROKER, transport="tls", alpn=("mqtt", "x-amzn-mqtt-ca"), sni=BROKER)
    assert m.mqtt.isconnected()
