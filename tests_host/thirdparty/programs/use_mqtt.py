# umqtt.simple: connect, subscribe, publish with QoS 0 and 1, ping, a message that is waited for and
# one that is asked for. Over TCP, and over TLS. The library over our sockets, or our own class in
# its place, which uses the module's client.
import board

modem = board.install()
if board.arguments.get("own"):
    from espat import umqtt

    umqtt.install(modem)
import time  # noqa: E402

from umqtt.simple import MQTTClient  # noqa: E402

got = []


def run(port, **options):
    client = MQTTClient("espat-test", board.arguments["host"], port, keepalive=60, **options)
    client.set_callback(lambda topic, message: got.append((topic, message)))
    client.set_last_will("espat/gone", "x")
    assert client.connect() == 0
    client.subscribe("espat/#", 1)
    assert client.check_msg() is None
    big = board.pattern(3000)
    client.publish("espat/a", "hello", qos=1)
    client.publish("espat/b", big)
    client.ping()
    while len(got) < 2:
        client.wait_msg()
    assert got == [(b"espat/a", b"hello"), (b"espat/b", big)], got
    del got[:]
    client.publish("espat/c", b"again")
    start = time.ticks_ms()
    while not got:
        client.check_msg()
        assert time.ticks_diff(time.ticks_ms(), start) < 10000, "no message came"
    assert got.pop() == (b"espat/c", b"again")
    client.disconnect()


run(board.arguments["port"])
run(board.arguments["tls_port"], ssl=True)
run(
    board.arguments["tls_port"],
    ssl=True,
    ssl_params={
        "cadata": board.arguments["ca"],
        "cert_reqs": 2,
        "server_hostname": "localhost",
    },
)
print("ALL DONE")
