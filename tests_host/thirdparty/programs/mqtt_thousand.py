# The module's own MQTT client: a thousand messages of 1 to 4,000 random bytes to a broker and back
# at QoS 1, two at a time. None may be lost, doubled or changed.
import board

import espat

given = board.arguments
modem = espat.Modem(board.uart())
modem.wifi.connect("espat-lab", "espat-pass")
modem.command("AT+SYSTIMESTAMP", board.NOW)
mqtt = modem.mqtt
mqtt.connect(
    given["host"],
    given["port"],
    transport=given["transport"],
    verify=given["both"],
    certificate=given["both"],
    queue=16300,  # one that is held, two that come, and what is left over at its end
)
mqtt.subscribe("loop/+", 1)

state = given["seed"]


def random(n):
    global state
    state = (state * 1103515245 + 12345) & 0x7FFFFFFF
    return (state >> 8) % n


block = bytearray(8192)
for i in range(len(block)):
    block[i] = random(256)
view = memoryview(block)
sent = []
for i in range(given["count"]):
    n = 1 + random(4000)
    at = random(len(block) - n)
    topic = b"loop/%d" % (i & 1)
    mqtt.publish(topic, view[at : at + n], 1)
    sent.append((topic, at, n))
    if i & 1:
        # Messages of two topics: each in its order.
        while sent:
            x = mqtt.receive(20000)
            assert x, "message %d did not come" % i
            for k in range(len(sent)):
                if sent[k][0] == x[0]:
                    break
            topic, at, n = sent.pop(k)
            assert topic == x[0] and x[1] == view[at : at + n], "message %d: %d bytes" % (i, n)
assert mqtt.receive(500) is None
mqtt.disconnect()
print("ALL DONE")
