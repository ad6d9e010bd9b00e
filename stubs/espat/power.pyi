# Types of modem.power, for both faces. The module's functions take the modem first.
from typing import Literal

Mode = Literal["off", "modem", "light", "listen"]
Woke = Literal["data", "wifi", "time", "pin", "reset"]

class Power:
    def sleep(
        self,
        mode: Mode | None = None,
        gpio: int | None = None,
        level: int = 1,
        settle_ms: int = 10,
        linger_ms: int = 20,
        test: bool = True,
    ) -> Mode | None: ...
    def host_wake(
        self,
        gpio: int | None = None,
        level: int = 1,
        byte: int | None = None,
        delay_ms: int = 10000,
        check_bits: int = 1,
        test: bool = True,
    ) -> None: ...
    def host_sleep(self, ms: int | None = None) -> Woke: ...
    def idle(self, ms: int | None = None) -> None: ...

class AioPower:
    async def sleep(
        self,
        mode: Mode | None = None,
        gpio: int | None = None,
        level: int = 1,
        settle_ms: int = 10,
        linger_ms: int = 20,
        test: bool = True,
    ) -> Mode | None: ...
    async def host_wake(
        self,
        gpio: int | None = None,
        level: int = 1,
        byte: int | None = None,
        delay_ms: int = 10000,
        check_bits: int = 1,
        test: bool = True,
    ) -> None: ...
    async def host_sleep(self, ms: int | None = None) -> Woke: ...
    async def idle(self, ms: int | None = None) -> None: ...
