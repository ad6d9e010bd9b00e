# The module's own MQTT client: subscribe, publish three messages, print what comes back.
import settings

import espat

if __name__ == "__main__":
    modem = espat.Modem(settings.uart())
    modem.wifi.connect(settings.ssid, settings.key)
    # queue: room for messages that nobody has taken yet.
    modem.mqtt.connect(settings.broker, settings.broker_port, queue=1024)
    modem.mqtt.subscribe("espat/example/#", 1)
    for i in range(3):
        modem.mqtt.publish("espat/example/%d" % i, "message %d" % i, 1)
    for _ in range(3):
        message = modem.mqtt.receive(10000)
        if message is None:
            raise OSError("no message came")
        topic, payload = message
        print(topic.decode() + ": " + bytes(payload).decode())
    modem.mqtt.disconnect()
