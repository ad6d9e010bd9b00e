# The real network: ports.Network on asyncio and the operating system's sockets, DNS and TLS.
# Owns attempts, listeners and their end. Nothing here blocks; nobody but
# this machine is heard, unless bind_ip says otherwise.
from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
import struct
from typing import Callable, Coroutine, Mapping, Optional, Union

from .net_os_conn import OsTcpConn, OsUdpConn, error_number
from .ports import SOFT_AP, STATION, LinkEvents

CONNECT_TIMEOUT_MS = 18_000
RESOLVE_TIMEOUT_MS = 8_000
PING_TIMEOUT_MS = 1_000
BROADCAST = "255.255.255.255"
NO_WAY = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL)

OnAccept = Callable[[OsTcpConn], Optional[LinkEvents]]


class OsListener:
    def __init__(self, net: OsNetwork, sock: socket.socket) -> None:
        self._net = net
        self._sock = sock
        self.port = sock.getsockname()[1]
        self.server: Optional[asyncio.AbstractServer] = None
        self.closed = False

    def close(self) -> None:
        self.closed = True
        self._net.listeners.discard(self)
        if self.server is not None:
            self.server.close()
        self._sock.close()


class OsNetwork:
    """One per module. Make it inside the running loop; close() ends everything.

    hosts: names that are answered here instead of by the system's DNS.
    ports: where the module's servers listen when not on the port that the host asked for.
    bind_ip: whom they and its UDP sockets hear: this machine, or with another address others too.
    The station's own address exists only inside the simulation, so that links are bound to
    whatever address the system chooses. It is up while any interface of the module is.
    """

    def __init__(
        self,
        hosts: Optional[Mapping[str, str]] = None,
        ports: Optional[Mapping[int, int]] = None,
        bind_ip: str = "127.0.0.1",
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._hosts = dict(hosts or {})
        self._ports = dict(ports or {})
        self._bind_ip = bind_ip
        self._tasks: set[asyncio.Task] = set()
        self._conns: set[Union[OsTcpConn, OsUdpConn]] = set()
        self.listeners: set[OsListener] = set()
        self._up = {STATION: True, SOFT_AP: False}
        # Told by the module and used by nobody: links have the system's addresses.
        self.station_ip = self.station_ip6 = self.ap_ip = ""

    # -- ports.Network -------------------------------------------------------------------------

    def resolve(
        self,
        host: str,
        family: int,
        done: Callable[[Optional[str]], None],
        timeout_ms: int = 0,
    ) -> None:
        try:
            address = ipaddress.ip_address(self._hosts.get(host, host))
        except ValueError:
            self._start(self._look_up(host, family, done, timeout_ms or RESOLVE_TIMEOUT_MS))
            return
        self._loop.call_soon(done, str(address) if address.version == family else None)

    def connect(
        self,
        kind: str,
        ip: str,
        port: int,
        events: LinkEvents,
        *,
        local_ip: str = "",
        local_port: int = 0,
        timeout_ms: int = 0,
    ) -> Union[OsTcpConn, OsUdpConn]:
        if kind == "udp":
            udp = OsUdpConn(events, (ip, port))
            self._conns.add(udp)
            udp.on_gone = self._conns.discard
            self._start(self._open_udp(udp, local_port))
            return udp
        conn = OsTcpConn(events, (ip, port))
        self._conns.add(conn)
        conn.on_gone = self._conns.discard
        timeout_s = (timeout_ms or CONNECT_TIMEOUT_MS) / 1000
        self._start(self._open_tcp(conn, local_port, timeout_s))
        return conn

    def listen(
        self,
        kind: str,
        port: int,
        on_accept: OnAccept,
        *,
        family: int = 4,
    ) -> OsListener:
        """Raises OSError at once when the port cannot be had."""
        bind_ip = self._bind_ip
        if family == 6 and ":" not in bind_ip:
            bind_ip = "::1" if bind_ip == "127.0.0.1" else "::"
        sock = socket.socket(
            socket.AF_INET6 if ":" in bind_ip else socket.AF_INET, socket.SOCK_STREAM
        )
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setblocking(False)
            sock.bind((bind_ip, self._ports.get(port, port)))
            sock.listen(8)
        except OSError:
            sock.close()
            raise
        listener = OsListener(self, sock)
        self.listeners.add(listener)

        def make() -> OsTcpConn:
            conn = OsTcpConn(None, ("", 0))
            conn.on_open = lambda conn: self._accepted(conn, listener, on_accept)
            conn.on_gone = self._conns.discard
            return conn

        async def serve() -> None:
            server = await self._loop.create_server(make, sock=sock)
            listener.server = server
            if listener.closed:
                server.close()

        self._start(serve())
        return listener

    def ping(self, host_ip: str, done: Callable[[Optional[int]], None]) -> None:
        self._start(self._ping(host_ip, done))

    @property
    def up(self) -> bool:
        return any(self._up.values())

    def set_up(self, up: bool, interface: str = STATION) -> None:
        self._up[interface] = up
        if not self.up:
            for conn in list(self._conns):
                conn.fail(errno.ECONNABORTED)
            self._conns.clear()

    def close(self) -> None:
        """Ends attempts, connections and listeners without a word to their owners."""
        for task in self._tasks:
            task.cancel()
        for listener in list(self.listeners):
            listener.close()
        for conn in list(self._conns):
            conn.abort()
        self._conns.clear()

    # -- inside --------------------------------------------------------------------------------

    def _start(self, work: Coroutine) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _look_up(
        self, host: str, family: int, done: Callable[[Optional[str]], None], timeout_ms: int
    ) -> None:
        wanted = socket.AF_INET if family == 4 else socket.AF_INET6
        try:
            # The executor's thread does the waiting; the loop goes on.
            work = self._loop.getaddrinfo(host, None, family=wanted, type=socket.SOCK_STREAM)
            found = await asyncio.wait_for(work, timeout_ms / 1000)
        except (OSError, UnicodeError, asyncio.TimeoutError):
            found = []
        done(str(found[0][4][0]) if found and self.up else None)

    async def _open_tcp(
        self,
        conn: OsTcpConn,
        local_port: int,
        timeout_s: float,
    ) -> None:
        if not self.up:
            conn.fail(errno.EHOSTUNREACH)
            return
        any_ip = "::" if ":" in conn.remote_ip else "0.0.0.0"
        try:
            work = self._loop.create_connection(
                lambda: conn,
                conn.remote_ip,
                conn.remote_port,
                local_addr=(any_ip, local_port) if local_port else None,
            )
            transport, _ = await asyncio.wait_for(work, timeout_s)
        except (OSError, ValueError, OverflowError, asyncio.TimeoutError) as exc:
            self._conns.discard(conn)
            conn.fail(errno.EINVAL if isinstance(exc, OverflowError) else error_number(exc))
            return
        if conn.events is None:
            transport.abort()  # closed while it was being made

    async def _open_udp(self, conn: OsUdpConn, local_port: int) -> None:
        if not self.up:
            conn.fail(errno.EHOSTUNREACH)
            return
        try:
            try:
                sock = self._datagram_socket(conn, local_port, conn.remote_ip)
            except OSError as exc:
                if exc.errno not in NO_WAY:
                    raise
                # Nobody out there can be reached: what is sent is lost.
                sock = self._datagram_socket(conn, local_port, "127.0.0.1")
            await self._loop.create_datagram_endpoint(lambda: conn, sock=sock)
        except (OSError, OverflowError) as exc:
            self._conns.discard(conn)
            conn.fail(error_number(exc))

    def _datagram_socket(self, conn: OsUdpConn, port: int, remote_ip: str) -> socket.socket:
        """Hears this machine alone, or who it speaks to; all others where servers do, too."""
        here = ipaddress.ip_address(self._bind_ip).is_loopback
        remote = ipaddress.ip_address(remote_ip)
        six = remote.version == 6
        group = remote.is_multicast or remote_ip == BROADCAST
        bind_ip = self._bind_ip
        if here and (remote.is_loopback or remote.is_unspecified):
            bind_ip = "::1" if six else "127.0.0.1"
        elif here or group or six != (":" in bind_ip):
            bind_ip = "::" if six else "0.0.0.0"
        sock = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            if remote.is_multicast:
                self._join(sock, remote_ip)
            if here and group:
                conn.only_from_here(sock)
            sock.bind((bind_ip, port))
            if here and bind_ip in ("::", "0.0.0.0") and not group:
                conn.only_from(sock)
        except (OSError, OverflowError):
            sock.close()
            raise
        return sock

    def _join(self, sock: socket.socket, group: str) -> None:
        """Sends to the group and hears it, on the interface that servers listen on."""
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if ":" in group:
            request = socket.inet_pton(socket.AF_INET6, group) + struct.pack("@I", 0)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, request)
            return
        here = socket.inet_aton("0.0.0.0" if ":" in self._bind_ip else self._bind_ip)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, here)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + here)

    def _accepted(self, conn: OsTcpConn, listener: OsListener, on_accept: OnAccept) -> None:
        events = on_accept(conn) if self.up and not listener.closed else None
        if events is None:
            conn.abort()
        else:
            conn.events = events
            self._conns.add(conn)

    async def _ping(self, host_ip: str, done: Callable[[Optional[int]], None]) -> None:
        start = self._loop.time()
        try:
            alive = self.up and await asyncio.wait_for(self._echo(host_ip), PING_TIMEOUT_MS / 1000)
        except PermissionError:
            # No right to send ICMP: only what is on this machine is known to be alive.
            alive = ipaddress.ip_address(host_ip).is_loopback
        except (OSError, asyncio.TimeoutError):
            alive = False
        done(max(1, round((self._loop.time() - start) * 1000)) if alive else None)

    async def _echo(self, host_ip: str) -> bool:
        """One ICMP echo through an unprivileged ping socket; the kernel fills in the id."""
        six = ":" in host_ip
        family = socket.AF_INET6 if six else socket.AF_INET
        proto = socket.IPPROTO_ICMPV6 if six else socket.IPPROTO_ICMP
        with socket.socket(family, socket.SOCK_DGRAM, proto) as sock:
            sock.setblocking(False)
            sock.connect((host_ip, 0))
            header = struct.pack("!BBHHH", 128 if six else 8, 0, 0, 0, 1)
            checksum = 0 if six else 0xFFFF - sum(struct.unpack("!4H", header))
            await self._loop.sock_sendall(
                sock, header[:2] + struct.pack("!H", checksum) + header[4:]
            )
            return bool(await self._loop.sock_recv(sock, 64))
