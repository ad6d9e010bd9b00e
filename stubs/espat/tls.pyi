# Types of espat.tls.
from typing import Any, Sequence, TypeVar

_S = TypeVar("_S")

CERT_NONE: int
CERT_OPTIONAL: int
CERT_REQUIRED: int
PROTOCOL_TLS_CLIENT: int
PROTOCOL_TLS_SERVER: int

class SSLContext:
    check_hostname: bool
    def __init__(self, modem: Any, protocol: int = 0) -> None: ...
    @property
    def verify_mode(self) -> int: ...
    @verify_mode.setter
    def verify_mode(self, value: int) -> None: ...
    def load_verify_locations(
        self,
        cafile: str | bytes | None = None,
        cadata: str | bytes | None = None,
        slot: int = 0,
    ) -> None: ...
    def load_cert_chain(
        self,
        certfile: str | bytes | None = None,
        keyfile: str | bytes | None = None,
        slot: int = 0,
    ) -> None: ...
    def set_alpn_protocols(self, protocols: Sequence[str]) -> None: ...
    def set_psk(self, key: str | bytes | None, identity: str | None) -> None: ...
    def wrap_socket(
        self,
        sock: _S,
        server_side: bool = False,
        do_handshake_on_connect: bool = True,
        server_hostname: str | None = None,
    ) -> _S: ...
