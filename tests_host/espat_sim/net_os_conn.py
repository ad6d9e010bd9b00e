# Connections on the operating system's sockets: TCP streams and UDP, both as asyncio protocols.
# Owns their buffers and back-pressure. Who connects to whom and names are net_os's.
from __future__ import annotations

import asyncio
import errno
import fcntl
import ipaddress
import socket
import struct
import sys
import termios
from collections import deque
from typing import Callable, Optional, cast

from .ports import LinkEvents, TcpOptions

WINDOW = 5760  # unread bytes above which the OS socket is no longer read
SEND_BUFFER = 5760  # bytes that wait for the OS socket before send() refuses
QUEUE_DATAGRAMS = 6  # what the module's stack holds for one link; more are lost
MAX_DATAGRAM = 65507


def error_number(exc: Optional[BaseException]) -> int:
    """The errno that a module's network stack would give for what asyncio raised."""
    if isinstance(exc, asyncio.TimeoutError):
        return errno.ETIMEDOUT
    if isinstance(exc, OSError) and exc.errno:
        return exc.errno
    return errno.ECONNRESET


class OsTcpConn(asyncio.BufferedProtocol):
    """One TCP connection (ports.Conn)."""

    def __init__(self, events: Optional[LinkEvents], remote: tuple[str, int]) -> None:
        self.events = events
        self.local_ip, self.local_port = "", 0
        self.remote_ip, self.remote_port = remote
        self.on_open: Callable[[OsTcpConn], None] = OsTcpConn._tell_connected
        self.on_gone: Callable[[OsTcpConn], None] = lambda conn: None
        self._transport: Optional[asyncio.Transport] = None
        self._inbox = bytearray()
        self._scratch = bytearray(WINDOW)
        self._paused = False
        self._ended = False
        self._refused = False
        self._linger_s = -1

    # -- ports.Conn ----------------------------------------------------------------------------

    @property
    def eof(self) -> bool:
        return self._ended and not self._inbox

    @property
    def pending(self) -> int:
        """Bytes that recv() can give now."""
        return len(self._inbox)

    @property
    def undelivered(self) -> int:
        sock = self._socket()
        if sock is None or self._transport is None:
            return 0
        waiting = fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4))
        return self._transport.get_write_buffer_size() + int.from_bytes(waiting, sys.byteorder)

    def recv(self, n: int) -> bytes:
        data = bytes(self._inbox[:n])
        del self._inbox[: len(data)]
        if self._paused and len(self._inbox) < WINDOW and not self._ended:
            self._paused = False
            if self._transport is not None and not self._transport.is_closing():
                self._transport.resume_reading()
        return data

    def recv_datagram(self) -> Optional[tuple[bytes, str, int]]:
        return None

    def send(self, data: bytes) -> int:
        transport = self._transport
        if transport is None or transport.is_closing():
            return 0
        sent = 0
        while sent < len(data):
            room = SEND_BUFFER - transport.get_write_buffer_size()
            if room <= 0:
                break
            transport.write(data[sent : sent + room])
            sent += min(room, len(data) - sent)
        self._refused = sent < len(data)
        return sent

    def sendto(self, data: bytes, ip: str, port: int) -> int:
        return 0

    def set_options(self, options: TcpOptions) -> None:
        sock = self._socket()
        if sock is None:
            return
        self._linger_s = options.linger_s
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, int(options.nodelay))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, int(options.keep_alive_s > 0))
        if options.keep_alive_s and hasattr(socket, "TCP_KEEPIDLE"):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, options.keep_alive_s)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)

    def _socket(self) -> Optional[socket.socket]:
        return None if self._transport is None else self._transport.get_extra_info("socket")

    def close(self) -> None:
        """Sends what was accepted, then the end of the stream. No more events."""
        if self._linger_s == 0:
            self.abort()
            return
        self.events = None
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """A reset, not an end of the stream."""
        self.events = None
        if self._transport is not None:
            sock = self._socket()
            if sock is not None:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()

    # -- asyncio.BufferedProtocol --------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=SEND_BUFFER - 1, low=SEND_BUFFER // 2)
        self.local_ip, self.local_port = transport.get_extra_info("sockname")[:2]
        self.remote_ip, self.remote_port = transport.get_extra_info("peername")[:2]
        self.on_open(self)

    def _tell_connected(self) -> None:
        if self.events is not None:
            self.events.on_connect()

    def get_buffer(self, sizehint: int) -> memoryview:
        # Never empty, even when full.
        return memoryview(self._scratch)[: max(WINDOW - len(self._inbox), 1024)]

    def buffer_updated(self, nbytes: int) -> None:
        if self.events is None:
            return  # the module has closed this link: nobody will read it
        self._inbox += self._scratch[:nbytes]
        if len(self._inbox) >= WINDOW and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()
        self.events.on_readable()

    def eof_received(self) -> bool:
        self._end()
        return True  # keep our own direction open

    def resume_writing(self) -> None:
        if self._refused and self.events is not None:
            self._refused = False
            self.events.on_writable()

    def connection_lost(self, exc: Optional[Exception]) -> None:
        self._transport = None
        if exc is not None:
            self.fail(error_number(exc))
        else:
            self._end()
        self.on_gone(self)

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            if self.events is not None:
                self.events.on_readable()

    def fail(self, error: int) -> None:
        """Breaks the link and says so; data that had arrived can still be read."""
        events = self.events
        self.abort()
        if events is not None:
            events.on_error(error)


class OsUdpConn(asyncio.DatagramProtocol):
    """One UDP socket (ports.Conn): send() goes to the remote that was given at the start."""

    eof = False
    undelivered = 0

    def __init__(self, events: LinkEvents, remote: tuple[str, int]) -> None:
        self.events: Optional[LinkEvents] = events
        self.local_ip, self.local_port = "", 0
        self.remote_ip, self.remote_port = remote
        self.on_gone: Callable[[OsUdpConn], None] = lambda conn: None
        self._transport: Optional[asyncio.DatagramTransport] = None
        self._queue: deque[tuple[bytes, str, int]] = deque()
        self.lost = 0
        self._strangers = True  # whoever sends is heard
        self._partner: Optional[socket.socket] = None  # hears only whom it has sent to last

    def only_from_here(self, sock: socket.socket) -> None:
        """Before it is bound: hears this machine alone, and is heard by it alone."""
        self._strangers = False
        if hasattr(socket, "SO_BINDTODEVICE"):
            try:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
            except PermissionError:
                pass  # an old kernel: the sender is looked at below

    def only_from(self, sock: socket.socket) -> None:
        """Hears the remote alone: the system sees to that."""
        sock.connect((self.remote_ip, self.remote_port))
        self._partner = sock

    @property
    def pending(self) -> int:
        return sum(len(data) for data, _, _ in self._queue)

    def recv(self, n: int) -> bytes:
        """One datagram; what does not fit into n is lost, as with a socket."""
        datagram = self.recv_datagram()
        return datagram[0][:n] if datagram else b""

    def recv_datagram(self) -> Optional[tuple[bytes, str, int]]:
        return self._queue.popleft() if self._queue else None

    def send(self, data: bytes) -> int:
        return self.sendto(data, self.remote_ip, self.remote_port)

    def sendto(self, data: bytes, ip: str, port: int) -> int:
        transport = self._transport
        if transport is None or transport.is_closing() or len(data) > MAX_DATAGRAM:
            return 0
        if self._partner is not None and (ip, port) != self._partner.getpeername()[:2]:
            try:
                self._partner.connect((ip, port))
            except OSError:
                return len(data)  # lost: UDP tells nobody
        transport.sendto(data, (ip, port))
        return len(data)

    def set_options(self, options: TcpOptions) -> None:
        pass  # they are a stream's

    def close(self) -> None:
        self.events = None
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        self.events = None
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not isinstance: before Python 3.12 the loop's class did not derive from it.
        self._transport = cast(asyncio.DatagramTransport, transport)
        self.local_ip, self.local_port = transport.get_extra_info("sockname")[:2]
        if self.events is None:
            transport.close()
        else:
            self.events.on_connect()

    def datagram_received(self, data: bytes, addr: tuple) -> None:
        if self.events is None:
            return
        if not self._strangers and not ipaddress.ip_address(addr[0].split("%")[0]).is_loopback:
            return
        if len(self._queue) >= QUEUE_DATAGRAMS:
            self.lost += 1
            return
        self._queue.append((data, addr[0], addr[1]))
        self.events.on_readable()

    def error_received(self, exc: Exception) -> None:
        pass  # "port unreachable" of an earlier datagram: UDP tells nobody

    def connection_lost(self, exc: Optional[Exception]) -> None:
        self._transport = None
        self.on_gone(self)

    def fail(self, error: int) -> None:
        events = self.events
        self.abort()
        if events is not None:
            events.on_error(error)
