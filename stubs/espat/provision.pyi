# Types of modem.provision, of both faces.
from typing import Literal

from ._types import Learned, Stage, Text

class Provision:
    def smartconfig(
        self,
        kind: Literal["touch", "airkiss", "both", "touch_v2"] = "both",
        security: int = 0,
        key: Text | None = None,
        timeout_s: int = 120,
        join_s: int = 30,
        store: bool = False,
        on_stage: Stage = None,
    ) -> Learned: ...
    def wps(
        self,
        security: int = 0,
        timeout_s: int = 120,
        store: bool = False,
        on_stage: Stage = None,
    ) -> bytes: ...
    def web(
        self,
        ssid: Text,
        key: Text | None = None,
        channel: int = 1,
        port: int = 80,
        timeout_s: int = 600,
        join_s: int = 25,
        store: bool = False,
        on_stage: Stage = None,
    ) -> bytes: ...

class AioProvision:
    async def smartconfig(
        self,
        kind: Literal["touch", "airkiss", "both", "touch_v2"] = "both",
        security: int = 0,
        key: Text | None = None,
        timeout_s: int = 120,
        join_s: int = 30,
        store: bool = False,
        on_stage: Stage = None,
    ) -> Learned: ...
    async def wps(
        self,
        security: int = 0,
        timeout_s: int = 120,
        store: bool = False,
        on_stage: Stage = None,
    ) -> bytes: ...
    async def web(
        self,
        ssid: Text,
        key: Text | None = None,
        channel: int = 1,
        port: int = 80,
        timeout_s: int = 600,
        join_s: int = 25,
        store: bool = False,
        on_stage: Stage = None,
    ) -> bytes: ...
