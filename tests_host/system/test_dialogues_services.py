# needs: sim
# The guide's dialogues about MQTT, HTTP and WebSocket (4.3, 4.4, 4.6), with the driver's own calls
# on one side and the dialogue's very words on the other: no simulator answers here. Owns which
# call is which line. Where our calls use another command than the page (AT+HTTPCGET for a GET by
# AT+HTTPCLIENT), test_dialogues.py plays the page by modem.command().
from system import rig
from system.test_dialogues import find, framed
from system.test_dialogues_calls import play

PUBLISHER = {"client_id": "publisher", "user": "espressif", "password": "123456789"}
SUBSCRIBER = {"client_id": "subscriber", "user": "espressif", "password": "123456789"}
WILL = {"keepalive_s": 0, "clean": True, "will": ("lwtt", "lwtm")}
WSS = "mqtt.eclipseprojects.io"


def commands(name):
    """The commands of a dialogue that a modem which is joined already has to give."""
    sent = [step["send"] for step in find(name)["steps"]]
    return [x for x in sent if x and x[:11] not in ("AT+CWMODE=1", 'AT+CWJAP="e', "AT+RESTORE")]


def told(m, wire, name):
    """What the dialogue says by itself comes over the wire."""
    for step in find(name)["steps"]:
        if step["send"] is None:
            wire.rx.extend(b"".join([framed(x) for x in step["expect"]]))


def payload(name):
    return [s["send_raw"] for s in find(name)["steps"] if "send_raw" in s][0].encode()


def clock(m):
    m.net.sntp(8, "ntp1.aliyun.com")
    assert m.net.localtime()[:3] == (2021, 9, 2)


def test_mqtt_publishers():
    for name, options, data, qos in (
        ("4.3.2-mqtt-tcp-large-publisher", {}, None, 0),
        ("4.3.3-mqtt-tls-publisher", dict(WILL, transport="tls", certificate=True), b"test", 1),
        ("4.3.4-mqtt-wss-publisher", {"transport": "wss", "path": "mqtt"}, b"test", 1),
    ):
        m, wire = play(name)
        options = dict(PUBLISHER, **options)
        host, port = "192.168.3.102", 8883
        if "wss" in name:
            host, port = WSS, None
            options["password"] = "1234567890"
        if "tcp" not in name:
            clock(m)
        m.mqtt.connect(host, port, **options)
        m.mqtt.publish("topic", payload(name) if data is None else data, qos)
        m.mqtt.disconnect()
        # The driver cleans up once more before it begins.
        assert [x for x in wire.used if x != "AT+MQTTCLEAN=0"] == commands(name)[:-1], wire.used
        assert b"AT+MQTTCLEAN=0\r\n" in wire.sent


def test_mqtt_subscribers():
    for name, options in (
        ("4.3.2-mqtt-tcp-large-subscriber", {}),
        ("4.3.3-mqtt-tls-subscriber", dict(WILL, transport="tls", certificate=True)),
        ("4.3.4-mqtt-wss-subscriber", {"transport": "wss", "path": "mqtt"}),
    ):
        m, wire = play(name)
        options = dict(SUBSCRIBER, **options)
        host, port = "192.168.3.102", 8883
        if "wss" in name:
            host, port = WSS, None
            options["password"] = "1234567890"
        if "tcp" not in name:
            clock(m)
        m.mqtt.connect(host, port, **options)
        m.mqtt.subscribe("topic", 1)
        told(m, wire, name)
        topic, data = m.mqtt.receive(1000)
        wanted = payload("4.3.2-mqtt-tcp-large-publisher") if "large" in name else b"test"
        assert (topic, bytes(data)) == (b"topic", wanted), (name, bytes(data))
        m.mqtt.disconnect()
        assert [x for x in wire.used if x != "AT+MQTTCLEAN=0"] == commands(name)[:-1], wire.used


def test_aws_iot():
    name = "4.4.2-aws-iot-log"
    m, wire = play(name)
    host = "a108b8vm1g634q-ats.iot.us-east-2.amazonaws.com"
    m.mqtt.connect(
        host,
        client_id="esp32",
        user="espressif",
        password="1234567890",
        transport="tls",
        verify=True,
        certificate=True,
    )
    m.mqtt.subscribe("topic/esp32at", 1)
    m.mqtt.publish("topic/esp32at", "hello aws!", 1)
    # The message came back before OK.
    assert bytes(m.mqtt.receive(1000)[1]) == b"hello aws!"
    told(m, wire, name)
    assert bytes(m.mqtt.receive(1000)[1]) == b'{\n  "message": "Hello from AWS IoT console"\n}'
    assert wire.used == [x for x in commands(name) if "MQTT" in x], wire.used


def test_http_head():
    for key in ("expect", "expect_alt"):  # with a blank after the comma, and without
        m, wire = play("4.6.1-http-head")
        step = wire.steps[-1]
        step["expect"] = step[key]
        r = m.http.head("http://httpbin.org/get")
        assert r.status_code == 200 and wire.used == commands("4.6.1-http-head")
        assert r.headers["Content-Length"] == "329" and len(r.headers) == 7, r.headers
        assert r.headers["Date"] == "Sun, 26 Sep 2021 06:59:13 GMT"


def test_http_put():
    name = "4.6.6-http-put-raw"
    m, wire = play(name)
    step = wire.steps[-1]
    # Our own command has headers elsewhere (AT+HTTPCHEAD); the rest is the page's.
    step["send"] = step["send"].split(",2,")[0]
    r = m.http.put("http://httpbin.org/put", payload(name))
    assert r.json()["json"]["headers"]["Host"] == "httpbin.org"
    assert payload(name) in wire.sent, bytes(wire.sent)


def test_http_delete():
    name = "4.6.7-http-delete"
    m, wire = play(name)
    # The page has https with the transport of http (errata.md 3.5).
    wire.steps[-1]["send"] = wire.steps[-1]["send"][:-1] + "2"
    r = m.http.delete("https://httpbin.org/delete")
    assert r.status_code == 200 and r.json()["url"].endswith("/delete"), r.text


def test_web_socket():
    name = "new-ws-tcp"
    m, wire = play(name)
    for step in wire.steps:
        if step["send"] == 'AT+WSOPEN=0,"ws://192.168.200.249:8765"':
            step["send"] += ",,15000"
        elif step["send"] == "AT+WSSEND=0,4":
            step["send"] += ",1,10000"
    s = m.ws.connect("ws://192.168.200.249:8765")
    s.send("test")
    told(m, wire, name)
    assert bytes(s.receive(1000)) == b"test"
    assert len(wire.used) == 2, wire.used
    rig.raises(ValueError, s.send, b"x" * 2000)
