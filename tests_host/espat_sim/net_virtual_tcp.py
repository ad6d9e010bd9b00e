# TCP on the virtual network: one connection with its two ends, the module's Conn and a test's Peer.
# Owns windows, latency, end-of-stream and reset of one connection. Knows no host names, no
# listeners, and nothing of the module.
from __future__ import annotations

import errno
from typing import Callable, Optional

from .ports import Clock, LinkEvents, TcpOptions

MODULE_WINDOW = 5760  # the module's TCP receive window (4 segments of 1440)
MODULE_SEND_BUFFER = 5760
PEER_WINDOW = 65535


def _ignore(*_: object) -> None:
    pass


class Flow:
    """One direction of a connection: bytes not yet sent, on the way, and arrived but unread.

    Nobody reads by being called: the reader pulls, and what it does not pull stays here and
    stops the sender. All arrivals are callbacks of the clock, so no end ever calls the other.
    """

    def __init__(self, clock: Clock, latency_us: int, window: int, send_limit: Optional[int]):
        self._clock = clock
        self._latency_us = latency_us
        self._credit = window  # what the reader still has room for, as the sender knows it
        self._send_limit = send_limit  # None: the sender takes everything
        self._queue = bytearray()
        self._unacked = 0
        self._returned = 0  # read by the reader, news of it still on the way back
        self._refused = False
        self._fin = 0  # 0 open, 1 to be sent, 2 on the way, 3 arrived, 4 never (stopped)
        self._cut = False
        self.inbox = bytearray()
        self.on_arrive: Callable[[], None] = _ignore
        self.on_space: Callable[[], None] = _ignore

    @property
    def unsent(self) -> int:
        return len(self._queue)

    @property
    def undelivered(self) -> int:
        return len(self._queue) + self._unacked

    @property
    def ended(self) -> bool:
        """The end of the stream has arrived; the inbox may still hold data."""
        return self._fin == 3

    def push(self, data: bytes) -> int:
        if self._fin or self._cut:
            return 0
        count = len(data)
        if self._send_limit is not None:
            room = self._send_limit - len(self._queue) - self._unacked
            count = max(0, min(count, room))
            self._refused = count < len(data)
        self._queue += data[:count]
        self._pump()
        return count

    def finish(self) -> None:
        """End of stream after everything that was pushed."""
        if not self._fin:
            self._fin = 1
            self._pump()

    def stop(self) -> None:
        """Sends nothing more; what is on the way still arrives."""
        self._fin = self._fin or 4
        self._queue.clear()

    def cut(self) -> None:
        """Nothing more arrives, not even what is on the way."""
        self._cut = True
        self._unacked += len(self._queue)  # nobody will confirm it
        self._queue.clear()

    def pull(self, count: int) -> bytes:
        data = bytes(self.inbox[:count])
        del self.inbox[: len(data)]
        if data and not self._cut:
            if not self._returned:
                self._clock.call_later(self._latency_us, self._credit_arrives)
            self._returned += len(data)
        return data

    def _credit_arrives(self) -> None:
        self._credit += self._returned
        self._returned = 0
        self._pump()

    def _pump(self) -> None:
        if self._cut:
            return
        count = min(len(self._queue), self._credit)
        if count:
            data = bytes(self._queue[:count])
            del self._queue[:count]
            self._credit -= count
            self._unacked += count
            self._clock.call_later(self._latency_us, lambda: self._arrive(data))
        if self._fin == 1 and not self._queue:
            self._fin = 2
            self._clock.call_later(self._latency_us, self._fin_arrives)

    def _arrive(self, data: bytes) -> None:
        if self._cut:
            return
        self.inbox += data
        self._clock.call_later(self._latency_us, lambda: self._acked(len(data)))
        self.on_arrive()

    def _acked(self, count: int) -> None:
        self._unacked -= count
        if self._refused and not self._cut:
            self._refused = False
            self.on_space()

    def _fin_arrives(self) -> None:
        if not self._cut:
            self._fin = 3
            self.on_arrive()


class VirtualConn:
    """The module's end (ports.Conn)."""

    def __init__(self, link: Link, events: Optional[LinkEvents], local: tuple, remote: tuple):
        self._link = link
        self.events = events
        self.local_ip, self.local_port = local
        self.remote_ip, self.remote_port = remote

    @property
    def eof(self) -> bool:
        return self._link.to_module.ended and not self._link.to_module.inbox

    @property
    def pending(self) -> int:
        """Bytes that recv() can give now."""
        return len(self._link.to_module.inbox)

    @property
    def undelivered(self) -> int:
        return self._link.to_peer.undelivered

    def recv(self, n: int) -> bytes:
        return self._link.to_module.pull(n)

    def recv_datagram(self) -> Optional[tuple[bytes, str, int]]:
        return None

    def send(self, data: bytes) -> int:
        return self._link.to_peer.push(data) if self._link.open else 0

    def sendto(self, data: bytes, ip: str, port: int) -> int:
        return 0

    def set_options(self, options: TcpOptions) -> None:
        self._link.peer.options = options
        self._link.probe()

    def close(self) -> None:
        """Sends what was accepted, then the end of the stream. No more events.

        A reset instead without linger time, and when data was left unread, as TCP has it.
        """
        if self._link.peer.options.linger_s == 0 or self._link.to_module.inbox:
            self.abort()
            return
        self.events = None
        self._link.close_module()

    def abort(self) -> None:
        self.events = None
        self._link.reset_by_module()


class Peer:
    """The far end of one connection: what a test's server or client holds in its hand."""

    def __init__(self, link: Link, local: tuple, remote: tuple):
        self._link = link
        self.local_ip, self.local_port = local
        self.remote_ip, self.remote_port = remote
        self.connected = False
        self.closed = False  # the module ended the stream, or the connection broke
        self.error = 0  # errno when it broke
        self.received = bytearray()  # all data that no on_data handler took
        self.options = TcpOptions()  # what the module set for its own end
        self._paused = False
        self._on_open: Callable[[], object] = _ignore
        self._on_data: Optional[Callable[[bytes], object]] = None
        self._on_close: Callable[[], object] = _ignore

    def on_open(self, fn: Callable[[], object]) -> None:
        self._on_open = fn

    def on_data(self, fn: Callable[[bytes], object]) -> None:
        """fn(data) for everything that arrives; until it is set, data gathers in .received."""
        self._on_data = fn
        if self.received:
            early, self.received = bytes(self.received), bytearray()
            fn(early)

    def on_close(self, fn: Callable[[], object]) -> None:
        self._on_close = fn

    def send(self, data: bytes) -> None:
        """Takes everything; it moves on as the module reads."""
        if self._link.open:
            self._link.to_module.push(data)

    @property
    def unsent(self) -> int:
        """Bytes that wait here because the module's window is full."""
        return self._link.to_module.unsent

    def pause(self) -> None:
        """Stops reading, so that the module's sends fill up."""
        self._paused = True

    def resume(self) -> None:
        self._paused = False
        self.take()

    def shutdown(self) -> None:
        """Ends our direction; what the module sends is still read."""
        self._link.to_module.finish()

    def close(self) -> None:
        """Ends our direction after what was sent; data that still comes is answered by a reset."""
        self._link.peer_gone = True
        self._link.to_module.finish()

    def reset(self) -> None:
        self._link.reset_by_peer()

    def vanish(self) -> None:
        """A pulled cable: from now on nothing arrives on either side, and nobody is told."""
        self._link.vanished = True
        self._link.to_module.cut()
        self._link.to_peer.cut()
        self._link.probe()

    def opened(self) -> None:
        self.connected = True
        self._on_open()

    def take(self) -> None:
        flow = self._link.to_peer
        if self._paused:
            return
        data = flow.pull(len(flow.inbox))
        if data and self._link.peer_gone:
            self._link.reset_by_peer()
            return
        if data:
            if self._on_data is None:
                self.received += data
            else:
                self._on_data(data)
        if flow.ended and not flow.inbox:
            self.ended(0)

    def ended(self, error: int) -> None:
        if not self.closed:
            self.closed = True
            self.error = error
            self._on_close()


class Link:
    """A connection: two flows, two ends, and what happens when one of them goes."""

    def __init__(self, clock: Clock, latency_us: int, module: tuple, peer: tuple):
        self._clock = clock
        self._latency_us = latency_us
        self.open = False
        self.peer_gone = False
        self.vanished = False
        self.to_module = Flow(clock, latency_us, MODULE_WINDOW, None)
        self.to_peer = Flow(clock, latency_us, PEER_WINDOW, MODULE_SEND_BUFFER)
        self.conn = VirtualConn(self, None, module, peer)
        self.peer = Peer(self, peer, module)
        self.to_module.on_arrive = self._tell_readable
        self.to_peer.on_arrive = self.peer.take
        self.to_peer.on_space = self._tell_writable

    def _tell_readable(self) -> None:
        if self.conn.events is not None:
            self.conn.events.on_readable()
        elif self.to_module.inbox and self.open:
            self.to_module.pull(len(self.to_module.inbox))  # the module has closed: thrown away

    def _tell_writable(self) -> None:
        if self.conn.events is not None:
            self.conn.events.on_writable()

    def probe(self) -> None:
        """Keep-alive: after the idle time, three probes a second apart that nobody answers."""
        idle_s = self.peer.options.keep_alive_s
        if self.vanished and idle_s:
            wait_us = (idle_s + 3) * 1_000_000
            self._clock.call_later(wait_us, lambda: self.fail(errno.ETIMEDOUT))

    def fail(self, error: int) -> None:
        """The module learns that the connection broke; data that arrived can still be read."""
        if not self.open:
            return
        self.open = False
        self.to_peer.cut()
        self.to_module.cut()
        events, self.conn.events = self.conn.events, None
        if events is not None:
            events.on_error(error)

    def close_module(self) -> None:
        self.to_peer.finish()

    def reset_by_module(self) -> None:
        if not self.open:
            return
        self.open = False
        self.to_module.cut()
        self.to_peer.cut()
        self._clock.call_later(self._latency_us, lambda: self.peer.ended(errno.ECONNRESET))

    def reset_by_peer(self) -> None:
        self.peer.closed = True
        self.to_peer.cut()
        self.to_module.stop()  # what was sent before the reset arrives before it
        self._clock.call_later(self._latency_us, lambda: self.fail(errno.ECONNRESET))
