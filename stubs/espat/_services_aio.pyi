# Types of the parts for the services inside the module, asyncio face: the names of _services.pyi,
# awaitable. There is no such module on the board.
from typing import Any, AsyncIterator, Awaitable, Callable, Mapping

from ._types import Buffer, Data, Text

class _Mqtt:
    async def connect(
        self,
        host: Text,
        port: int | None = None,
        client_id: Text | None = None,
        user: Text | None = None,
        password: Text | None = None,
        transport: str = "tcp",
        verify: bool = False,
        certificate: bool = False,
        path: str = "",
        keepalive_s: int = 120,
        clean: bool = True,
        will: tuple[Any, ...] | None = None,
        alpn: tuple[str, ...] = (),
        sni: str | None = None,
        reconnect: bool = True,
        queue: int = 4608,
        topic_max: int = 128,
        record: int = 1024,
        timeout_s: int = 40,
    ) -> None: ...
    async def isconnected(self) -> bool: ...
    async def subscribe(self, topic: Text, qos: int = 0) -> None: ...
    async def unsubscribe(self, topic: Text) -> None: ...
    async def subscriptions(self) -> list[tuple[bytes, int]]: ...
    async def publish(
        self, topic: Text, data: Data | str, qos: int = 0, retain: bool = False
    ) -> None: ...
    async def receive(self, timeout_ms: int | None = None) -> tuple[bytes, memoryview] | None: ...
    async def listen(
        self, handler: Callable[[bytes, memoryview], Any], timeout_ms: int | None = None
    ) -> None: ...
    def messages(self) -> AsyncIterator[tuple[bytes, memoryview]]: ...
    async def status(self) -> int: ...
    async def disconnect(self) -> None: ...

class Response:
    status_code: int
    headers: dict[str, str]
    async def readinto(self, buf: Buffer, n: int = 0) -> int: ...
    def iter_content(self, chunk_size: int = 512) -> AsyncIterator[memoryview]: ...
    @property
    def content(self) -> Awaitable[bytes]: ...
    @property
    def text(self) -> Awaitable[str]: ...
    async def json(self) -> Any: ...
    async def raise_for_status(self) -> None: ...
    async def close(self) -> None: ...

class _Http:
    async def get(
        self,
        url: Text,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 15,
        rx_size: int = 2048,
    ) -> Response: ...
    async def head(
        self, url: Text, headers: Mapping[str, str] | None = None, timeout_s: float = 15
    ) -> Response: ...
    async def delete(
        self, url: Text, headers: Mapping[str, str] | None = None, timeout_s: float = 15
    ) -> Response: ...
    async def post(
        self,
        url: Text,
        data: Any = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        length: int | None = None,
        timeout_s: float = 15,
    ) -> Response: ...
    async def put(
        self,
        url: Text,
        data: Any = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        length: int | None = None,
        timeout_s: float = 15,
    ) -> Response: ...
    async def request(
        self,
        method: str,
        url: Text,
        data: Any = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        length: int | None = None,
        timeout_s: float = 15,
        rx_size: int = 2048,
    ) -> Response: ...
    async def set_headers(self, headers: Mapping[str, str] | None = None) -> None: ...
    async def get_headers(self) -> list[bytes]: ...
    async def get_url(self) -> str | None: ...
    async def get_size(
        self, url: Text, headers: Mapping[str, str] | None = None, timeout_s: float = 15
    ) -> int: ...
    async def download(
        self,
        url: Text,
        file: Any,
        headers: Mapping[str, str] | None = None,
        buffer: int = 2048,
        attempts: int = 3,
        timeout_s: float = 15,
    ) -> int: ...

class WebSocket:
    up: bool
    async def receive(self, timeout_ms: int | None = None) -> memoryview | None: ...
    async def recv_into(self, buf: Buffer, timeout_ms: int | None = None) -> int | None: ...
    async def send(
        self, data: Data | str, opcode: int | None = None, timeout_ms: int = 10000
    ) -> None: ...
    async def ping(self, data: Data = b"ping") -> None: ...
    async def close(self, code: int = 1000, reason: Text = "") -> None: ...
    def __aiter__(self) -> AsyncIterator[memoryview]: ...

class _Ws:
    async def connect(
        self,
        uri: Text,
        link: int | None = None,
        subprotocol: str | None = None,
        headers: Mapping[str, str] | None = None,
        auth: str | None = None,
        ping_s: int = 10,
        ping_timeout_s: int = 120,
        buffer: int = 1024,
        queue: int | None = None,
        timeout_s: float = 15,
    ) -> WebSocket: ...
    async def status(self) -> list[tuple[int, int, str]]: ...
    async def get_headers(self) -> list[bytes]: ...
