# Passthrough: the UART and one link become a stream.
# Owns blocks, the flush interval, reconnection and the way out (+++).
from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from .escape import EscapeFinder
from .links import Link
from .ports import TimerHandle

if TYPE_CHECKING:
    from .module import Module


class Passthrough:
    """The taker of everything the host sends, until it says +++."""

    def __init__(self, module: Module, link: Link) -> None:
        self._m = module
        self._link: Optional[Link] = link
        self._kind = link.kind
        self._remote = link.remote
        self._keep_alive_s = link.keep_alive_s
        self._buffer = bytearray()
        self._busy = False
        self._timer: Optional[TimerHandle] = None
        self._finder = EscapeFinder(module, self._take, self._leave, hold=True)
        module.out.plain = True
        module.links.on_closed = self._lost
        module.port.take(self)
        link.pump()

    # -- host to network ---------------------------------------------------------------
    def room(self) -> int:
        return max(0, self._m.profile.send_max - len(self._buffer))

    def feed(self, data: bytes) -> None:
        self._finder.feed(data)

    def _take(self, data: bytes) -> None:
        self._buffer += data
        self._move()

    def _move(self) -> None:
        if self._busy or self._link is None or not self._link.can_send:
            return
        block = self._m.profile.passthrough_block
        if len(self._buffer) >= block:
            self._send()
        elif self._buffer and self._timer is None:
            self._timer = self._m.later(self._m.cfg["transintvl"] * 1000, self._send)

    def _send(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._busy or self._link is None:
            return
        data = bytes(self._buffer[: self._m.profile.passthrough_block])
        del self._buffer[: len(data)]
        self._busy = True
        self._link.send(data, self._sent)

    def _sent(self, ok: bool) -> None:
        self._busy = False
        self._move()
        self._m.port.pump()

    # -- the link goes and comes -------------------------------------------------------
    def _lost(self, link: Link) -> None:
        if link is self._link:
            self._link = None
            self._busy = False
            self._retry_later()

    def _retry_later(self) -> None:
        self._m.later(self._m.cfg["reconnintv"] * 100_000, self._reconnect)

    def _reconnect(self) -> None:
        if self._m.links.on_closed != self._lost or self._link is not None:
            return  # left in the meantime
        if not self._m.station.has_ip:
            self._retry_later()
            return
        link = self._m.links.new(0, self._kind)

        def done(ok: bool) -> None:
            if not ok:
                self._m.links.forget(link)
                self._retry_later()
                return
            self._link = link
            self._m.links.opened(link)
            self._move()

        ip, port = self._remote
        link.connect(ip, port, done, local_ip="", local_port=0, keep_alive_s=self._keep_alive_s)

    # -- the way out -------------------------------------------------------------------
    def _leave(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._send_rest()
        self._m.links.on_closed = None
        self._m.port.release()
        self._m.out.plain = False
        if self._m.cfg["sysmsg"] & 1:
            self._m.out.final("+QUITT")

    def _send_rest(self) -> None:
        if self._buffer and not self._busy and self._link is not None:
            self._link.send(bytes(self._buffer), lambda ok: None)
        self._buffer.clear()


def start_at_boot(m: Module) -> None:
    """AT+SAVETRANSLINK: as soon as there is an address, the stored link and its stream."""
    setting = m.cfg["translink"]
    if not setting:
        return
    host, port, kind, local_port, keep_alive_s = setting

    def begin() -> None:
        m.net.resolve(host, 6 if kind.endswith("v6") else 4, m.guard(resolved))

    def again() -> None:
        m.later(m.cfg["reconnintv"] * 100_000, begin)

    def resolved(ip: Optional[str]) -> None:
        if ip is None or m.links.table[0] is not None:
            if ip is None:
                again()
            return
        link = m.links.new(0, kind)

        def done(ok: bool) -> None:
            if not ok:
                m.links.forget(link)
                again()
                return
            m.cfg.store("cipmode", 1)
            m.out.send(b"\r\n>")
            Passthrough(m, link)

        link.connect(ip, port, done, local_ip="", local_port=local_port, keep_alive_s=keep_alive_s)

    m.links.wifi_up_once = begin
