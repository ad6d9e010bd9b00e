# A connection of the module's own clients (MQTT, HTTP, WebSocket) over any network: name, TCP, TLS.
# Owns the steps to an open stream and what waits to be sent. Knows no protocol above it.
from __future__ import annotations

import errno
import ssl
from typing import TYPE_CHECKING, Callable, Optional, Protocol

from .ports import Conn, LinkEvents, TimerHandle
from .tls import TlsConfig
from .tls_conn import TlsConn

if TYPE_CHECKING:
    from .module import Module

_PART = 2920


class StreamOwner(Protocol):
    """Who is told; after on_end nothing more comes."""

    def on_open(self) -> None: ...

    def on_bytes(self, data: bytes) -> None: ...

    def on_end(self, error: int) -> None: ...  # an errno; 0: the far end closed


class Stream:
    """Opens at once. abort() and close() are silent: the owner knows what it does."""

    def __init__(
        self,
        module: Module,
        owner: StreamOwner,
        host: str,
        port: int,
        tls: Optional[TlsConfig] = None,
        limit_us: int = 0,
        part: int = _PART,
    ) -> None:
        self._m = module
        self._owner: Optional[StreamOwner] = owner
        self._port = port
        self._part = part  # bytes of one read
        self._tls = tls
        self._conn: Optional[Conn] = None
        self._was_unsent = 0
        self._unsent = b""
        self._when_sent: list[Callable[[], object]] = []
        self._closing = False
        self.paused = False
        self._broken = 0  # the errno of a connection whose last bytes wait to be read
        self.open = False
        self._limit: Optional[TimerHandle] = None
        if limit_us:
            self._limit = module.later(limit_us, lambda: self._fail(errno.ETIMEDOUT))
        module.streams.add(self)
        self._resolve(host)

    # -- for the owner -----------------------------------------------------------------
    @property
    def unsent(self) -> int:
        return len(self._unsent)

    def moved(self) -> bool:
        """Whether anything has left since the last time this was asked."""
        before, self._was_unsent = self._was_unsent, len(self._unsent)
        return before == 0 or len(self._unsent) < before

    def send(self, data: bytes) -> None:
        """Takes everything; it leaves as the stack has room."""
        self._unsent += data
        self._flush()

    def when_sent(self, fn: Callable[[], object]) -> None:
        """fn() when the stack has all that was given to send(); never if the stream fails."""
        if self._unsent:
            self._when_sent.append(fn)
        else:
            fn()

    def pause(self) -> None:
        """Leaves what comes in the socket, so that its window holds the far end back."""
        self.paused = True

    def resume(self) -> None:
        if self.paused:
            self.paused = False
            self._m.later(0, self._read)

    def close(self) -> None:
        """Ends the stream after what was given to send()."""
        self._owner = None
        self._cancel_limit()
        if self._conn is None or not self.open:
            self.abort()
        elif self._unsent:
            self._closing = True
        else:
            self._m.streams.discard(self)
            self._conn.close()

    def abort(self) -> None:
        self._owner = None
        self.open = False
        self._m.streams.discard(self)
        self._cancel_limit()
        conn, self._conn = self._conn, None
        if conn is not None:
            conn.abort()

    # -- opening -----------------------------------------------------------------------
    def _resolve(self, host: str) -> None:
        m = self._m

        def first(ip: Optional[str]) -> None:
            if ip is None and m.cfg["ipv6"] and self._owner is not None:
                m.net.resolve(host, 6, m.guard(self._resolved))
            else:
                self._resolved(ip)

        m.net.resolve(host, 4, m.guard(first))

    def _resolved(self, ip: Optional[str]) -> None:
        if self._owner is None:
            return
        if ip is None or not self._m.reaches(ip):
            self._fail(errno.EHOSTUNREACH)
            return
        events: LinkEvents = self
        secure: Optional[TlsConn] = None
        if self._tls is not None:
            try:
                events = secure = TlsConn(self._m, self, self._tls)
            except (ssl.SSLError, ValueError):
                self._fail(errno.EPROTO)  # a key that does not fit, an ALPN name that is none
                return
        conn = self._m.net.connect("tcp", ip, self._port, events)
        if secure is not None:
            secure.attach(conn)
        self._conn = conn if secure is None else secure

    # -- ports.LinkEvents --------------------------------------------------------------
    def on_connect(self) -> None:
        if self._owner is not None:
            self._cancel_limit()
            self.open = True
            self._owner.on_open()
            self._flush()

    def on_error(self, errno_: int) -> None:
        if self.open and self._conn is not None and self._conn.pending:
            self._broken = errno_ or errno.ECONNRESET
            self._read()
        else:
            self._fail(errno_ or errno.ECONNREFUSED)

    def on_writable(self) -> None:
        self._flush()

    def on_readable(self) -> None:
        self._m.power.hear(self._read)

    # -- inside ------------------------------------------------------------------------
    def _read(self) -> None:
        while self._owner is not None and self._conn is not None and not self.paused:
            data = self._conn.recv(self._part)
            if not data:
                break
            self._owner.on_bytes(data)
        if self._owner is None or self._conn is None or self.paused:
            return
        if self._broken or self._conn.eof:
            self._fail(self._broken)

    def _flush(self) -> None:
        while self._unsent and self.open and self._conn is not None:
            n = self._conn.send(self._unsent)
            if n == 0:
                return  # on_writable comes again
            self._m.power.sent(n)
            self._unsent = self._unsent[n:]
        if not self._unsent and self._when_sent:
            waiting, self._when_sent = self._when_sent, []
            for fn in waiting:
                fn()
        if self._closing and self._conn is not None and not self._unsent:
            self._closing = False
            self._m.streams.discard(self)
            self._conn.close()

    def _fail(self, error: int) -> None:
        owner = self._owner
        self.abort()
        if owner is not None:
            owner.on_end(error)

    def _cancel_limit(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
