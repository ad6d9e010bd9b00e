# needs: sim
# A program written for umqtt.simple on the module's own MQTT client, by espat.umqtt.
import sys

from espat import umqtt
from system import rig


def installed():
    m = rig.joined()
    umqtt.install(m)
    from umqtt.simple import MQTTClient, MQTTException

    return m, MQTTClient, MQTTException


def forget():
    for name in ("umqtt", "umqtt.simple"):
        sys.modules.pop(name, None)


def test_a_program_for_umqtt_simple():
    m, client_of, _ = installed()
    got = []
    client = client_of("espat-test", "mqtt.test", keepalive=60)
    client.set_callback(lambda topic, message: got.append((topic, message)))
    client.set_last_will("espat/gone", "x")
    assert client.connect() == 0
    client.subscribe("espat/#", 1)
    assert client.check_msg() is None
    big = rig.pattern(3000)
    client.publish("espat/a", "hello", qos=1)
    client.publish(b"espat/b", big)
    client.ping()
    while len(got) < 2:
        client.wait_msg()
    assert got == [(b"espat/a", b"hello"), (b"espat/b", big)]
    client.disconnect()
    rig.raises(OSError, client.ping)
    forget()


def test_what_it_raises():
    m, client_of, error = installed()
    rig.control("broker", users={"me": "right"})
    rig.raises(error, client_of("c", "mqtt.test", user="me", password="wrong").connect)
    rig.control("broker", users={})
    client = client_of("c", "mqtt.test")
    client.connect()
    rig.raises(ValueError, client.subscribe, "t")
    rig.control("broker", end="reset")
    rig.raises(OSError, client.wait_msg)
    rig.raises(OSError, client.publish, "t", b"x")
    client.connect()
    client.publish("t", b"x", qos=1)
    bad = client_of("c", "mqtt.test", 0, None, None, 0, True, {"cert": b"x", "key": b"y"})
    rig.raises(ValueError, bad.connect)
    forget()


def test_over_tls():
    m, client_of, _ = installed()
    got = []
    client = client_of("c", "mqtt.test", 8883, ssl=True)
    client.set_callback(lambda topic, message: got.append(message))
    client.connect()
    client.subscribe("t")
    client.publish("t", b"safe")
    client.wait_msg()
    assert got == [b"safe"]
    forget()


def test_over_tls_with_certificates_of_the_program():
    m, client_of, _ = installed()
    rig.set_clock(m, 1780272000)
    ca, cert, key = [m.nvs.get("client_" + x, "client_%s.0" % x) for x in ("ca", "cert", "key")]
    for x in ("ca", "cert", "key"):
        m.nvs.erase("mqtt_" + x)
    from espat import tls

    context = tls.SSLContext(m)
    context.load_verify_locations(cadata=ca)
    context.load_cert_chain(cert, key)
    params = {"cert_reqs": 2, "cadata": ca, "cert": cert, "key": key}
    for ssl, ssl_params in ((True, params), (context, {})):
        client = client_of("c", "mqtt.test", 8884, ssl=ssl, ssl_params=ssl_params)
        client.connect()
        client.publish("t", b"mine", qos=1)
        client.disconnect()
        for x in ("ca", "cert", "key"):
            assert m.nvs.get("mqtt_" + x, "mqtt_" + x) in (ca, cert, key)
            m.nvs.erase("mqtt_" + x)
    forget()
