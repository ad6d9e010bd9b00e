# Which networks are in range, strongest first?
import settings

import espat

SECURITY = (
    "open",
    "WEP",
    "WPA",
    "WPA2",
    "WPA/WPA2",
    "WPA2-EAP",
    "WPA3",
    "WPA2/WPA3",
    "WAPI",
    "OWE",
)


def show(networks):
    for ssid, bssid, channel, rssi, security, _ in sorted(networks, key=lambda ap: -ap[3]):
        name = ssid.decode() if ssid else "(hidden)"
        kind = SECURITY[security] if security < len(SECURITY) else "type %d" % security
        address = ":".join(["%02x" % x for x in bssid])
        print("  %4d dBm  channel %2d  %s  %-9s  %s" % (rssi, channel, address, kind, name))


if __name__ == "__main__":
    modem = espat.Modem(settings.uart())
    networks = modem.wifi.scan()
    print("%d networks" % len(networks))
    show(networks)
