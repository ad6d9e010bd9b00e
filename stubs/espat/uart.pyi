# Types of modem.uart, for both faces. The module's functions take the modem first.
class Wire:
    def settings(self, saved: bool = False) -> tuple[int, ...]: ...
    def configure(
        self, baudrate: int | None = None, flow: bool | None = None, save: bool = False
    ) -> None: ...
    def fastest(
        self,
        clock_hz: int | None = None,
        samples: int = 16,
        fraction: int = 64,
        limit: int = 5000000,
    ) -> int: ...

class AioWire:
    async def settings(self, saved: bool = False) -> tuple[int, ...]: ...
    async def configure(
        self, baudrate: int | None = None, flow: bool | None = None, save: bool = False
    ) -> None: ...
    async def fastest(
        self,
        clock_hz: int | None = None,
        samples: int = 16,
        fraction: int = 64,
        limit: int = 5000000,
    ) -> int: ...
