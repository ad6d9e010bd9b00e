# CircuitPython's names: SocketPool and SSLContext as Adafruit's libraries ask for them, Radio like
# wifi.radio (in circuitpython_radio.py). Sockets and contexts are the same as everywhere.
from .compat import load


class SocketPool:
    """SocketPool(modem): as socketpool.SocketPool(wifi.radio); takes a Radio, too."""

    AF_INET = 2
    AF_INET6 = 10
    SOCK_STREAM = 1
    SOCK_DGRAM = 2
    IPPROTO_IP = 0
    IPPROTO_TCP = 6
    IPPROTO_UDP = 17
    SOL_SOCKET = 1
    SO_REUSEADDR = 4
    SO_KEEPALIVE = 8
    SO_BROADCAST = 32
    SO_LINGER = 128
    TCP_NODELAY = 1
    IP_MULTICAST_TTL = 5
    EAI_NONAME = -2
    gaierror = OSError

    def __init__(self, modem):
        self.modem = getattr(modem, "modem", modem)

    def socket(self, family=2, type=1, proto=0):
        """As Modem.socket()."""
        return self.modem.socket(family, type, proto)

    def getaddrinfo(self, host, port, family=0, type=0, proto=0, flags=0):
        """[(family, type, proto, "", (ip, port))] (AT+CIPDOMAIN, guide 3.3.5). Raises
        OSError(-2) for a name without an address."""
        return self.modem.getaddrinfo(host, port, family, type, proto, flags)


def __getattr__(name):
    if name == "Radio":
        return load("circuitpython_radio").Radio
    if name == "SSLContext":
        return load("tls").SSLContext
    raise AttributeError(name)


def install(modem):
    """Put ours in the place of `wifi`, `socketpool` and `ssl`, for programs and libraries that
    import them. Gives the radio."""
    return load("circuitpython_radio").install(modem)
