# Radio: what programs and Adafruit's libraries ask of CircuitPython's wifi.radio, over modem.wifi;
# and the modules `wifi`, `socketpool` and `ssl` for those who import them. For a blocking modem.
import sys

from .compat import load


class Network:
    """A network in range, or the one that we have joined: ssid, bssid, rssi, channel."""

    def __init__(self, ssid, bssid, channel, rssi, security):
        self.ssid = ssid
        self.bssid = bssid
        self.channel = channel
        self.rssi = rssi
        self.authmode = security


class Radio:
    """Radio(modem): as wifi.radio. Addresses are texts, None where there is none."""

    def __init__(self, modem):
        self.modem = modem
        self.wifi = modem.wifi

    def connect(self, ssid, password=b"", *, channel=0, bssid=None, timeout=None):
        """Join a network and wait until there is an address. Raises ConnectionError."""
        try:
            self.wifi.connect(ssid, password or None, bssid, int(timeout or 15))
        except OSError as e:
            if not hasattr(e, "reason"):
                raise
            raise ConnectionError(e.errno, str(e))

    def disconnect(self):
        """Leave the network."""
        self.wifi.disconnect()

    @property
    def connected(self):
        """Is there a network and an address?"""
        return self.wifi.isconnected()

    def address(self, i):
        text = self.wifi.ifconfig()[i]
        return None if text == "0.0.0.0" else text

    @property
    def ipv4_address(self):
        """The station's address."""
        return self.address(0)

    @property
    def ipv4_subnet(self):
        """Its network mask."""
        return self.address(1)

    @property
    def ipv4_gateway(self):
        """Its router."""
        return self.address(2)

    @property
    def ipv4_dns(self):
        """Its first name server."""
        return self.address(3)

    @property
    def mac_address(self):
        """6 bytes."""
        return self.wifi.mac()

    @mac_address.setter
    def mac_address(self, value):
        self.wifi.mac(value)

    @property
    def hostname(self):
        """The name that DHCP is told."""
        return self.wifi.hostname()

    @hostname.setter
    def hostname(self, value):
        self.wifi.hostname(value)

    @property
    def ap_info(self):
        """The network that we have joined, or None."""
        x = self.wifi.info()
        return Network(x[0].decode(), x[1], x[2], x[3], None) if x else None

    def start_scanning_networks(self, *, start_channel=1, stop_channel=13):
        """The networks in range."""
        for x in self.wifi.scan():
            if start_channel <= x[2] <= stop_channel:
                yield Network(x[0].decode("utf-8", "replace"), *x[1:5])

    def stop_scanning_networks(self):
        """Nothing runs on once start_scanning_networks() is left."""

    def ping(self, ip, *, timeout=0.5):
        """Seconds until the answer, None if there is none."""
        ms = self.modem.net.ping(str(ip))
        return None if ms is None or ms > timeout * 1000 else ms / 1000


def install(modem):
    tls = load("tls")

    class Wifi:
        radio = Radio(modem)

    class Ssl:
        CERT_NONE = 0
        CERT_REQUIRED = 2
        SSLContext = tls.SSLContext

        @staticmethod
        def create_default_context():
            return tls.SSLContext(modem)

    sys.modules["wifi"] = Wifi
    sys.modules["socketpool"] = load("circuitpython")
    sys.modules["ssl"] = Ssl
    return Wifi.radio
