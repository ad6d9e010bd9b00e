# espat.dropin.install(modem): `import socket` (and `usocket`) gives this file from then on, so that
# programs and libraries that know nothing of espat run over it: requests, asyncio.open_connection.
import sys

from .sockets import Socket as _Socket

AF_INET = 2
AF_INET6 = 10
SOCK_STREAM = 1
SOCK_DGRAM = 2
SOL_SOCKET = 1
SO_REUSEADDR = 4
IPPROTO_TCP = 6

_modem = None


def install(modem):
    """Put this module in the place of `socket`. modem: an espat.Modem or espat.aio.Modem; what
    needs an answer at once (getaddrinfo) waits for it, as MicroPython's own does."""
    global _modem
    _modem = modem
    me = sys.modules[__name__]
    for name in ("socket", "usocket"):
        sys.modules[name] = me


def socket(af=AF_INET, type=SOCK_STREAM, proto=0):
    if type != SOCK_STREAM:
        raise NotImplementedError("UDP over espat comes with a later version")
    return _Socket(_modem)


def getaddrinfo(host, port, af=0, type=0, proto=0, flags=0):
    # The name itself: the module looks it up when it connects (AT+CIPSTART takes names).
    return [(AF_INET6 if ":" in host else AF_INET, SOCK_STREAM, 0, "", (host, port))]
