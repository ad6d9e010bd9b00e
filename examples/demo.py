# The main job in one go: find the module, look around, join, fetch a page, publish and receive,
# sleep until somebody calls. "make demo" runs it in 64 KB: what is needed for a moment only is
# forgotten again.
import binascii
import gc
import sys
import time

import settings

import espat

SLEEP_MS = 10000


def look(modem):
    from scan import show

    networks = modem.wifi.scan()
    print("scan: %d networks" % len(networks))
    show(networks)
    del sys.modules["scan"]


def page(modem):
    from http_get import get

    print("GET http://%s:%d%s" % (settings.host, settings.port, settings.path))
    size = crc = 0
    for line in get(modem, settings.host, settings.port, settings.path):
        size += len(line)
        crc = binascii.crc32(line, crc)
        print("  |", line.decode().rstrip("\r\n"))
    print("page: %d bytes, CRC-32 %08x" % (size, crc))
    del sys.modules["http_get"]


def messages(modem):
    mqtt = modem.mqtt
    mqtt.connect(settings.broker, settings.broker_port, queue=256)
    mqtt.subscribe("espat/demo/#", 1)
    mqtt.publish("espat/demo/hello", "hello from the board", 1)
    message = mqtt.receive(10000)
    if message is None:
        raise OSError("the message did not come back")
    print("MQTT: %s came back: %s" % (message[0].decode(), bytes(message[1]).decode()))


def sleep(modem):
    """Host and module sleep until a message comes: mosquitto_pub -t espat/demo/wake -m good"""
    print("sleeping, for a message on espat/demo/wake or %d s" % (SLEEP_MS // 1000))
    start = time.ticks_ms()
    woke = modem.power.host_sleep(SLEEP_MS)
    print("slept %d ms, woken by: %s" % (time.ticks_diff(time.ticks_ms(), start), woke))
    message = modem.mqtt.receive(1000)
    if message:
        print("message: %s: %s" % (message[0].decode(), bytes(message[1]).decode()))
    modem.mqtt.disconnect()


def main():
    gc.threshold(4096)  # often: the free memory stays in large pieces
    print("espat", espat.__version__)
    wake, host_wake = settings.wake_pins()
    modem = espat.Modem(settings.uart(), wake=wake, host_wake=host_wake, ring=256)
    modem.start()
    print("module: AT %d.%d" % modem.profile.version)

    look(modem)
    print("joining", settings.ssid)
    modem.wifi.connect(settings.ssid, settings.key)
    ip, _, gateway, _ = modem.wifi.ifconfig()
    print("joined: address %s, gateway %s, %s dBm" % (ip, gateway, modem.wifi.rssi()))

    sleeps = True
    try:
        modem.power.sleep("light", gpio=settings.wake_gpio)
        modem.power.host_wake(gpio=settings.host_wake_gpio)
        print("light sleep: from now on the module sleeps while it has nothing to do")
    except NotImplementedError as e:
        print("left out:", e)
        sleeps = False
    page(modem)
    if sleeps and settings.broker:
        messages(modem)
        sleep(modem)
    modem.wifi.disconnect()


if __name__ == "__main__":
    main()
