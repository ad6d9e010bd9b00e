# Types of modem.passthrough, of both faces.
from typing import Any, overload

from .aio import Socket as AioSocket
from .sockets import Socket

class Passthrough:
    def connect(
        self,
        addr: tuple[str, int],
        kind: str = "TCP",
        context: Any = None,
        local_port: int = 0,
        keep_alive: int = 0,
        reconnect_ms: int = 100,
        ring: int = 2048,
    ) -> Socket: ...
    def serve(
        self, port: int, kind: str = "TCP", timeout_s: float | None = None, ring: int = 2048
    ) -> Socket: ...
    def attach(self, ring: int = 2048) -> Socket: ...
    def save(
        self,
        addr: tuple[str, int] | None = None,
        kind: str = "TCP",
        keep_alive: int = 0,
        local_port: int = 0,
    ) -> None: ...
    @overload
    def interval(self, ms: None = None) -> int: ...
    @overload
    def interval(self, ms: int) -> None: ...

class AioPassthrough:
    async def connect(
        self,
        addr: tuple[str, int],
        kind: str = "TCP",
        context: Any = None,
        local_port: int = 0,
        keep_alive: int = 0,
        reconnect_ms: int = 100,
        ring: int = 2048,
    ) -> AioSocket: ...
    async def serve(
        self, port: int, kind: str = "TCP", timeout_s: float | None = None, ring: int = 2048
    ) -> AioSocket: ...
    async def attach(self, ring: int = 2048) -> AioSocket: ...
    async def save(
        self,
        addr: tuple[str, int] | None = None,
        kind: str = "TCP",
        keep_alive: int = 0,
        local_port: int = 0,
    ) -> None: ...
    @overload
    async def interval(self, ms: None = None) -> int: ...
    @overload
    async def interval(self, ms: int) -> None: ...
