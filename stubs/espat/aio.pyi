# Types of the asyncio face: the same names as in __init__.pyi, awaitable where they may wait.
from typing import Any, Callable, Literal, Sequence, overload

from typing_extensions import Self

from ._services_aio import _Fs, _Gpio, _Http, _Mqtt, _Ota, _Ram, _Ws
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
from .ap import AioAp
from .mdns import AioMdns
from .net import AioNet
from .nvs import AioNvs
from .passthrough import AioPassthrough
from .power import AioPower
from .provision import AioProvision
from .system import AioSystem
from .tls import SSLContext
from .trace import AioTrace
from .uart import AioWire
from .wifi import AioWifi

class Modem:
    power: AioPower
    uart: AioWire
    profile: Profile
    passthrough: AioPassthrough
    mdns: AioMdns
    trace: AioTrace
    net: AioNet
    nvs: AioNvs
    system: AioSystem
    mqtt: _Mqtt
    http: _Http
    ws: _Ws
    fs: _Fs
    ram: _Ram
    ota: _Ota
    gpio: _Gpio
    wifi: AioWifi
    ap: AioAp
    provision: AioProvision
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
    async def start(self) -> None: ...
    @overload
    def socket(self, af: int = 2, type: Literal[1] = 1, proto: int = 0) -> Socket: ...
    @overload
    def socket(self, af: int, type: Literal[2], proto: int = 0) -> UdpSocket: ...
    async def getaddrinfo(
        self, host: str, port: int, af: int = 0, type: int = 0, proto: int = 0, flags: int = 0
    ) -> list[AddrInfo]: ...
    @overload
    async def command(
        self,
        name: Text,
        *args: Argument,
        data: Data | None = None,
        into: None = None,
        lines: Callable[[bytes], Any] | None = None,
        timeout_ms: int = 5000,
    ) -> list[bytes]: ...
    @overload
    async def command(
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
    async def poll(self) -> None: ...
    async def pause(self, ms: int) -> None: ...
    async def watchdog(self) -> str: ...
    async def stats(self) -> dict[str, int]: ...

class Socket:
    async def connect(self, addr: tuple[str, int]) -> None: ...
    def settimeout(self, value: float | None) -> None: ...
    def setblocking(self, flag: bool) -> None: ...
    async def setsockopt(self, level: int, option: int, value: int | Data) -> None: ...
    async def bind(self, addr: tuple[str, int]) -> None: ...
    async def listen(self, backlog: int = 4, idle_s: int = 0) -> None: ...
    async def accept(self) -> tuple[Socket, tuple[str, int]]: ...
    async def stop(self, clients: bool = False) -> None: ...
    async def send_long(
        self,
        source: Any,
        size: int | None = None,
        progress: Callable[[int, int], Any] | None = None,
        report: int | None = None,
        transmit: int | None = None,
    ) -> int: ...
    async def queue(self) -> None: ...
    async def flush(self) -> None: ...
    async def room(self) -> int: ...
    async def available(self) -> int: ...
    async def getpeername(self) -> tuple[str, int]: ...
    async def getsockname(self) -> tuple[str, int]: ...
    def fileno(self) -> int: ...
    async def send(self, buf: Data) -> int: ...
    async def sendall(self, buf: Data) -> None: ...
    async def write(self, buf: Data | str, off: int | None = None, n: int | None = None) -> int: ...
    async def recv(self, n: int) -> bytes: ...
    async def recv_into(self, buf: Buffer, n: int = 0) -> int: ...
    async def read(self, n: int = -1) -> bytes: ...
    async def readexactly(self, n: int) -> bytes: ...
    async def readinto(self, buf: Buffer, n: int = 0) -> int: ...
    async def readline(self) -> bytes: ...
    async def close(self) -> None: ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *args: Any) -> None: ...

class UdpSocket(Socket):
    dropped: int
    async def connect(self, addr: tuple[str, int], mode: int = 0) -> None: ...
    async def recvfrom(self, n: int) -> tuple[bytes, tuple[str, int]]: ...
    async def recvfrom_into(self, buf: Buffer, n: int = 0) -> tuple[int, tuple[str, int]]: ...
    async def sendto(self, buf: Data, addr: tuple[str, int]) -> int: ...

async def start_server(
    modem: Modem,
    handler: Callable[[Socket, Socket], Any],
    host: str,
    port: int,
    backlog: int = 4,
    ssl: SSLContext | None = None,
) -> Socket: ...
async def open_connection(
    modem: Modem,
    host: str,
    port: int,
    ssl: SSLContext | None = None,
    server_hostname: str | None = None,
) -> tuple[Socket, Socket]: ...
