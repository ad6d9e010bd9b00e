# Passthrough: the UART and one link become a stream.
# Owns blocks, the flush interval, reconnection and the way out (+++).
from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from .escape import EscapeFinder
from .links import Link, Target
from .pki import Missing, client_config
from .ports import TimerHandle

if TYPE_CHECKING:
    from .module import Module


class Passthrough:
    """The taker of everything the host sends, until it says +++."""

    def __init__(self, module: Module, link: Link) -> None:
        self._m = module
        self._link: Optional[Link] = link
        self._target = link.target  # None: our server's client, the next one takes its place
        self._buffer = bytearray()
        self._busy = False
        self._left = False
        self._timer: Optional[TimerHandle] = None
        self._finder = EscapeFinder(module, self._take, self._leave, hold=True)
        module.out.plain = True
        module.links.on_opened = self._opened
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
        if self._left:
            self._send_rest()
            return
        self._move()
        self._m.port.pump()

    # -- the link goes and comes -------------------------------------------------------
    def _lost(self, link: Link) -> None:
        if link is not self._link:
            return
        self._link = None
        self._busy = False
        if self._target is not None:
            self._retry_later()

    def _opened(self, link: Link) -> None:
        if self._link is None and (link.server or self._target is not None):
            self._link = link
            self._move()

    def _retry_later(self) -> None:
        self._m.later(self._m.cfg["reconnintv"] * 100_000, self._reconnect)

    def _reconnect(self) -> None:
        if self._m.links.on_closed != self._lost or self._link is not None or self._target is None:
            return  # left in the meantime
        if not self._m.reaches(self._target.ip):
            self._retry_later()
            return
        link = self._m.links.new(0, self._target.kind)

        def done(ok: bool) -> None:
            if ok:
                self._m.links.opened(link)
            else:
                self._m.links.forget(link)
                self._retry_later()

        link.connect(self._target, done)

    # -- the way out -------------------------------------------------------------------
    def _leave(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._left = True
        self._send_rest()
        self._m.links.on_opened = self._m.links.on_closed = None
        self._m.port.release()
        self._m.out.plain = False
        if self._m.cfg["sysmsg"] & 1:
            self._m.out.final("+QUITT")

    def _send_rest(self) -> None:
        """What was typed before the way out; after the block that is being sent."""
        if self._buffer and not self._busy and self._link is not None:
            data = bytes(self._buffer)
            self._buffer.clear()
            self._link.send(data, lambda ok: None)


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
            m.out.send(m.profile.prompt)
            Passthrough(m, link)

        try:
            target = target_of(m, 0, kind, ip, port, local_port=local_port)
        except Missing as error:
            m.links.forget(link)
            m.out.urc(str(error))
            return
        link.keep_alive_s = keep_alive_s
        link.connect(target, done)

    m.links.wifi_up_once = begin


def target_of(
    m: Module,
    index: int,
    kind: str,
    ip: str,
    port: int,
    *,
    local_ip: str = "",
    local_port: int = 0,
    udp_mode: int = 0,
) -> Target:
    """With the TLS settings of its link. pki.Missing when the store lacks a certificate."""
    tls = client_config(m, index) if kind.startswith("SSL") else None
    if not local_ip and kind.endswith("v6"):
        local_ip = m.station.own_ip6(ip)
    return Target(kind, ip, port, local_ip, local_port, udp_mode, tls)
