# UDP on the virtual network: the module's datagram Conn and a test's UdpPeer.
# Owns queues of datagrams. Routing between the ends is net_virtual's.
from __future__ import annotations

import ipaddress
from collections import deque
from typing import TYPE_CHECKING, Callable, Optional

from .ports import LinkEvents, TcpOptions

if TYPE_CHECKING:
    from .net_virtual import VirtualNetwork

QUEUE_DATAGRAMS = 6  # what the module's stack holds for one link; more are lost
MAX_DATAGRAM = 65507

Datagram = tuple[bytes, str, int]


def is_multicast(ip: str) -> bool:
    return ipaddress.ip_address(ip).is_multicast


def is_broadcast(ip: str) -> bool:
    return ip.endswith(".255")


def same_ip(a: str, b: str) -> bool:
    """IPv6 addresses have many spellings."""
    return bool(a and b) and ipaddress.ip_address(a) == ipaddress.ip_address(b)


class VirtualUdpConn:
    """The module's end (ports.Conn): send() goes to the remote that was given at the start."""

    eof = False
    undelivered = 0

    def __init__(self, net: VirtualNetwork, events: LinkEvents, local: tuple, remote: tuple):
        self._net = net
        self.events: Optional[LinkEvents] = events
        self.local_ip, self.local_port = local
        self.remote_ip, self.remote_port = remote
        self._queue: deque[Datagram] = deque()
        self.lost = 0

    @property
    def pending(self) -> int:
        return sum(len(data) for data, _, _ in self._queue)

    def recv(self, n: int) -> bytes:
        """One datagram; what does not fit into n is lost, as with a socket."""
        datagram = self.recv_datagram()
        return datagram[0][:n] if datagram else b""

    def recv_datagram(self) -> Optional[Datagram]:
        return self._queue.popleft() if self._queue else None

    def send(self, data: bytes) -> int:
        return self.sendto(data, self.remote_ip, self.remote_port)

    def sendto(self, data: bytes, ip: str, port: int) -> int:
        if self.events is None or len(data) > MAX_DATAGRAM:
            return 0
        self._net.udp_to_peers(data, (self.local_ip, self.local_port), (ip, port))
        return len(data)

    def set_options(self, options: TcpOptions) -> None:
        pass  # they are a stream's

    def close(self) -> None:
        self.events = None
        self._net.udp_closed(self)

    abort = close

    def hears(self, ip: str, port: int) -> bool:
        """Whether a datagram to this address is for this socket."""
        if port != self.local_port:
            return False
        if is_multicast(ip):
            return same_ip(ip, self.remote_ip)  # only who asked for the group
        return is_broadcast(ip) or same_ip(ip, self.local_ip)

    def opened(self) -> None:
        if self.events is not None:
            self.events.on_connect()

    def arrive(self, data: bytes, ip: str, port: int) -> None:
        if self.events is None:
            return
        if len(self._queue) >= QUEUE_DATAGRAMS:
            self.lost += 1
            return
        self._queue.append((data, ip, port))
        self.events.on_readable()

    def fail(self, error: int) -> None:
        events = self.events
        self.close()
        if events is not None:
            events.on_error(error)


class UdpPeer:
    """A host that speaks UDP, in a test's hand."""

    def __init__(self, net: VirtualNetwork, ip: str, port: int):
        self._net = net
        self.ip = ip
        self.port = port
        self.received: list[Datagram] = []  # what no handler took
        self._handler: Optional[Callable[[bytes, str, int], object]] = None

    def on_data(self, fn: Callable[[bytes, str, int], object]) -> None:
        """fn(data, ip, port) for every datagram; until it is set they gather in .received."""
        self._handler = fn

    def sendto(self, data: bytes, ip: str, port: int) -> None:
        self._net.udp_to_module(data, (self.ip, self.port), (ip, port))

    def close(self) -> None:
        self._net.udp_closed(self)

    def arrive(self, data: bytes, ip: str, port: int) -> None:
        if self._handler is None:
            self.received.append((data, ip, port))
        else:
            self._handler(data, ip, port)
