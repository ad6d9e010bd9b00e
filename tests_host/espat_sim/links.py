# The five links: who is connected where, what came in, and how it is told to the host.
# Owns +IPD, CONNECT and CLOSED. Commands are commands_link.py's and commands_recv.py's.
from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Optional

from .ports import Conn, TimerHandle, TlsConfig

if TYPE_CHECKING:
    from .module import Module

Done = Callable[[bool], object]

FIXED, FIRST_SENDER, EVERY_SENDER = 0, 1, 2  # UDP modes


class Link:
    """One link; it is the LinkEvents of its connection."""

    def __init__(self, links: Links, index: int, kind: str) -> None:
        self._links = links
        self._m = links.module
        self.id = index
        self.kind = kind  # "TCP", "SSL", "UDP", and with v6
        self.server = False  # accepted by our server
        self.udp_mode = FIXED
        self.conn: Optional[Conn] = None
        self.open = False
        self.broken = False  # no more can be sent or will arrive
        self.remote: tuple[str, int] = ("", 0)
        self.announced = False  # +IPD,<len> was said and not yet answered by a full read
        self.datagrams: list[bytes] = []  # UDP in passive mode
        self.keep_alive_s = 0
        self._opening: Optional[Done] = None
        self._tx = b""
        self._tx_done: Optional[Done] = None
        self._tx_limit: Optional[TimerHandle] = None
        self._waits_for_room = False
        self._remote_moved = False  # UDP mode 1 has followed its sender

    @property
    def udp(self) -> bool:
        return self.kind.startswith("UDP")

    @property
    def passive(self) -> bool:
        return bool(self._m.cfg["recvtype"][self.id]) and not self._m.cfg["cipmode"]

    # -- opening and closing -----------------------------------------------------------
    def connect(
        self, ip: str, port: int, done: Done, *, local_ip: str, local_port: int, keep_alive_s: int
    ) -> None:
        self.remote = (ip, port)
        self.keep_alive_s = keep_alive_s
        self._opening = done
        self.conn = self._m.net.connect(
            "udp" if self.udp else "tcp",
            ip,
            port,
            self,
            keep_alive_s=keep_alive_s,
            local_ip=local_ip,
            local_port=local_port,
            tls=TlsConfig() if self.kind.startswith("SSL") else None,
        )

    def on_connect(self) -> None:
        done, self._opening = self._opening, None
        if done is not None:
            self.open = True
            done(True)

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
        self._links.closed(self)

    # -- receiving ---------------------------------------------------------------------
    def on_readable(self) -> None:
        if self.open:
            self.pump()

    @property
    def waiting(self) -> int:
        """Bytes that a passive read can give."""
        if self.udp:
            return sum(len(d) for d in self.datagrams)
        return 0 if self.conn is None else min(self.conn.pending, self._m.profile.window)

    def pump(self) -> None:
        """Tells the host about data: the data itself, or that there is some."""
        if self.conn is None or not self.open:
            return
        if self.udp:
            self._take_datagrams()
        elif self.passive:
            self._announce()
        else:
            self._push_stream()
        self._after_input()

    def _after_input(self) -> None:
        """CLOSED comes when everything was handed over."""
        if self.conn is None or not self.open:
            return
        if (self.conn.eof or self.broken) and self.waiting == 0:
            self.close()

    def _announce(self) -> None:
        if self.waiting and not self.announced:
            self.announced = True
            self._m.out.send(b"\r\n+IPD,%s%d\r\n" % (self._number(), self.waiting))

    def _push_stream(self) -> None:
        assert self.conn is not None
        while self._room():
            data = self.conn.recv(self._m.profile.ipd_max)
            if not data:
                return
            self._say_data(data, self.remote)

    def _take_datagrams(self) -> None:
        assert self.conn is not None
        while self.passive or self._room():
            datagram = self.conn.recv_datagram()
            if datagram is None:
                return
            data, ip, port = datagram
            if self.udp_mode == EVERY_SENDER or (
                self.udp_mode == FIRST_SENDER and not self._remote_moved
            ):
                self._remote_moved = True
                self.remote = (ip, port)
            if not self.passive:
                self._say_data(data, (ip, port))
            elif self.waiting + len(data) <= self._m.profile.window:
                self.datagrams.append(data)
                self._announce()

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
        if self._m.cfg["cipmode"]:
            self._m.out.send_unfiltered(data)
            return
        peer = b',"%s",%d' % (remote[0].encode(), remote[1]) if self._m.cfg["dinfo"] else b""
        self._m.out.send(b"\r\n+IPD,%s%d%s:%s" % (self._number(), len(data), peer, data))

    def read(self, n: int) -> bytes:
        """A passive read. pump() must follow when the answer is out."""
        if self.udp:
            data = b"".join(self.datagrams)
            self.datagrams = [data[n:]] if len(data) > n else []
            data = data[:n]
        else:
            assert self.conn is not None
            data = self.conn.recv(min(n, self._m.profile.window))
        if self.waiting == 0:
            self.announced = False
        return data

    # -- sending -----------------------------------------------------------------------
    @property
    def can_send(self) -> bool:
        return self.open and not self.broken and self.conn is not None

    def send(self, data: bytes, done: Done) -> None:
        """done(True) when the stack has taken everything, done(False) when it will not."""
        if not self.can_send:
            done(False)
            return
        self._tx, self._tx_done = data, done
        limit_ms = self._m.cfg["tcpopt"][self.id][2]
        if limit_ms:
            self._tx_limit = self._m.later(limit_ms * 1000, lambda: self._end_send(False))
        self.on_writable()

    def send_to(self, data: bytes, ip: str, port: int) -> bool:
        return self.conn is not None and self.conn.sendto(data, ip, port) == len(data)

    def on_writable(self) -> None:
        if self._tx_done is None or self.conn is None:
            return
        if self.udp:
            ok = self.send_to(self._tx, *self.remote)
            self._end_send(ok)
            return
        while self._tx:
            n = self.conn.send(self._tx)
            if n == 0:
                return  # on_writable comes again
            self._tx = self._tx[n:]
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
        self.on_closed: Optional[Callable[[Link], object]] = None  # passthrough listens
        self.wifi_up_once: Optional[Callable[[], object]] = None

    def stop(self) -> None:
        """Power or reset: the far ends see a reset, the host hears nothing."""
        for link in self.table:
            if link is not None:
                link.open = False
                link.give_up()
        self.table = [None] * self.module.profile.links
        self.had_any = False
        self.on_closed = None
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
            assert link.conn is not None
            fields = f'{link.id},"{link.kind}",{int(link.server)},"{link.remote[0]}"'
            m.out.urc(f"+LINK_CONN:0,{fields},{link.remote[1]},{link.conn.local_port}")
        else:
            m.out.urc(f"{link.id},CONNECT" if m.cfg["mux"] else "CONNECT")

    def closed(self, link: Link) -> None:
        self.forget(link)
        m = self.module
        m.out.urc(f"{link.id},CLOSED" if m.cfg["mux"] else "CLOSED")
        if self.on_closed is not None:
            self.on_closed(link)
