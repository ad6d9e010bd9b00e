# A sensor: publishes a value every few seconds over MQTT, by the module's own client, and takes one
# command: another period. The connection comes back by itself; the will tells when it does not.
import settings

import espat


def main(rounds=None):
    modem = espat.Modem(settings.uart())
    modem.wifi.connect(settings.ssid, settings.key)
    mqtt = modem.mqtt
    # queue: bytes for messages that nobody has taken yet. will: topic, message, QoS, retained.
    will = ("espat/state", "gone", 1, True)
    mqtt.connect(settings.broker, settings.broker_port, queue=512, will=will)
    mqtt.publish("espat/state", "here", 1, retain=True)
    mqtt.subscribe("espat/period", 1)
    period_s = 10
    n = 0
    while rounds is None or n < rounds:
        n += 1
        value = modem.wifi.rssi()  # your sensor
        mqtt.publish("espat/value", str(value), 1)
        print("published", value)
        message = mqtt.receive(period_s * 1000)
        if message:
            period_s = int(bytes(message[1]))
            print("from now on every %d s" % period_s)
    mqtt.publish("espat/state", "done", 1, retain=True)
    mqtt.disconnect()


if __name__ == "__main__":
    main(settings.rounds)
