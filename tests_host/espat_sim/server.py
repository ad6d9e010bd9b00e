# The module's one server: it accepts clients into free links and drops the idle ones.
# Owns listening, the number of clients and their time-out. Links are links.py's.
from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Optional

from .links import Link
from .ports import Conn, LinkEvents, Listener, TimerHandle
from .tls import TlsConfig
from .tls_conn import TlsConn

if TYPE_CHECKING:
    from .module import Module


class Server:
    def __init__(self, module: Module) -> None:
        self._m = module
        self._listener: Optional[Listener] = None
        self._tls: Optional[TlsConfig] = None
        self._shaking: set[_Handshake] = set()
        self._timers: dict[Link, TimerHandle] = {}
        self.port = 0
        self.kind = "TCP"
        self.ca = 0

    @property
    def running(self) -> bool:
        return self._listener is not None

    def start(self, port: int, kind: str, ca: int, tls: Optional[TlsConfig]) -> None:
        """OSError when the port cannot be had."""
        family = 6 if kind.endswith("v6") else 4
        self._listener = self._m.net.listen("tcp", port, self._accept, family=family)
        self.port, self.kind, self.ca, self._tls = port, kind, ca, tls

    def stop(self) -> None:
        """No new clients; those that are connected stay."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()
        for handshake in list(self._shaking):
            handshake.end()

    def reset(self) -> None:
        """Power or reset: the links are ended by their owner."""
        self.stop()
        self._timers.clear()  # they do not outlive the boot anyway

    @property
    def clients(self) -> list[Link]:
        return [link for link in self._m.links.open_links if link.server]

    def _accept(self, conn: Conn) -> Optional[LinkEvents]:
        index = self._m.links.free_id()
        count = len(self.clients) + len(self._shaking)
        if index is None or count >= self._m.cfg["maxconn"]:
            return None
        if self._tls is None:
            return self._take(index, conn)
        handshake = _Handshake(self)
        try:
            handshake.secure = TlsConn(self._m, handshake, self._tls, server=True)
        except ssl.SSLError:
            return None  # the key does not fit the certificate
        handshake.secure.attach(conn)
        self._shaking.add(handshake)
        self._m.later(0, handshake.secure.on_connect)
        return handshake.secure

    def _take(self, index: int, conn: Conn) -> Link:
        link = self._m.links.new(index, self.kind)
        link.accept(conn)
        self._m.links.opened(link)
        self._watch(link)
        # Data may have come together with the connection.
        self._m.later(0, link.on_readable)
        return link

    def shaken(self, handshake: _Handshake, ok: bool) -> None:
        self._shaking.discard(handshake)
        index = self._m.links.free_id()
        if not ok:
            return
        if index is None:
            handshake.secure.abort()
            return
        handshake.secure.give_to(self._take(index, handshake.secure))

    # -- idle clients ------------------------------------------------------------------
    def retime(self) -> None:
        """The time-out was changed: it counts from the last data of each client."""
        for link in self.clients:
            self._watch(link)

    def _watch(self, link: Link) -> None:
        timer = self._timers.pop(link, None)
        if timer is not None:
            timer.cancel()
        limit_us = self._m.cfg["sto"] * 1_000_000
        if limit_us:
            wait_us = max(0, link.active_us + limit_us - self._m.clock.now_us)
            self._timers[link] = self._m.later(wait_us, lambda: self._look(link, limit_us))

    def _look(self, link: Link, limit_us: int) -> None:
        del self._timers[link]
        if link.open and self._m.clock.now_us - link.active_us >= limit_us:
            link.close()
        elif link.open:
            self._watch(link)


class _Handshake:
    """A client that has no link yet."""

    secure: TlsConn

    def __init__(self, server: Server) -> None:
        self._server = server

    def on_connect(self) -> None:
        self._server.shaken(self, True)

    def on_error(self, errno_: int) -> None:
        self._server.shaken(self, False)

    def on_readable(self) -> None:
        pass

    def on_writable(self) -> None:
        pass

    def end(self) -> None:
        self._server.shaken(self, False)
        self.secure.abort()
