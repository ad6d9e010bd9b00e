# Types of modem.mdns, for both faces. The module's functions take the modem first.
from typing import Iterable, Literal, Mapping

class Mdns:
    def start(
        self,
        hostname: str,
        service: str,
        port: int,
        instance: str | None = None,
        proto: Literal["_tcp", "_udp"] | None = None,
        txt: Mapping[str, str] | Iterable[tuple[str, str]] | None = None,
    ) -> None: ...
    def stop(self) -> None: ...

class AioMdns:
    async def start(
        self,
        hostname: str,
        service: str,
        port: int,
        instance: str | None = None,
        proto: Literal["_tcp", "_udp"] | None = None,
        txt: Mapping[str, str] | Iterable[tuple[str, str]] | None = None,
    ) -> None: ...
    async def stop(self) -> None: ...
