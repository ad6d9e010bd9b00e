# Types of espat.dropin.
from . import Modem
from ._types import AddrInfo
from .aio import Modem as _AioModem
from .late import LateSocket

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
SO_SNDTIMEO: int
TCP_NODELAY: int
TCP_KEEPIDLE: int
IP_ADD_MEMBERSHIP: int

tls_ports: list[int]

def install(modem: Modem | _AioModem, host_tls: bool = False) -> None: ...
def socket(af: int = AF_INET, type: int = SOCK_STREAM, proto: int = 0) -> LateSocket: ...
def getaddrinfo(
    host: str, port: int, af: int = 0, type: int = 0, proto: int = 0, flags: int = 0
) -> list[AddrInfo]: ...
