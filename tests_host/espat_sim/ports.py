# The seams of the simulated module: what it asks of a network and of a clock.
# Owns the Protocols. Holds no behaviour; imports nothing else of espat_sim.
from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Optional, Protocol, Union

STATION, SOFT_AP = "sta", "ap"  # the module's two interfaces


@dataclass(frozen=True)
class TcpOptions:
    """Socket options of a stream, as AT+CIPTCPOPT has them."""

    linger_s: int = -1  # -1: close goes on by itself; 0: close is a reset
    nodelay: bool = False
    keep_alive_s: int = 0  # 0: off


class TimerHandle(Protocol):
    def cancel(self) -> None: ...


class Clock(Protocol):
    """Time in microseconds and callbacks at a time. Never blocks."""

    @property
    def now_us(self) -> int: ...

    def unix_us(self) -> int: ...  # what a time server of this world would say

    def call_at(self, t_us: int, fn: Callable[[], object]) -> TimerHandle: ...

    def call_later(self, us: int, fn: Callable[[], object]) -> TimerHandle: ...


class LinkEvents(Protocol):
    """What a connection tells its owner."""

    def on_connect(self) -> None: ...

    def on_error(self, errno_: int) -> None: ...  # connect failed, or the link broke

    def on_readable(self) -> None: ...  # recv gives something, or eof is True

    def on_writable(self) -> None: ...  # send() accepts again


class Conn(Protocol):
    """One connection of the network, read by pull so that a full window holds the peer back."""

    @property
    def remote_ip(self) -> str: ...

    @property
    def remote_port(self) -> int: ...

    @property
    def local_ip(self) -> str: ...

    @property
    def local_port(self) -> int: ...

    @property
    def eof(self) -> bool: ...  # the peer closed and everything was read

    @property
    def pending(self) -> int: ...  # bytes that recv gives now; at most about a window

    @property
    def undelivered(self) -> int: ...  # bytes that send() took and the peer has not confirmed

    def recv(self, n: int) -> bytes: ...  # b"" = nothing now (look at .eof)

    def recv_datagram(self) -> Optional[tuple[bytes, str, int]]: ...  # udp

    def send(self, data: bytes) -> int: ...  # bytes accepted

    def sendto(self, data: bytes, ip: str, port: int) -> int: ...  # udp

    def set_options(self, options: TcpOptions) -> None: ...

    def close(self) -> None: ...

    def abort(self) -> None: ...


class Listener(Protocol):
    def close(self) -> None: ...


class Network(Protocol):
    """TLS is not here: the module makes it itself, over any stream."""

    station_ip: str  # the addresses that the station got; set by the module
    station_ip6: str
    ap_ip: str  # the soft-AP's own address; its stations are in the same /24

    def resolve(
        self,
        host: str,
        family: int,
        done: Callable[[Optional[str]], None],
        timeout_ms: int = 0,
    ) -> None: ...  # family 4 or 6; done(ip or None); IP literals resolve to themselves

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
    ) -> Conn: ...  # kind "tcp" | "udp"; returns at once; outcome by events

    def listen(
        self,
        kind: str,
        port: int,
        on_accept: Callable[[Conn], Union[LinkEvents, None]],
        *,
        family: int = 4,
    ) -> Listener: ...  # OSError when the port cannot be had

    def ping(self, host_ip: str, done: Callable[[Optional[int]], None]) -> None: ...  # ms or None

    # An interface has an address or not: when it goes down every conn on it fails.
    def set_up(self, up: bool, interface: str = STATION) -> None: ...
