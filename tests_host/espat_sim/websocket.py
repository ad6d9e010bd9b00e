# The module's three WebSocket links: their states, pings, reconnection, and what the host is told.
# Owns +WS_CONNECTED, +WS_DATA, +WS_DISCONNECTED and +WS_CLOSED. The protocol is stream_ws.py's.
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable, Optional, Sequence

from .http_client import Header, Url
from .pki import ws_config
from .ports import TimerHandle
from .stream_ws import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, WsStream
from .tls import TlsConfig

if TYPE_CHECKING:
    from .module import Module

CLOSED, RECONNECTING, OPEN, LOST, CLOSING = range(5)
LINKS = 3
_NORMAL = (1000).to_bytes(2, "big")
Done = Callable[[bool], object]


@dataclass(frozen=True)
class Target:
    """Where a link leads, enough to get there again."""

    uri: bytes
    url: Url
    tls: Optional[TlsConfig]
    subprotocols: Sequence[str]
    headers: Sequence[Header]
    limit_us: int


class WebSocketLink:
    def __init__(self, module: Module, index: int) -> None:
        self._m = module
        self.id = index
        self.state = CLOSED
        self.target: Optional[Target] = None
        self._stream: Optional[WsStream] = None
        self._opening: Optional[Done] = None
        self._closing: Optional[Callable[[], object]] = None
        self._sending: Optional[Done] = None
        self._send_limit: Optional[TimerHandle] = None
        self._ping_s, self._pong_s, self._buffer = 10, 120, 1024
        self._data = bytearray()  # of a frame of which the rest has not come
        self._ping_timer: Optional[TimerHandle] = None  # the next one
        self._pong_timer: Optional[TimerHandle] = None  # for the answer to one
        self._step: Optional[TimerHandle] = None  # a limit, or the next attempt

    def stop(self) -> None:
        """Power or reset: the server sees a reset, the host hears nothing."""
        self._opening = self._closing = self._sending = None
        self._drop()
        self.state = CLOSED

    # -- opening -----------------------------------------------------------------------
    def open(self, target: Target, done: Done) -> None:
        """done(ok) after +WS_CONNECTED. ValueError for what HTTP does not allow in a head."""
        self.target = target
        self._opening = done
        self._ping_s, self._pong_s, self._buffer = self._m.cfg["wscfg"][self.id][:3]
        try:
            self._dial()
        except ValueError:
            self._opening = None
            self.state = CLOSED
            raise

    def tls(self, url: Url) -> Optional[TlsConfig]:
        """pki.Missing without a certificate that is needed."""
        if not url.secure:
            return None
        return ws_config(self._m, url.host, *self._m.cfg["wscfg"][self.id][3:])

    def _dial(self) -> None:
        assert self.target is not None
        target = self.target
        self.state = RECONNECTING
        self._data.clear()
        self._stream = WsStream(
            self._m,
            self,
            target.url.host,
            target.url.port,
            target.url.target,
            target.tls,
            target.subprotocols,
            target.headers,
        )
        self._plan(target.limit_us, self._failed)

    def _failed(self) -> None:
        done, self._opening = self._opening, None
        self._drop()
        if done is not None:
            self.state = CLOSED
            done(False)
        else:
            self._wait_and_dial()

    def _wait_and_dial(self) -> None:
        self.state = LOST
        self._plan(self._m.profile.ws_reconnect_us, self._again)

    def _again(self) -> None:
        if self._m.has_network:
            self._dial()
        else:
            self._wait_and_dial()

    # -- WsOwner -----------------------------------------------------------------------
    def on_open(self) -> None:
        self._cancel_plan()
        self.state = OPEN
        self._plan_ping()
        self._m.out.urc(f"+WS_CONNECTED:{self.id}")
        done, self._opening = self._opening, None
        if done is not None:
            done(True)

    def on_frame(self, opcode: int, data: bytes, last: bool) -> None:
        if opcode == PONG:
            self._cancel_pong()
        elif opcode == CLOSE:
            self._server_closes()
        elif opcode in (TEXT, BINARY, CONTINUATION):
            self._take(data, last)

    def on_end(self, error: int) -> None:
        if self.state == CLOSING:
            self._closed()
        elif self.state == OPEN:
            self._lost()
        else:
            self._failed()

    # -- data --------------------------------------------------------------------------
    def _take(self, data: bytes, last: bool) -> None:
        """A record for each buffer that is full, and for the rest of a frame."""
        self._data += data
        while len(self._data) > self._buffer:
            self._say(self._buffer)
        if last:
            self._say(len(self._data))
        if self._stream is not None and not self._m.out.has_room():
            self._stream.stream.pause()
            self._m.out.when_room(self._host_has_caught_up)

    def _say(self, n: int) -> None:
        part = bytes(self._data[:n])
        del self._data[:n]
        self._m.out.report(b"+WS_DATA:%d,%d,%s\r\n" % (self.id, n, part))

    def _host_has_caught_up(self) -> None:
        if self._stream is not None:
            self._stream.stream.resume()

    @property
    def send_max(self) -> int:
        return self._buffer - 10

    def send(self, data: bytes, opcode: int, limit_us: int, done: Done) -> None:
        """done(True) when the stack has all of it. What does not leave in time ends the link."""
        if self._stream is None or self.state != OPEN:
            done(False)
            return
        self._sending = done
        self._send_limit = self._m.later(limit_us, self._lost)
        self._stream.send(data, opcode)
        self._stream.stream.when_sent(lambda: self._sent(True))

    def _sent(self, ok: bool) -> None:
        if self._send_limit is not None:
            self._send_limit.cancel()
            self._send_limit = None
        done, self._sending = self._sending, None
        if done is not None:
            done(ok)

    # -- pings and ends ----------------------------------------------------------------
    def _plan_ping(self) -> None:
        self._ping_timer = self._m.later(self._ping_s * 1_000_000, self._ping)

    def _ping(self) -> None:
        if self._stream is not None and self.state == OPEN:
            self._stream.send(b"", PING)
            if self._pong_timer is None:
                self._pong_timer = self._m.later(self._pong_s * 1_000_000, self._lost)
            self._plan_ping()

    def _cancel_pong(self) -> None:
        if self._pong_timer is not None:
            self._pong_timer.cancel()
            self._pong_timer = None

    def _lost(self) -> None:
        self._drop()
        self._m.out.urc(f"+WS_DISCONNECTED:{self.id}")
        self._wait_and_dial()

    def _server_closes(self) -> None:
        """Our answer is on its way; the server is to end the connection."""
        self.state = CLOSING
        if self._step is None:
            self._plan(self._m.profile.ws_close_us, self._closed)

    def close(self, done: Callable[[], object]) -> None:
        """Says goodbye, and waits a little for the server's."""
        if self.state in (RECONNECTING, LOST) or self._stream is None:
            self._drop()
            self.state = CLOSED
            done()
            return
        self._closing = done
        if self.state == OPEN:
            self._stream.send(_NORMAL, CLOSE)
            self.state = CLOSING
            self._plan(self._m.profile.ws_close_us, self._closed)

    def _closed(self) -> None:
        self._drop(polite=True)
        self.state = CLOSED
        self._m.out.urc(f"+WS_CLOSED:{self.id}")
        done, self._closing = self._closing, None
        if done is not None:
            done()

    # -- inside ------------------------------------------------------------------------
    def _drop(self, polite: bool = False) -> None:
        self._cancel_plan()
        if self._ping_timer is not None:
            self._ping_timer.cancel()
            self._ping_timer = None
        self._cancel_pong()
        stream, self._stream = self._stream, None
        if stream is not None:
            (stream.close if polite else stream.abort)()
        self._sent(False)

    def _plan(self, us: int, fn: Callable[[], object]) -> None:
        self._cancel_plan()
        self._step = self._m.later(us, fn)

    def _cancel_plan(self) -> None:
        if self._step is not None:
            self._step.cancel()
            self._step = None


class WebSockets:
    def __init__(self, module: Module) -> None:
        self.links = [WebSocketLink(module, index) for index in range(LINKS)]

    def stop(self) -> None:
        for link in self.links:
            link.stop()
