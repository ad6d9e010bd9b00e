# The real network: ports.Network on asyncio and the operating system's sockets, DNS and TLS.
# Owns attempts, listeners and their end. Nothing here blocks; servers listen on loopback only.
from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
import struct
from typing import Callable, Coroutine, Mapping, Optional, Union

from .net_os_conn import OsTcpConn, OsUdpConn, error_number
from .net_os_tls import client_context, server_context
from .ports import LinkEvents, TlsConfig

CONNECT_TIMEOUT_MS = 18_000
RESOLVE_TIMEOUT_MS = 8_000
PING_TIMEOUT_MS = 1_000

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
    The station's own address exists only inside the simulation, so that links are bound to
    whatever address the system chooses.
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
        self.up = True
        self.station_ip = ""  # known here, used by nobody: links have the system's addresses

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
        keep_alive_s: int = 0,
        local_ip: str = "",
        local_port: int = 0,
        tls: Optional[TlsConfig] = None,
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
        self._start(self._open_tcp(conn, local_port, tls, keep_alive_s, timeout_s))
        return conn

    def listen(
        self,
        kind: str,
        port: int,
        on_accept: OnAccept,
        *,
        tls: Optional[TlsConfig] = None,
    ) -> OsListener:
        """Raises OSError at once when the port cannot be had, ssl.SSLError on a bad key."""
        context = server_context(tls) if tls is not None else None
        family = socket.AF_INET6 if ":" in self._bind_ip else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setblocking(False)
            sock.bind((self._bind_ip, self._ports.get(port, port)))
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
            server = await self._loop.create_server(make, sock=sock, ssl=context)
            listener.server = server
            if listener.closed:
                server.close()

        self._start(serve())
        return listener

    def ping(self, host_ip: str, done: Callable[[Optional[int]], None]) -> None:
        self._start(self._ping(host_ip, done))

    def set_up(self, up: bool) -> None:
        self.up = up
        if not up:
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
        tls: Optional[TlsConfig],
        keep_alive_s: int,
        timeout_s: float,
    ) -> None:
        if not self.up:
            conn.fail(errno.EHOSTUNREACH)
            return
        any_ip = "::" if ":" in conn.remote_ip else "0.0.0.0"
        try:
            context = client_context(tls) if tls is not None else None
            work = self._loop.create_connection(
                lambda: conn,
                conn.remote_ip,
                conn.remote_port,
                ssl=context,
                server_hostname=(tls.server_name or conn.remote_ip) if tls is not None else None,
                local_addr=(any_ip, local_port) if local_port else None,
            )
            transport, _ = await asyncio.wait_for(work, timeout_s)
        except (OSError, ValueError, OverflowError, asyncio.TimeoutError) as exc:
            self._conns.discard(conn)
            conn.fail(errno.EINVAL if isinstance(exc, OverflowError) else error_number(exc))
            return
        if conn.events is None:
            transport.abort()  # closed while it was being made
        elif keep_alive_s:
            sock = transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if hasattr(socket, "TCP_KEEPIDLE"):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, keep_alive_s)

    async def _open_udp(self, conn: OsUdpConn, local_port: int) -> None:
        if not self.up:
            conn.fail(errno.EHOSTUNREACH)
            return
        any_ip = "::" if ":" in conn.remote_ip else "0.0.0.0"
        try:
            await self._loop.create_datagram_endpoint(
                lambda: conn, local_addr=(any_ip, local_port), allow_broadcast=True
            )
        except OSError as exc:
            self._conns.discard(conn)
            conn.fail(error_number(exc))

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
