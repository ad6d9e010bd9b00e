# Types of espat.dropin.
from . import Modem
from ._types import AddrInfo
from .aio import Modem as _AioModem
from .sockets import Socket

AF_INET: int
AF_INET6: int
SOCK_STREAM: int
SOCK_DGRAM: int
SOL_SOCKET: int
SO_REUSEADDR: int
IPPROTO_TCP: int

def install(modem: Modem | _AioModem) -> None: ...
def socket(af: int = AF_INET, type: int = SOCK_STREAM, proto: int = 0) -> Socket: ...
def getaddrinfo(
    host: str, port: int, af: int = 0, type: int = 0, proto: int = 0, flags: int = 0
) -> list[AddrInfo]: ...
