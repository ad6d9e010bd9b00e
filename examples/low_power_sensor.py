# A sensor on a battery: every minute it publishes a value over MQTT, and it reacts to commands of
# the broker at once. In between the host and the module sleep (docs/power.md). settings.py says how
# the two wake pins are wired.
import time

import settings

import espat

PERIOD_MS = 60_000


def read_sensor(n):
    return "%d" % (20 + n % 5)  # your sensor


def main(rounds=None):
    wake, host_wake = settings.wake_pins()
    modem = espat.Modem(settings.uart(), wake=wake, host_wake=host_wake)
    modem.wifi.connect(settings.ssid, settings.key, listen_interval=3)
    modem.mqtt.connect(settings.broker, keepalive_s=300, queue=1024)
    modem.mqtt.subscribe("espat/command", 1)
    modem.power.sleep("light", gpio=settings.wake_gpio)
    modem.power.host_wake(gpio=settings.host_wake_gpio)
    start = time.ticks_ms()
    n = 0
    while rounds is None or n < rounds:
        modem.mqtt.publish("espat/value", read_sensor(n), 1)
        n += 1
        start = time.ticks_add(start, PERIOD_MS)
        while True:
            message = modem.mqtt.receive(0)
            if message:
                command = bytes(message[1]).decode()
                print("command:", command)
                modem.mqtt.publish("espat/done", command, 1)
                continue
            left_ms = time.ticks_diff(start, time.ticks_ms())
            if left_ms <= 0:
                break
            modem.power.host_sleep(left_ms)
    print("published %d values" % n)


if __name__ == "__main__":
    main(settings.rounds)
