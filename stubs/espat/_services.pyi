# Types of the parts for the services inside the module, blocking face: modem.mqtt, modem.http ...
# _services_aio.pyi has the same names, awaitable. There is no such module on the board.
from typing import Any, Callable, Iterator, Mapping

from ._types import Buffer, Data, Text

class _Mqtt:
    def connect(
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
    def isconnected(self) -> bool: ...
    def subscribe(self, topic: Text, qos: int = 0) -> None: ...
    def unsubscribe(self, topic: Text) -> None: ...
    def subscriptions(self) -> list[tuple[bytes, int]]: ...
    def publish(
        self, topic: Text, data: Data | str, qos: int = 0, retain: bool = False
    ) -> None: ...
    def receive(self, timeout_ms: int | None = None) -> tuple[bytes, memoryview] | None: ...
    def listen(
        self, handler: Callable[[bytes, memoryview], Any], timeout_ms: int | None = None
    ) -> None: ...
    def messages(self) -> Iterator[tuple[bytes, memoryview]]: ...
    def status(self) -> int: ...
    def disconnect(self) -> None: ...

class Response:
    status_code: int
    headers: dict[str, str]
    def readinto(self, buf: Buffer, n: int = 0) -> int: ...
    def iter_content(self, chunk_size: int = 512) -> Iterator[memoryview]: ...
    @property
    def content(self) -> bytes: ...
    @property
    def text(self) -> str: ...
    def json(self) -> Any: ...
    def raise_for_status(self) -> None: ...
    def close(self) -> None: ...

class _Http:
    def get(
        self,
        url: Text,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 15,
        rx_size: int = 2048,
    ) -> Response: ...
    def head(
        self, url: Text, headers: Mapping[str, str] | None = None, timeout_s: float = 15
    ) -> Response: ...
    def delete(
        self, url: Text, headers: Mapping[str, str] | None = None, timeout_s: float = 15
    ) -> Response: ...
    def post(
        self,
        url: Text,
        data: Any = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        length: int | None = None,
        timeout_s: float = 15,
    ) -> Response: ...
    def put(
        self,
        url: Text,
        data: Any = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        length: int | None = None,
        timeout_s: float = 15,
    ) -> Response: ...
    def request(
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
    def set_headers(self, headers: Mapping[str, str] | None = None) -> None: ...
    def get_headers(self) -> list[bytes]: ...
    def get_url(self) -> str | None: ...
    def get_size(
        self, url: Text, headers: Mapping[str, str] | None = None, timeout_s: float = 15
    ) -> int: ...
    def download(
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
    def receive(self, timeout_ms: int | None = None) -> memoryview | None: ...
    def recv_into(self, buf: Buffer, timeout_ms: int | None = None) -> int | None: ...
    def send(
        self, data: Data | str, opcode: int | None = None, timeout_ms: int = 10000
    ) -> None: ...
    def ping(self, data: Data = b"ping") -> None: ...
    def close(self, code: int = 1000, reason: Text = "") -> None: ...
    def __iter__(self) -> Iterator[memoryview]: ...

class _Ws:
    def connect(
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
    def status(self) -> list[tuple[int, int, str]]: ...
    def get_headers(self) -> list[bytes]: ...
