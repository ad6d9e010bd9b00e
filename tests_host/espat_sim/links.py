# The five links: who is connected where, what came in, and how it is told to the host.
# Owns +IPD, CONNECT and CLOSED. Commands are commands_link.py's and commands_recv.py's.
from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable, Optional

from .ports import Conn, LinkEvents, TcpOptions, TimerHandle
from .send_queue import SendQueue
from .tls import TlsConfig
from .tls_conn import TlsConn

if TYPE_CHECKING:
    from .module import Module

Done = Callable[[bool], object]

FIXED, FIRST_SENDER, EVERY_SENDER = 0, 1, 2  # UDP modes
_AT_ONCE_US = 100_000  # data this soon after CONNECT comes "with" the connection


@dataclass(frozen=True)
class Target:
    """Where a link goes and how; enough to make it a second time."""

    kind: str  # "TCP", "SSL", "UDP", and with v6
    ip: str
    port: int
    local_ip: str = ""
    local_port: int = 0
    udp_mode: int = FIXED
    tls: Optional[TlsConfig] = None


class Link:
    """One link; it is the LinkEvents of its connection."""

    def __init__(self, links: Links, index: int, kind: str) -> None:
        self._links = links
        self._m = links.module
        self.id = index
        self.kind = kind
        self.server = False  # accepted by our server
        self.target: Optional[Target] = None  # None for an accepted one
        self.conn: Optional[Conn] = None
        self.open = False
        self.broken = False  # no more can be sent or will arrive
        self.remote: tuple[str, int] = ("", 0)
        self.sender: tuple[str, int] = ("", 0)  # of the last datagram that was read
        self.announced = False  # +IPD,<len> was said and not yet answered by a full read
        self.datagrams: list[tuple[bytes, str, int]] = []  # UDP in passive mode
        self.active_us = 0  # when data last moved
        self.keep_alive_s: Optional[int] = None  # None: as CIPTCPOPT says
        self._opened_us = 0
        self._opening: Optional[Done] = None
        self._tx = b""
        self._tx_done: Optional[Done] = None
        self._tx_limit: Optional[TimerHandle] = None
        self._waits_for_room = False
        self._seen = 0  # what waited when it was last looked at
        self.queue: Optional[SendQueue] = None  # made when it is used
        self.confirming: Optional[Callable[[], None]] = None  # a send waits for its confirmation
        self._remote_moved = False  # UDP mode 1 has followed its sender

    @property
    def udp(self) -> bool:
        return self.kind.startswith("UDP")

    @property
    def tls(self) -> bool:
        return self.kind.startswith("SSL")

    @property
    def passive(self) -> bool:
        return bool(self._m.cfg["recvtype"][self.id]) and not self._m.cfg["cipmode"]

    @property
    def local_port(self) -> int:
        if self.server:
            return self._m.server.port
        return 0 if self.conn is None else self.conn.local_port

    # -- opening and closing -----------------------------------------------------------
    def connect(self, target: Target, done: Done) -> None:
        self.target = target
        self.remote = (target.ip, target.port)
        self._opening = done
        events: LinkEvents = self
        secure: Optional[TlsConn] = None
        if target.tls is not None:
            try:
                events = secure = TlsConn(self._m, self, target.tls)
            except (ssl.SSLError, ValueError):
                # A key that does not fit its certificate, an ALPN name that is none.
                self._m.later(0, lambda: self.on_error(0))
                return
        conn = self._m.net.connect(
            "udp" if self.udp else "tcp",
            target.ip,
            target.port,
            events,
            local_ip=target.local_ip,
            local_port=target.local_port,
        )
        if secure is not None:
            secure.attach(conn)
            self.conn = secure
        else:
            self.conn = conn

    def accept(self, conn: Conn) -> None:
        """A client of our server is here."""
        self.server = True
        self.conn = conn
        self.remote = (conn.remote_ip, conn.remote_port)
        self._is_open()

    def on_connect(self) -> None:
        done, self._opening = self._opening, None
        if done is not None:
            self._is_open()
            done(True)

    def _is_open(self) -> None:
        self.open = True
        self.active_us = self._opened_us = self._m.clock.now_us
        self.apply_options()

    def apply_options(self) -> None:
        linger_s, nodelay, _, keep_alive_s = self._m.cfg["tcpopt"][self.id]
        if self.keep_alive_s is not None:
            keep_alive_s = self.keep_alive_s
        if self.conn is not None and not self.udp:
            self.conn.set_options(TcpOptions(linger_s, bool(nodelay), keep_alive_s))

    def give_up(self) -> None:
        """The attempt took too long, or the module stops."""
        self._opening = None
        if self.conn is not None:
            self.conn.abort()
        self.conn = None

    def on_error(self, errno_: int) -> None:
        done, self._opening = self._opening, None
        if done is not None:
            self.conn = None
            done(False)
            return
        self.broken = True
        self._end_send(False)
        self._after_input()

    def close(self) -> None:
        """At once, with its message; whichever side wanted it."""
        conn, self.conn = self.conn, None
        if conn is not None:
            conn.close()
        self.open = False
        self._end_send(False)
        if self.queue is not None:
            self.queue.lost()
        self._links.closed(self)

    # -- receiving ---------------------------------------------------------------------
    def on_readable(self) -> None:
        if self.confirming is not None:
            self.confirming()  # it comes with the data, and is told first
        if self.open:
            self._m.power.hear(self._heard)

    def _heard(self) -> None:
        if self.open:
            self.pump()

    @property
    def waiting(self) -> int:
        """Bytes that a passive read can give; with TLS what the firmware takes for that."""
        if self.udp:
            return sum(len(data) for data, _, _ in self.datagrams)
        return 0 if self.conn is None else min(self.conn.pending, self._m.profile.window)

    def pump(self) -> None:
        """Tells the host about data: the data itself, or that there is some."""
        if self.conn is None or not self.open:
            return
        if self.udp:
            self._take_datagrams()
        elif not self.passive:
            self._push_stream()
        if self.passive:
            self._announce()
        self._after_input()

    def _after_input(self) -> None:
        """CLOSED comes when everything was handed over."""
        if self.conn is None or not self.open:
            return
        if (self.conn.eof or self.broken) and self.waiting == 0:
            self.close()

    def _announce(self) -> None:
        waiting = self.waiting
        grown, self._seen = waiting > self._seen, waiting
        if not waiting or (self.announced and not (grown and self._m.cfg["recvreport"][self.id])):
            return
        self.announced = True
        at_once = self._m.clock.now_us - self._opened_us < _AT_ONCE_US
        if self.server and at_once and self._m.faults.quirks["forget_first_ipd"]:
            return
        self._m.out.report(b"\r\n+IPD,%s%d\r\n" % (self._number(), self.waiting))

    def _push_stream(self) -> None:
        while self.conn is not None and self._room():
            data = self.conn.recv(self._m.profile.ipd_max)
            if not data:
                return
            self._say_data(data, self.remote)

    def _take_datagrams(self) -> None:
        while self.conn is not None and (self.passive or self._room()):
            datagram = self.conn.recv_datagram()
            if datagram is None:
                return
            data, ip, port = datagram
            if len(data) > self._m.profile.udp_max:
                continue  # fragments are not put together
            if not self.passive:
                self._follow(ip, port)
                self._say_data(data, (ip, port))
            elif (
                self.waiting + len(data) <= self._m.profile.window
                and len(self.datagrams) < self._m.profile.udp_queue
            ):
                self.datagrams.append(datagram)
                self._announce()  # of this one alone: more may follow at once

    def _follow(self, ip: str, port: int) -> None:
        """The remote end moves to who sent, as far as the mode says so."""
        mode = FIXED if self.target is None else self.target.udp_mode
        if mode == FIXED or (ip, port) == self.remote:
            return
        if mode == EVERY_SENDER or not self._remote_moved:
            self._remote_moved = True
            self.remote = (ip, port)

    def _room(self) -> bool:
        """False: the transmit buffer is full; the pump goes on when it has emptied."""
        if self._m.out.has_room():
            return True
        if not self._waits_for_room:
            self._waits_for_room = True
            self._m.out.when_room(self._room_again)
        return False

    def _room_again(self) -> None:
        self._waits_for_room = False
        self.pump()

    def _number(self) -> bytes:
        return b"%d," % self.id if self._m.cfg["mux"] else b""

    def _say_data(self, data: bytes, remote: tuple[str, int]) -> None:
        self.active_us = self._m.clock.now_us
        if self._m.cfg["cipmode"]:
            self._m.out.report_data(data)
            return
        peer = b""
        if self._m.cfg["dinfo"]:
            peer = self._m.profile.ipd_peer % (remote[0].encode(), remote[1])
        self._m.out.report(b"\r\n+IPD,%s%d%s:%s" % (self._number(), len(data), peer, data))

    def read(self, n: int, whole: bool) -> bytes:
        """A passive read; whole: at most one datagram. pump() must follow the answer."""
        quirks = self._m.faults.quirks
        self.active_us = self._m.clock.now_us
        if self.udp:
            data = self._read_datagrams(n, merge=not whole)
        else:
            assert self.conn is not None
            self.sender = self.remote
            data = self.conn.recv(min(n, self._m.profile.window))
        # A stream is told about again when it was read to its end; datagrams and records at once.
        if self.udp or self.tls or quirks["announce_rest"] or self.waiting == 0:
            self.announced = False
        return data

    def _read_datagrams(self, n: int, merge: bool) -> bytes:
        """What does not fit of the last one is lost."""
        data = bytearray()
        while self.datagrams and len(data) < n:
            part, ip, port = self.datagrams.pop(0)
            data += part[: n - len(data)]
            self.sender = (ip, port)
            self._follow(ip, port)
            if not merge:
                break
        return bytes(data)

    # -- sending -----------------------------------------------------------------------
    @property
    def can_send(self) -> bool:
        return self.open and not self.broken and self.conn is not None

    def send(self, data: bytes, done: Done, to: Optional[tuple[str, int]] = None) -> None:
        """done(True) when the stack has taken everything, done(False) when it will not."""
        if self.conn is None or not self.can_send:
            done(False)
            return
        self.active_us = self._m.clock.now_us
        self._m.power.sent(len(data))
        if self.udp:
            ip, port = to or self.remote
            done(self.conn.sendto(data, ip, port) == len(data))
            return
        self._tx, self._tx_done = data, done
        limit_ms = self._m.cfg["tcpopt"][self.id][2]
        if limit_ms:
            self._tx_limit = self._m.later(limit_ms * 1000, lambda: self._end_send(False))
        self.on_writable()

    def on_writable(self) -> None:
        if self.queue is not None and not self._tx_done:
            self.queue.pump()
        while self._tx and self.conn is not None:
            n = self.conn.send(self._tx)
            if n == 0:
                return  # on_writable comes again
            self._tx = self._tx[n:]
        if self._tx_done is not None:
            self._end_send(True)

    def _end_send(self, ok: bool) -> None:
        if self._tx_limit is not None:
            self._tx_limit.cancel()
            self._tx_limit = None
        self._tx = b""
        done, self._tx_done = self._tx_done, None
        if done is not None:
            done(ok)


class Links:
    def __init__(self, module: Module) -> None:
        self.module = module
        self.table: list[Optional[Link]] = [None] * module.profile.links
        self.had_any = False
        self.on_opened: Optional[Callable[[Link], object]] = None  # passthrough listens
        self.on_closed: Optional[Callable[[Link], object]] = None
        self.wifi_up_once: Optional[Callable[[], object]] = None

    def stop(self) -> None:
        """Power or reset: the far ends see a reset, the host hears nothing."""
        for link in self.table:
            if link is not None:
                link.open = False
                link.give_up()
        self.table = [None] * self.module.profile.links
        self.had_any = False
        self.on_opened = self.on_closed = None
        self.wifi_up_once = None

    def wifi_up(self) -> None:
        fn, self.wifi_up_once = self.wifi_up_once, None
        if fn is not None:
            fn()

    @property
    def open_links(self) -> list[Link]:
        return [link for link in self.table if link is not None and link.open]

    def get(self, index: int) -> Optional[Link]:
        link = self.table[index]
        return link if link is not None and link.open else None

    def free_id(self) -> Optional[int]:
        return next((i for i, link in enumerate(self.table) if link is None), None)

    def new(self, index: int, kind: str) -> Link:
        link = self.table[index] = Link(self, index, kind)
        return link

    def forget(self, link: Link) -> None:
        if self.table[link.id] is link:
            self.table[link.id] = None

    def opened(self, link: Link) -> None:
        """CONNECT, in the shape that SYSMSG asks for."""
        self.had_any = True
        m = self.module
        if m.cfg["sysmsg"] & 2:
            fields = f'{link.id},"{link.kind}",{int(link.server)},"{link.remote[0]}"'
            m.out.urc(f"+LINK_CONN:0,{fields},{link.remote[1]},{link.local_port}")
        else:
            m.out.urc(f"{link.id},CONNECT" if m.cfg["mux"] else "CONNECT")
        if self.on_opened is not None:
            self.on_opened(link)

    def closed(self, link: Link) -> None:
        self.forget(link)
        m = self.module
        m.out.urc(f"{link.id},CLOSED" if m.cfg["mux"] else "CLOSED")
        if self.on_closed is not None:
            self.on_closed(link)
