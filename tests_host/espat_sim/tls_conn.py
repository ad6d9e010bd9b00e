# A link with TLS on it: the Conn of its owner, the LinkEvents of the stream under it.
# Owns the handshake's progress and the hand-over of records. Cryptography is tls.py's.
from __future__ import annotations

import errno
import ssl
from typing import TYPE_CHECKING, Optional

from .ports import Conn, LinkEvents, TcpOptions, TimerHandle
from .tls import (
    MAX_WRITE,
    TlsConfig,
    TlsEngine,
    client_context,
    objection,
    record_size,
    server_context,
)

if TYPE_CHECKING:
    from .module import Module


class TlsConn:
    """Opens records only when they are read, as the firmware does.

    So pending tells what the firmware tells: the rest of an opened record, or without one the
    bytes that wait in the socket, which are more than their data, or no data at all.
    """

    def __init__(
        self, module: Module, events: LinkEvents, config: TlsConfig, *, server: bool = False
    ) -> None:
        self._m = module
        self._events: Optional[LinkEvents] = events
        self._config = config
        context = server_context(config) if server else client_context(config)
        self._engine = TlsEngine(context, server_side=server, server_name=config.server_name)
        self._inner: Optional[Conn] = None
        self._partial = bytearray()  # a record of which the rest has not come
        self._unsent = b""  # what the stream did not take
        self._ready = False
        self._dead = False
        self._closing = False
        self._limit: Optional[TimerHandle] = None
        self.why = ""  # why the handshake failed

    def attach(self, inner: Conn) -> None:
        self._inner = inner

    def give_to(self, events: LinkEvents) -> None:
        """Another owner hears from here on."""
        self._events = events

    # -- ports.Conn --------------------------------------------------------------------
    @property
    def remote_ip(self) -> str:
        return self._stream.remote_ip

    @property
    def remote_port(self) -> int:
        return self._stream.remote_port

    @property
    def local_ip(self) -> str:
        return self._stream.local_ip

    @property
    def local_port(self) -> int:
        return self._stream.local_port

    @property
    def _stream(self) -> Conn:
        assert self._inner is not None
        return self._inner

    @property
    def pending(self) -> int:
        if self._dead:
            return 0
        return self._engine.readable or self._stream.pending

    @property
    def undelivered(self) -> int:
        return len(self._unsent) + self._stream.undelivered

    @property
    def eof(self) -> bool:
        if self._engine.readable:
            return False
        return self._dead or self._engine.ended or self._stream.eof

    def recv(self, n: int) -> bytes:
        """At most the rest of one record."""
        try:
            while not self._dead:
                data = self._engine.read(n)
                if data or self._engine.ended or not self._pull():
                    return data
        except ssl.SSLError:
            self._die()
        return b""

    def recv_datagram(self) -> Optional[tuple[bytes, str, int]]:
        return None

    def send(self, data: bytes) -> int:
        sent = 0
        while self._ready and not self._dead and not self._unsent and sent < len(data):
            part = data[sent : sent + MAX_WRITE]
            try:
                self._engine.write(part)
            except ssl.SSLError:
                self._die()
                break
            sent += len(part)
            self._flush()
        return sent

    def sendto(self, data: bytes, ip: str, port: int) -> int:
        return 0

    def set_options(self, options: TcpOptions) -> None:
        self._stream.set_options(options)

    def close(self) -> None:
        """Says goodbye after what was accepted, then ends the stream."""
        self._events = None
        self._cancel_limit()
        if self._ready and not self._dead:
            self._engine.finish()
            self._flush()
        if self._unsent:
            self._closing = True
        else:
            self._stream.close()

    def abort(self) -> None:
        self._events = None
        self._cancel_limit()
        if self._inner is not None:
            self._inner.abort()

    # -- ports.LinkEvents --------------------------------------------------------------
    def on_connect(self) -> None:
        self._shake()

    def on_readable(self) -> None:
        if self._ready:
            if self._events is not None:
                self._events.on_readable()
        else:
            self._shake()

    def on_writable(self) -> None:
        self._flush()
        if self._unsent:
            return
        if self._closing:
            self._closing = False
            self._stream.close()
        elif self._ready and self._events is not None:
            self._events.on_writable()

    def on_error(self, errno_: int) -> None:
        self._cancel_limit()
        events = self._events
        if events is not None:
            events.on_error(errno_)

    # -- inside ------------------------------------------------------------------------
    def _shake(self) -> None:
        if self._events is None or self._dead:
            return
        self._cancel_limit()
        try:
            while not self._engine.shake():
                self._flush()
                if self._pull():
                    continue
                if self._stream.eof:
                    self._fail("the peer closed in the handshake")
                else:
                    limit_us = self._m.profile.tls_packet_limit_us
                    self._limit = self._m.later(limit_us, lambda: self._fail("no answer"))
                return
        except (ssl.SSLError, ssl.CertificateError, OSError) as error:
            self._flush()  # the alert
            self._fail(str(error))
            return
        self._flush()
        why = objection(self._engine, self._config, self._m.unix_time())
        if why is not None:
            self._fail(why)
            return
        # The cryptography of a handshake keeps the chip busy.
        self._m.later(self._m.profile.tls_us, self._opened)

    def _opened(self) -> None:
        if self._events is None or self._dead:
            return
        self._ready = True
        self._events.on_connect()
        if self._events is not None and (self.pending or self.eof):
            self._events.on_readable()

    def _fail(self, why: str) -> None:
        self.why = why
        events, self._events = self._events, None
        self._cancel_limit()
        self._dead = True
        self._stream.close()
        if events is not None:
            events.on_error(errno.EPROTO)

    def _die(self) -> None:
        """The stream makes no sense any more."""
        self._dead = True
        self._stream.abort()

    def _pull(self) -> bool:
        """Takes one record from the stream; False when there is no whole one."""
        while True:
            missing = record_size(self._partial) - len(self._partial)
            data = self._stream.recv(missing)
            if not data:
                return False
            self._partial += data
            if len(self._partial) == record_size(self._partial):
                self._engine.feed(bytes(self._partial))
                self._partial.clear()
                return True

    def _flush(self) -> None:
        self._unsent += self._engine.output()
        while self._unsent:
            n = self._stream.send(self._unsent)
            if n == 0:
                return
            self._unsent = self._unsent[n:]

    def _cancel_limit(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
