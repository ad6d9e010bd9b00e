# One HTTP request of the module's own client, over any network: h11 on one of our streams.
# Owns the request's head, its body, and the reading of the answer. What is said is the commands'.
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Optional, Sequence
from urllib.parse import urlsplit

from .pki import name_of
from .ports import TimerHandle
from .stream import Stream
from .tls import TlsConfig

if TYPE_CHECKING:
    from .module import Module

USER_AGENT = b"ESP32 HTTP Client/1.0"
SMALL_BUFFER = 512
Header = tuple[bytes, bytes]


class BadRequest(ValueError):
    """What was asked for cannot be asked of a server."""


@dataclass(frozen=True)
class Url:
    host: str
    port: int
    target: str
    secure: bool


def parse_url(text: bytes, plain: str = "http", secure: str = "https") -> Url:
    """BadRequest when it has neither of these schemes."""
    try:
        parts = urlsplit(text.decode("ascii"))
        port = parts.port
    except ValueError as error:
        raise BadRequest("no URL") from error
    if parts.scheme not in (plain, secure) or not parts.hostname:
        raise BadRequest("no URL of this kind")
    tls = parts.scheme == secure
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Url(parts.hostname, port or (443 if tls else 80), target, tls)


@dataclass(frozen=True)
class Limits:
    """Buffers in bytes and the network's silence that is borne."""

    tx: int = 2048
    rx: int = SMALL_BUFFER
    timeout_ms: int = 5000


@dataclass(frozen=True)
class Answer:
    status: int  # 0: there was none, or not all of it
    length: Optional[int]  # of the body as the head has it


class HttpRequest:
    """Starts at once: on_head(headers), on_data(part) for each read, then done(answer).

    The request line and every single header must fit into the transmit buffer.
    """

    def __init__(
        self,
        module: Module,
        method: str,
        url: Url,
        headers: Sequence[Header],
        body: bytes,
        limits: Limits,
        *,
        on_head: Callable[[list[Header]], object] = lambda headers: None,
        on_data: Callable[[bytes], object] = lambda data: None,
        done: Callable[[Answer], object],
    ) -> None:
        import h11

        self._m = module
        self._limits = limits
        self._on_head = on_head
        self._on_data = on_data
        self._done: Optional[Callable[[Answer], object]] = done
        self._status = 0
        self._length: Optional[int] = None
        self._limit: Optional[TimerHandle] = None
        self._http: Any = h11.Connection(h11.CLIENT)
        self._body = body
        self._head = self._make_head(method, url, headers)
        tls = TlsConfig(server_name=name_of(url.host)) if url.secure else None
        self._stream = Stream(module, self, url.host, url.port, tls, part=limits.rx)
        self._wait(module.profile.connect_limit_us)

    def _make_head(self, method: str, url: Url, headers: Sequence[Header]) -> bytes:
        import h11

        host = f"[{url.host}]" if ":" in url.host else url.host
        if url.port != (443 if url.secure else 80):
            host += f":{url.port}"
        lines: dict[bytes, Header] = {}
        for key, value in (
            (b"User-Agent", USER_AGENT),
            (b"Host", host.encode()),
            *headers,
            (b"Content-Length", str(len(self._body)).encode()),
        ):
            lines[key.lower()] = key, value  # the last one counts
        longest = max(len(key) + len(value) for key, value in lines.values()) + 4
        if max(longest, len(method) + len(url.target) + 12) > self._limits.tx:
            raise BadRequest("more than the transmit buffer holds")
        try:
            request = h11.Request(method=method, target=url.target, headers=list(lines.values()))
            return bytes(self._http.send(request) or b"")
        except h11.LocalProtocolError as error:
            raise BadRequest(str(error)) from error

    # -- StreamOwner -------------------------------------------------------------------
    def on_open(self) -> None:
        import h11

        data = self._http.send(h11.Data(data=self._body)) if self._body else b""
        end = self._http.send(h11.EndOfMessage())
        self._stream.send(self._head + (data or b"") + (end or b""))
        self._wait_for_network()
        self._stream.when_sent(self._all_sent)

    def on_bytes(self, data: bytes) -> None:
        self._wait_for_network()
        self._http.receive_data(data)
        self._events()
        if self._done is not None and not self._m.out.has_room():
            self._stream.pause()
            self._m.out.when_room(self._host_has_caught_up)

    def on_end(self, error: int) -> None:
        if not error:
            self._http.receive_data(b"")  # which may be the end of the body
            self._events()
        self._end(Answer(0, self._length))

    # -- inside ------------------------------------------------------------------------
    def _all_sent(self) -> None:
        if self._done is not None:
            self._wait_for_network()

    def _host_has_caught_up(self) -> None:
        if self._done is not None:
            self._wait_for_network()
            self._stream.resume()

    def _events(self) -> None:
        import h11

        while self._done is not None:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError:
                self._end(Answer(0, self._length))
                return
            if event is h11.NEED_DATA or event is h11.PAUSED:
                return
            if isinstance(event, h11.Response):
                self._got_head(event)
            elif isinstance(event, h11.Data):
                self._on_data(bytes(event.data))
            elif isinstance(event, (h11.EndOfMessage, h11.ConnectionClosed)):
                self._end(Answer(self._status, self._length))

    def _got_head(self, response: Any) -> None:
        self._status = response.status_code
        headers = [(bytes(key), bytes(value)) for key, value in response.headers.raw_items()]
        for key, value in headers:
            if key.lower() == b"content-length" and value.isdigit():
                self._length = int(value)
        self._on_head(headers)

    def _wait_for_network(self) -> None:
        self._wait(self._limits.timeout_ms * 1000)

    def _wait(self, us: int) -> None:
        if self._limit is not None:
            self._limit.cancel()
        self._limit = self._m.later(us, self._too_long)

    def _too_long(self) -> None:
        if self._stream.paused or self._stream.unsent > 0 and self._stream.moved():
            self._wait_for_network()  # it is the host that is slow, or the data still leaves
        else:
            self._end(Answer(0, self._length))

    def _end(self, answer: Answer) -> None:
        done, self._done = self._done, None
        if self._limit is not None:
            self._limit.cancel()
        if done is not None:
            self._stream.close()
            done(answer)


def merge(own: Sequence[Header], other: Sequence[Header]) -> list[Header]:
    """Both, and where they have the same key, those of other."""
    keys = {key.lower() for key, _ in other}
    return [item for item in own if item[0].lower() not in keys] + list(other)


def parse_header(text: bytes) -> Header:
    """ "key: value"; BadRequest for anything else."""
    key, colon, value = text.partition(b":")
    if not colon or not key.strip() or any(c in text for c in b"\r\n\0"):
        raise BadRequest("no header")
    return key.strip(), value.strip()
