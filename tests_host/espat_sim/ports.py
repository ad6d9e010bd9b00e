# The seams of the simulated module: what it asks of a network and of a clock.
# Owns the Protocols and TlsConfig. Holds no behaviour; imports nothing else of espat_sim.
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable, Optional, Protocol, Union


@dataclass(frozen=True)
class TlsConfig:
    """How a TLS link is to be made. PEM texts; an empty one means "not given"."""

    server_name: str = ""
    ca_pem: str = ""
    cert_pem: str = ""
    key_pem: str = ""
    verify_peer: bool = False
    alpn: tuple[str, ...] = field(default_factory=tuple)
    psk: bytes = b""
    psk_identity: str = ""


class TimerHandle(Protocol):
    def cancel(self) -> None: ...


class Clock(Protocol):
    """Time in microseconds and callbacks at a time. Never blocks."""

    @property
    def now_us(self) -> int: ...

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

    remote_ip: str
    remote_port: int
    local_ip: str
    local_port: int

    @property
    def eof(self) -> bool: ...  # the peer closed and everything was read

    @property
    def pending(self) -> int: ...  # bytes that recv gives now; at most about a window

    def recv(self, n: int) -> bytes: ...  # b"" = nothing now (look at .eof)

    def recv_datagram(self) -> Optional[tuple[bytes, str, int]]: ...  # udp

    def send(self, data: bytes) -> int: ...  # bytes accepted

    def sendto(self, data: bytes, ip: str, port: int) -> int: ...  # udp

    def close(self) -> None: ...

    def abort(self) -> None: ...


class Listener(Protocol):
    def close(self) -> None: ...


class Network(Protocol):
    station_ip: str  # the address that the station got; set by the module

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
        keep_alive_s: int = 0,
        local_ip: str = "",
        local_port: int = 0,
        tls: Optional[TlsConfig] = None,
        timeout_ms: int = 0,
    ) -> Conn: ...  # kind "tcp" | "udp"; returns at once; outcome by events

    def listen(
        self,
        kind: str,
        port: int,
        on_accept: Callable[[Conn], Union[LinkEvents, None]],
        *,
        tls: Optional[TlsConfig] = None,
    ) -> Listener: ...

    def ping(self, host_ip: str, done: Callable[[Optional[int]], None]) -> None: ...  # ms or None

    # Wi-Fi station has an IP or not: when it goes down every conn fails.
    def set_up(self, up: bool) -> None: ...
