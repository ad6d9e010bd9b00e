# TLS at the far end of a virtual connection: a Peer that speaks through an ssl.SSLContext.
# Owns its handshake and what became of it. The module's end is tls_conn.py.
from __future__ import annotations

import ssl
from typing import Any, Callable, Optional

from .net_virtual_tcp import Peer
from .tls import TlsEngine


def _ignore(*_: object) -> None:
    pass


class TlsPeer:
    """The same in the hand as a Peer; on_open comes when the handshake is done."""

    def __init__(
        self, peer: Peer, context: ssl.SSLContext, *, server: bool, server_name: str = ""
    ) -> None:
        self.under = peer
        self.received = bytearray()  # all data that no on_data handler took
        self.connected = False
        self.closed = False
        self.error = 0
        self.failure = ""  # why there is no session
        self.sni: Optional[str] = None  # what the module asked for, at a server
        self._finished = False  # we said that nothing more comes
        self._early = b""  # what was to be sent before the handshake was done
        self._on_open: Callable[[], object] = _ignore
        self._on_data: Optional[Callable[[bytes], object]] = None
        self._on_close: Callable[[], object] = _ignore
        if server and context.sni_callback is None:
            context.sni_callback = _remember_sni
        self._engine = TlsEngine(context, server_side=server, server_name=server_name)
        self._engine.session.owner_of_sni = self
        peer.on_data(self._arrived)
        peer.on_close(self._ended)
        if not server:
            peer.on_open(self._shake)

    # -- in the hand of a test -------------------------------------------------------------
    @property
    def session(self) -> Any:
        """The ssl.SSLObject: getpeercert(), selected_alpn_protocol(), cipher() ..."""
        return self._engine.session

    @property
    def remote_ip(self) -> str:
        return self.under.remote_ip

    @property
    def remote_port(self) -> int:
        return self.under.remote_port

    @property
    def options(self) -> Any:
        return self.under.options

    @property
    def unsent(self) -> int:
        return self.under.unsent

    def on_open(self, fn: Callable[[], object]) -> None:
        self._on_open = fn

    def on_data(self, fn: Callable[[bytes], object]) -> None:
        self._on_data = fn
        if self.received:
            early, self.received = bytes(self.received), bytearray()
            fn(early)

    def on_close(self, fn: Callable[[], object]) -> None:
        self._on_close = fn

    def send(self, data: bytes) -> None:
        """Nothing, after an end of our own."""
        if not self.connected:
            self._early += data
        elif not self._finished and not self.failure:
            self._engine.write(data)
            self._flush()

    def pause(self) -> None:
        self.under.pause()

    def resume(self) -> None:
        self.under.resume()

    def shutdown(self) -> None:
        """Says that nothing more comes, and ends our direction."""
        self._goodbye()
        self.under.shutdown()

    def close(self) -> None:
        self._goodbye()
        self.under.close()

    def reset(self) -> None:
        self.under.reset()

    def vanish(self) -> None:
        self.under.vanish()

    # -- inside ------------------------------------------------------------------------
    def _goodbye(self) -> None:
        if self.connected and not self._finished and not self.failure:
            self._finished = True
            self._engine.finish()
            self._flush()

    def _arrived(self, data: bytes) -> None:
        self._engine.feed(data)
        if not self.connected:
            self._shake()
        if not self.connected:
            return
        try:
            while part := self._engine.read(1 << 16):
                if self._on_data is None:
                    self.received += part
                else:
                    self._on_data(part)
        except ssl.SSLError as error:
            self._fail(str(error))

    def _shake(self) -> None:
        try:
            done = self._engine.shake()
        except ssl.SSLError as error:
            self._flush()  # the alert
            self._fail(str(error))
            return
        self._flush()
        if done:
            self.connected = True
            self._on_open()
            early, self._early = self._early, b""
            if early:
                self.send(early)

    def _fail(self, why: str) -> None:
        self.failure = why
        self.under.shutdown()

    def _flush(self) -> None:
        data = self._engine.output()
        if data:
            self.under.send(data)

    def _ended(self) -> None:
        if not self.closed:
            self.closed = True
            self.error = self.under.error
            self._on_close()


def _remember_sni(session: Any, name: Optional[str], context: ssl.SSLContext) -> None:
    owner = getattr(session, "owner_of_sni", None)
    if owner is not None:  # the same context may serve the machine's own network, too
        owner.sni = name
