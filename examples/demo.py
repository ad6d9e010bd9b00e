# The main job in one go: find the module, look around, join, fetch a page. "make demo" runs it.
import binascii

import settings
from http_get import get
from scan import show

import espat


def main():
    print("espat", espat.__version__)
    modem = espat.Modem(settings.uart())
    modem.start()
    print("module: AT %d.%d" % modem.profile.version)

    networks = modem.wifi.scan()
    print("scan: %d networks" % len(networks))
    show(networks)

    print("joining", settings.ssid)
    modem.wifi.connect(settings.ssid, settings.key)
    ip, _, gateway, _ = modem.wifi.ifconfig()
    print("joined: address %s, gateway %s, %s dBm" % (ip, gateway, modem.wifi.rssi()))

    print("GET http://%s:%d%s" % (settings.host, settings.port, settings.path))
    size = crc = 0
    for line in get(modem, settings.host, settings.port, settings.path):
        size += len(line)
        crc = binascii.crc32(line, crc)
        print("  |", line.decode().rstrip("\r\n"))
    print("page: %d bytes, CRC-32 %08x" % (size, crc))
    modem.wifi.disconnect()


if __name__ == "__main__":
    main()
