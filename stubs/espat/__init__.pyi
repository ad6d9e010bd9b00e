# Types of the blocking face. modem.wifi and the other parts are objects whose methods are the
# functions of a file of the driver (wifi.py ...), with the modem as their first argument.
from typing import Any, Callable, Literal, Sequence, overload

from ._services import _Fs, _Gpio, _Http, _Mqtt, _Ota, _Ram, _Ws
from ._types import (
    AddrInfo,
    Argument,
    Buffer,
    Data,
    Handler,
    LineHandler,
    Pin,
    Profile,
    Text,
    Uart,
)
from .ap import Ap
from .errors import ATError as ATError
from .errors import WifiError as WifiError
from .mdns import Mdns
from .net import Net
from .nvs import Nvs
from .passthrough import Passthrough
from .power import Power
from .provision import Provision
from .sockets import Socket, UdpSocket
from .system import System
from .trace import Trace
from .uart import Wire
from .wifi import Wifi

__version__: str

class Modem:
    power: Power
    uart: Wire
    profile: Profile
    passthrough: Passthrough
    mdns: Mdns
    trace: Trace
    net: Net
    nvs: Nvs
    system: System
    mqtt: _Mqtt
    http: _Http
    ws: _Ws
    fs: _Fs
    ram: _Ram
    ota: _Ota
    gpio: _Gpio
    wifi: Wifi
    ap: Ap
    provision: Provision
    def __init__(
        self,
        uart: Uart,
        reset: Pin | None = None,
        enable: Pin | None = None,
        rts: Pin | None = None,
        cts: Pin | None = None,
        wake: Pin | None = None,
        host_wake: Pin | None = None,
        baudrates: Sequence[int] | None = None,
        restart: Literal["none", "command", "pin"] = "none",
        passive: bool = True,
        ring: int = 1024,
        flow: bool | None = None,
    ) -> None: ...
    def start(self) -> None: ...
    @overload
    def socket(self, af: int = 2, type: Literal[1] = 1, proto: int = 0) -> Socket: ...
    @overload
    def socket(self, af: int, type: Literal[2], proto: int = 0) -> UdpSocket: ...
    def getaddrinfo(
        self, host: str, port: int, af: int = 0, type: int = 0, proto: int = 0, flags: int = 0
    ) -> list[AddrInfo]: ...
    @overload
    def command(
        self,
        name: Text,
        *args: Argument,
        data: Data | None = None,
        into: None = None,
        lines: Callable[[bytes], Any] | None = None,
        timeout_ms: int = 5000,
    ) -> list[bytes]: ...
    @overload
    def command(
        self,
        name: Text,
        *args: Argument,
        data: Data | None = None,
        into: Buffer,
        lines: Callable[[bytes], Any] | None = None,
        timeout_ms: int = 5000,
    ) -> int: ...
    def on(self, event: str, handler: Handler) -> None: ...
    def on_line(self, prefix: Text, handler: LineHandler) -> None: ...
    def poll(self) -> None: ...
    def pause(self, ms: int) -> None: ...
    def watchdog(self) -> str: ...
    def stats(self) -> dict[str, int]: ...
