# Types of the blocking face. modem.wifi and the other parts are objects whose methods are the
# functions of a file of the driver (wifi.py ...), with the modem as their first argument.
from typing import Any, Callable, Literal, Sequence, overload

from ._services import _Http, _Mqtt
from ._types import (
    Addresses,
    AddrInfo,
    Argument,
    Buffer,
    Data,
    Handler,
    LineHandler,
    Mac,
    Network,
    Pin,
    Profile,
    Text,
    Uart,
)
from .errors import ATError as ATError
from .errors import WifiError as WifiError
from .mdns import Mdns
from .net import Net
from .nvs import Nvs
from .sockets import Socket, UdpSocket
from .system import System

__version__: str

class Modem:
    uart: Uart
    profile: Profile
    wifi: _Wifi
    mdns: Mdns
    net: Net
    nvs: Nvs
    system: System
    mqtt: _Mqtt
    http: _Http
    def __init__(
        self,
        uart: Uart,
        reset: Pin | None = None,
        enable: Pin | None = None,
        rts: Pin | None = None,
        cts: Pin | None = None,
        wake: Pin | None = None,
        host_wake: Pin | None = None,
        baudrates: Sequence[int] = (115200, 921600, 9600, 57600, 74880, 230400, 460800),
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

class _Wifi:
    def connect(
        self,
        ssid: Text,
        key: Text | None = None,
        bssid: Mac | None = None,
        timeout_s: int = 15,
        reconnect_s: int | None = None,
        listen_interval: int | None = None,
        scan_all: bool | None = None,
        pmf: int | None = None,
        pci: bool | None = None,
    ) -> None: ...
    def disconnect(self) -> None: ...
    def isconnected(self) -> bool: ...
    @overload
    def status(self, param: None = None) -> int: ...
    @overload
    def status(self, param: Literal["rssi"]) -> int | None: ...
    def scan(self) -> list[Network]: ...
    def ssid(self) -> bytes | None: ...
    def rssi(self) -> int | None: ...
    @overload
    def ifconfig(self, config: None = None) -> Addresses: ...
    @overload
    def ifconfig(self, config: Addresses | Literal["dhcp"]) -> None: ...
    @overload
    def mac(self, value: None = None) -> bytes: ...
    @overload
    def mac(self, value: Mac) -> None: ...
    @overload
    def hostname(self, name: None = None) -> str: ...
    @overload
    def hostname(self, name: Text) -> None: ...
    @overload
    def reconnect(self, interval_s: None = None, count: int = 0) -> tuple[int, int]: ...
    @overload
    def reconnect(self, interval_s: int, count: int = 0) -> None: ...
