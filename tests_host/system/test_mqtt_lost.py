# needs: sim
# modem.mqtt when something goes wrong: connections that break, a module that reboots, publications
# that fail, bytes lost on the way to the module. Owns what the program sees, and what comes back.
import espat
from system import rig

BROKER = "mqtt.test"
PUBACK = 4


def connected(**options):
    m = rig.joined()
    m.mqtt.connect(BROKER, **options)
    return m


def say(topic, data):
    rig.control("broker", topic=topic, data=data, qos=1)


def received():
    return [x[1] for x in rig.control("broker")["received"]]


def test_no_broker_there():
    m = rig.joined()
    for host, port in (("refuse.test", 1), ("no.such.host", 1883), ("silent.test", 1)):
        rig.raises(OSError, m.mqtt.connect, host, port, timeout_s=20)
        assert not m.mqtt.isconnected()
    rig.control("broker", refuse=5)
    e = rig.raises(espat.ATError, m.mqtt.connect, BROKER)
    assert "MQTT" in str(e), e
    rig.control("broker", refuse=0)
    m.mqtt.connect(BROKER)
    m.mqtt.publish("t", b"x", 1)


def test_a_connection_that_breaks_comes_back_with_its_topics():
    for end in ("close", "reset"):
        m = connected()
        m.mqtt.subscribe("a/#", 1)
        m.mqtt.subscribe("b")
        rig.control("broker", end=end)
        rig.wait_until(m, lambda m=m: not m.mqtt.isconnected())
        assert m.mqtt.receive(30000) is None
        assert m.mqtt.isconnected()
        say("a/x", "again")
        assert bytes(m.mqtt.receive(2000)[1]) == b"again"
        assert sorted(rig.control("broker")["topics"]) == ["a/#", "b"]
        m.mqtt.disconnect()


def test_a_program_that_listens_for_the_same_lines_takes_nothing_away():
    m = connected()
    seen = []
    for event in ("+MQTTCONNECTED", "+MQTTDISCONNECTED"):
        m.on(event, lambda event, data: seen.append(event))
    m.mqtt.subscribe("a", 1)
    rig.control("broker", end="reset")
    rig.wait_until(m, lambda: not m.mqtt.isconnected())
    m.mqtt.receive(30000)
    say("a", "again")
    assert bytes(m.mqtt.receive(2000)[1]) == b"again"
    assert seen == ["+MQTTDISCONNECTED", "+MQTTCONNECTED"], seen


def test_publish_waits_for_the_connection():
    m = connected()
    rig.control("broker", end="reset")
    rig.wait_until(m, lambda: not m.mqtt.isconnected())
    m.mqtt.publish("t", b"x", 1)
    assert received() == ["78"]


def test_a_module_that_says_already_subscribed():
    rig.control("quirk", name="mqtt_keeps_topics")
    m = connected(clean=False, client_id="same")
    m.mqtt.subscribe("a", 1)
    m.mqtt.subscribe("a", 1)
    rig.control("broker", end="reset")
    rig.wait_until(m, lambda: not m.mqtt.isconnected())
    m.mqtt.receive(30000)
    say("a", "again")
    assert bytes(m.mqtt.receive(5000)[1]) == b"again"


def test_without_reconnection_it_is_over():
    m = connected(reconnect=False)
    m.mqtt.subscribe("a")
    rig.control("broker", end="reset")
    rig.fails(rig.ECONNRESET, m.mqtt.receive, 5000)
    rig.fails(rig.ECONNRESET, m.mqtt.publish, "t", b"x")
    m.mqtt.connect(BROKER)
    m.mqtt.publish("t", b"x", 1)


def test_a_reboot_of_the_module():
    m = connected()
    m.mqtt.subscribe("a", 1)
    rig.control("reboot")
    m.mqtt.receive(15000)
    say("a", "after")
    assert bytes(m.mqtt.receive(15000)[1]) == b"after"
    rig.control("reboot")
    rig.wait(m, 2000)
    m.mqtt.publish("t", b"x", 1)
    assert received() == ["78"]


def test_a_reboot_in_the_middle_of_a_message():
    m = connected()
    m.mqtt.subscribe("a", 1)
    rig.control("reboot", after_bytes=300)
    say("a", "x" * 900)
    assert m.mqtt.receive(15000) is None
    say("a", "after")
    assert bytes(m.mqtt.receive(15000)[1]) == b"after"


def test_a_publication_that_the_broker_does_not_acknowledge():
    m = connected()
    rig.control("broker", mute=[PUBACK])
    for data in (b"text", b"\0raw"):
        start = rig.now_ms()
        rig.raises(OSError, m.mqtt.publish, "t", data, 1)
        assert rig.since_ms(start) < 15000
    rig.control("broker", mute=[])
    m.mqtt.publish("t", b"y", 1)
    assert m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]


def test_raw_bytes_that_are_lost_leave_no_command_waiting():
    for n, lost in ((3000, 1), (3000, 700), (20, 20)):
        m = connected()
        rig.control("drop_input", count=lost, after_bytes=rig_line(n) + 10 * (n > 100))
        rig.raises(OSError, m.mqtt.publish, "t", b"\0" * n, 1)
        assert m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]
        m.mqtt.publish("t", b"after", 1)
        got = received()
        assert "6166746572" in got, (n, lost, [len(x) for x in got])
        m.mqtt.disconnect()


def rig_line(n):
    return len('AT+MQTTPUBRAW=0,"t",%d,1,0\r\n' % n)


def test_a_message_that_lost_bytes_on_the_wire_is_said_to_be_lost():
    m = connected()
    m.mqtt.subscribe("a", 1)
    rig.control("drop_output", count=4, after_bytes=100)
    say("a", "x" * 300)
    rig.fails(105, m.mqtt.receive, 5000)
    say("a", "next")
    assert bytes(m.mqtt.receive(5000)[1]) == b"next"


def test_nobody_takes_the_messages():
    m = connected(queue=1000)
    m.mqtt.subscribe("a", 1)
    for i in range(30):
        say("a", "%02d" % i * 50)
        m.mqtt.publish("t", b"x", 1)
    got = []
    lost = 0
    while True:
        try:
            x = m.mqtt.receive(500)
        except OSError as e:
            assert e.errno == 105
            lost = int(str(e).split()[-3])
            continue
        if not x:
            break
        got.append(bytes(x[1]))
    assert len(got) + lost == 30 and got == [b"%02d" % i * 50 for i in range(len(got))]
