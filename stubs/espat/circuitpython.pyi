# Types of espat.circuitpython. Radio is in its own file, which is loaded when it is asked for.
from typing import Any

from ._types import AddrInfo
from .circuitpython_radio import Radio as Radio
from .sockets import Socket
from .tls import SSLContext as SSLContext

class SocketPool:
    AF_INET: int
    AF_INET6: int
    SOCK_STREAM: int
    SOCK_DGRAM: int
    IPPROTO_IP: int
    IPPROTO_TCP: int
    IPPROTO_UDP: int
    SOL_SOCKET: int
    SO_REUSEADDR: int
    SO_KEEPALIVE: int
    SO_BROADCAST: int
    SO_LINGER: int
    TCP_NODELAY: int
    IP_MULTICAST_TTL: int
    EAI_NONAME: int
    gaierror = OSError
    modem: Any
    def __init__(self, modem: Any) -> None: ...
    def socket(self, family: int = 2, type: int = 1, proto: int = 0) -> Socket: ...
    def getaddrinfo(
        self, host: str, port: int, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0
    ) -> list[AddrInfo]: ...

def install(modem: Any) -> Radio: ...
