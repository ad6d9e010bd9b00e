# The virtual network: names, hosts and servers that live inside a test, on the virtual clock.
# Owns who can be reached and what happens to an attempt. Connections are net_virtual_tcp's,
# datagrams net_virtual_udp's, TLS net_virtual_tls's. It opens no socket of the operating system.
from __future__ import annotations

import errno
import ipaddress
import ssl
from dataclasses import dataclass
from functools import partial
from typing import Any, Callable, Optional, Union

from .net_virtual_tcp import Link, VirtualConn
from .net_virtual_tls import TlsPeer
from .net_virtual_udp import UdpPeer, VirtualUdpConn, is_broadcast, is_multicast, same_ip
from .ports import SOFT_AP, STATION, Clock, LinkEvents

CONNECT_TIMEOUT_MS = 18_000  # the stack gives up on an unanswered SYN
RESOLVE_TIMEOUT_MS = 8_000
PING_TIMEOUT_MS = 1_000

OnAccept = Callable[[VirtualConn], Optional[LinkEvents]]


def literal_family(host: str) -> int:
    """4 or 6 when host is an address in figures, 0 when it is a name."""
    try:
        return ipaddress.ip_address(host).version
    except ValueError:
        return 0


@dataclass
class _Server:
    handler: Callable[[Any], object]
    tls: Optional[ssl.SSLContext] = None


class _VirtualListener:
    def __init__(self, net: VirtualNetwork, key: tuple, on_accept: OnAccept) -> None:
        self._net = net
        self.key = key
        self.on_accept = on_accept

    def close(self) -> None:
        self._net.listeners.pop(self.key, None)


class VirtualNetwork:
    """ports.Network without sockets: every outcome is a callback of the clock, one way takes
    latency_us, and two runs of the same program see the same order of events.

    net.hosts["example.com"] = "93.184.216.34"     a name (or a list: an IPv4 and an IPv6 address)
    net.serve_tcp("example.com", 80, handler)      handler(peer) at every connection
    net.serve_tcp("example.com", 443, handler, tls=context)    the peer is a TlsPeer
    net.refuse("example.com", 1)                   answers with a reset
    net.drop("example.com", 1)                     never answers
    net.client_tcp(333)                            a client that connects to the module's server
    An address where nobody lives never answers; a closed port of a known host refuses.
    """

    def __init__(self, clock: Clock, latency_us: int = 2000) -> None:
        self.clock = clock
        self.latency_us = latency_us
        self.hosts: dict[str, Union[str, list[str]]] = {}
        self.resolve_us = 2 * latency_us
        self.station_ip = "192.168.3.112"
        self.station_ip6 = ""
        self.ap_ip = "192.168.4.1"
        self.client_ip = "192.168.3.50"
        self._up = {STATION: True, SOFT_AP: False}
        self.listeners: dict[tuple[str, int, int], _VirtualListener] = {}
        self._servers: dict[tuple[str, int], _Server] = {}
        self._dropped: set[tuple[str, int]] = set()
        self._addresses: set[str] = set()
        self._links: list[Link] = []
        self.tls_peers: list[TlsPeer] = []  # every attempt at a server with TLS, also failed ones
        self.services: Any = None  # peers_services.Services, where they are installed
        self._udp_conns: list[VirtualUdpConn] = []
        self._udp_peers: dict[tuple[str, int], UdpPeer] = {}
        self._next_module_port = 49153
        self._next_client_port = 40000
        self._next_host = 0

    # -- what tests set up ---------------------------------------------------------------------

    def address(self, host: str) -> str:
        """The address of a host; a new name gets the next free one of 203.0.113.0/24."""
        if literal_family(host):
            self._addresses.add(host)
            return host
        if host not in self.hosts:
            self._next_host += 1
            self.hosts[host] = f"203.0.113.{self._next_host}"
        entry = self.hosts[host]
        return entry if isinstance(entry, str) else entry[0]

    def serve_tcp(
        self,
        host: str,
        port: int,
        handler: Callable[[Any], object],
        tls: Optional[ssl.SSLContext] = None,
    ) -> None:
        """handler(peer); with tls a TlsPeer, once its handshake is done."""
        self._dropped.discard((self.address(host), port))
        self._servers[self.address(host), port] = _Server(handler, tls)

    def refuse(self, host: str, port: int) -> None:
        self._servers.pop((self.address(host), port), None)
        self._dropped.discard((self.address(host), port))

    def drop(self, host: str, port: int) -> None:
        self._dropped.add((self.address(host), port))

    def client_tcp(
        self,
        port: int,
        ip: str = "",
        tls: Optional[ssl.SSLContext] = None,
        server_name: str = "",
    ) -> Any:
        """A host connects to the module's server on port; one of 192.168.4.x over the soft-AP."""
        self._next_client_port += 1
        client = (ip or self.client_ip, self._next_client_port)
        link = Link(self.clock, self.latency_us, (self._own_ip(client[0]), port), client)
        self._after(1, lambda: self._arrive_at_listener(link, port))
        if tls is None:
            return link.peer
        return TlsPeer(link.peer, tls, server=False, server_name=server_name)

    def udp_peer(
        self,
        host: str,
        port: int,
        handler: Optional[Callable[[UdpPeer, bytes, str, int], object]] = None,
    ) -> UdpPeer:
        """A host that speaks UDP on port; handler(peer, data, ip, port) for every datagram."""
        peer = UdpPeer(self, self.address(host), port)
        if handler is not None:
            peer.on_data(lambda data, ip, from_port: handler(peer, data, ip, from_port))
        self._udp_peers[peer.ip, port] = peer
        return peer

    # -- ports.Network -------------------------------------------------------------------------

    def resolve(
        self,
        host: str,
        family: int,
        done: Callable[[Optional[str]], None],
        timeout_ms: int = 0,
    ) -> None:
        literal = literal_family(host)
        if literal:
            self.clock.call_later(0, lambda: done(host if literal == family else None))
        elif not self._up[STATION]:
            self.clock.call_later(1000 * (timeout_ms or RESOLVE_TIMEOUT_MS), lambda: done(None))
        else:
            self.clock.call_later(self.resolve_us, lambda: done(self._lookup(host, family)))

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
    ) -> Union[VirtualConn, VirtualUdpConn]:
        local = (local_ip or self._own_ip(ip), local_port or self._module_port())
        if kind == "udp":
            return self._open_udp(events, local, (ip, port))
        link = Link(self.clock, self.latency_us, local, (ip, port))
        link.conn.events = events
        if not self._reaches(ip):
            self.clock.call_later(0, lambda: self._give_up(link, errno.EHOSTUNREACH))
        elif (ip, port) in self._dropped or not self._alive(ip):
            wait_us = 1000 * (timeout_ms or CONNECT_TIMEOUT_MS)
            self.clock.call_later(wait_us, lambda: self._give_up(link, errno.ETIMEDOUT))
        else:
            self._after(2, lambda: self._answer(link))
        self._links = [other for other in self._links if other.conn.events is not None]
        self._links.append(link)
        return link.conn

    def listen(
        self,
        kind: str,
        port: int,
        on_accept: OnAccept,
        *,
        family: int = 4,
    ) -> _VirtualListener:
        key = (kind, port, family)
        if key in self.listeners:
            raise OSError(errno.EADDRINUSE, f"{kind} port {port} is taken")
        self.listeners[key] = _VirtualListener(self, key, on_accept)
        return self.listeners[key]

    def ping(self, host_ip: str, done: Callable[[Optional[int]], None]) -> None:
        if self._reaches(host_ip) and self._alive(host_ip):
            self._after(2, lambda: done(round(2 * self.latency_us / 1000)))
        else:
            self.clock.call_later(1000 * PING_TIMEOUT_MS, lambda: done(None))

    def set_up(self, up: bool, interface: str = STATION) -> None:
        self._up[interface] = up
        if up:
            return
        fallen = [link for link in self._links if self._interface(link.conn) == interface]
        self._links = [link for link in self._links if link not in fallen]
        for link in fallen:
            self._give_up(link, errno.ECONNABORTED)
        for conn in list(self._udp_conns):
            if self._interface(conn) == interface:
                conn.fail(errno.ECONNABORTED)

    # -- interfaces ----------------------------------------------------------------------------

    def _own_ip(self, remote_ip: str) -> str:
        if self._on_soft_ap(remote_ip):
            return self.ap_ip
        if literal_family(remote_ip) == 6:
            return self.station_ip6
        if not self._up[STATION] and self._up[SOFT_AP]:
            return self.ap_ip
        return self.station_ip

    def _on_soft_ap(self, ip: str) -> bool:
        return ip.rpartition(".")[0] == self.ap_ip.rpartition(".")[0]

    def _interface(self, conn: Union[VirtualConn, VirtualUdpConn]) -> str:
        return SOFT_AP if conn.local_ip == self.ap_ip else STATION

    def _reaches(self, ip: str) -> bool:
        if self._on_soft_ap(ip):
            return self._up[SOFT_AP]
        if is_multicast(ip) or is_broadcast(ip):
            return any(self._up.values())
        if literal_family(ip) == 6 and not self.station_ip6:
            return False
        return self._up[STATION]

    # -- TCP inside ----------------------------------------------------------------------------

    def _after(self, ways: int, fn: Callable[[], object]) -> None:
        self.clock.call_later(ways * self.latency_us, fn)

    def _module_port(self) -> int:
        self._next_module_port += 1
        return self._next_module_port - 1

    def _lookup(self, host: str, family: int) -> Optional[str]:
        entry = self.hosts.get(host.lower(), self.hosts.get(host))
        addresses = [entry] if isinstance(entry, str) else entry or []
        return next((ip for ip in addresses if literal_family(ip) == family), None)

    def _alive(self, ip: str) -> bool:
        entries = self.hosts.values()
        return ip in self._addresses or any(
            ip == entry if isinstance(entry, str) else ip in entry for entry in entries
        )

    def _give_up(self, link: Link, error: int) -> None:
        link.open = True  # so that fail() tells the module, which never heard of a connection
        link.fail(error)

    def _answer(self, link: Link) -> None:
        """The SYN came back: the module's side of the handshake is done here."""
        if link.conn.events is None or not self._reaches(link.conn.remote_ip):
            return
        server = self._servers.get((link.conn.remote_ip, link.conn.remote_port))
        if server is None:
            self._give_up(link, errno.ECONNREFUSED)
            return
        link.open = True
        link.peer.opened()
        if server.tls is None:
            server.handler(link.peer)
        else:
            peer = TlsPeer(link.peer, server.tls, server=True)
            peer.on_open(partial(server.handler, peer))
            self.tls_peers.append(peer)
        events = link.conn.events
        if events is not None:
            events.on_connect()

    def _arrive_at_listener(self, link: Link, port: int) -> None:
        family = literal_family(link.peer.local_ip)
        listener = self.listeners.get(("tcp", port, family))
        events = None
        if listener is not None and self._reaches(link.peer.local_ip):
            link.open = True
            events = listener.on_accept(link.conn)
        if events is None:
            link.open = False
            self._after(1, lambda: link.peer.ended(errno.ECONNREFUSED))
            return
        link.conn.events = events
        self._links.append(link)
        self._after(1, link.peer.opened)

    # -- UDP inside ----------------------------------------------------------------------------

    def _open_udp(self, events: LinkEvents, local: tuple, remote: tuple) -> VirtualUdpConn:
        conn = VirtualUdpConn(self, events, local, remote)
        error = 0
        if not any(self._up.values()):
            error = errno.EHOSTUNREACH
        elif any(other.local_port == local[1] for other in self._udp_conns):
            error = errno.EADDRINUSE
        if error:
            self.clock.call_later(0, lambda: conn.fail(error))
            return conn
        self._udp_conns.append(conn)
        self.clock.call_later(0, conn.opened)
        return conn

    def udp_to_peers(self, data: bytes, source: tuple, target: tuple) -> None:
        """From the module; a group or broadcast address reaches every host with that port."""
        everyone = is_multicast(target[0]) or is_broadcast(target[0])
        for (ip, port), peer in list(self._udp_peers.items()):
            if port == target[1] and (everyone or same_ip(ip, target[0])):
                self._after(1, partial(peer.arrive, data, *source))

    def udp_to_module(self, data: bytes, source: tuple, target: tuple) -> None:
        self._after(1, lambda: self._udp_arrives(data, source, target))

    def _udp_arrives(self, data: bytes, source: tuple, target: tuple) -> None:
        if not self._reaches(source[0]):
            return
        for conn in list(self._udp_conns):
            if conn.hears(*target):
                conn.arrive(data, *source)

    def udp_closed(self, end: Union[VirtualUdpConn, UdpPeer]) -> None:
        if isinstance(end, UdpPeer):
            self._udp_peers.pop((end.ip, end.port), None)
        elif end in self._udp_conns:
            self._udp_conns.remove(end)
