# The UART between host and module: two lanes of bytes that take their time.
# Owns byte timing, buffers, overruns, RTS/CTS and garbling. Knows nothing of AT.
from __future__ import annotations

from collections import deque
from typing import Callable, Optional

from .garble import Frame, Garbler, garbler
from .ports import Clock, TimerHandle

Callback = Callable[[], object]


class Lane:
    """One direction. Bytes move lazily: settle() hands over what has arrived by now."""

    def __init__(self, clock: Clock, sender: LineEnd, receiver: LineEnd) -> None:
        self._clock = clock
        self._sender = sender
        self.receiver = receiver
        self._chunks: deque[bytes] = deque()
        self._offset = 0  # into the first chunk
        self.queued = 0  # bytes not yet arrived
        self._t0_us = 0  # the byte after _done bytes started then
        self._done = 0
        self.held = False  # stopped by CTS
        self.paced = True  # False: bytes arrive at once and as they were sent
        self._byte = 0  # what a byte takes, in 1/rate microseconds; set by retime()
        self._rate = sender.baud
        self._garbler: Optional[Garbler] = None
        self._wake: Optional[TimerHandle] = None
        self._wake_at_us = 0
        self._waiters: list[tuple[int, Callback]] = []

    # -- sending -----------------------------------------------------------------------
    def push(self, data: bytes) -> None:
        if not data:
            return
        self.settle()
        if not self.queued:
            self._restart()
        self._chunks.append(bytes(data))
        self.queued += len(data)
        self._arm()

    def drop(self) -> None:
        """Forgets what is not yet on the wire (the sender lost power)."""
        self.settle()
        self._chunks.clear()
        self._offset = self.queued = 0
        self._waiters.clear()

    def call_when_below(self, limit: int, fn: Callback) -> None:
        """Runs fn once, when at most limit bytes are left to arrive."""
        self._waiters.append((limit, fn))
        self._arm(at_once=self.queued <= limit)

    # -- time --------------------------------------------------------------------------
    def _restart(self) -> None:
        self._t0_us = self._clock.now_us
        self._done = 0
        self.held = self._blocked()

    def _blocked(self) -> bool:
        return self._sender.cts_checked and self.receiver.rts_level() == 1

    def _arrives_at_us(self, k: int) -> int:
        """When the k-th byte from now (1 = the next) is complete."""
        if not self.paced:
            return self._clock.now_us
        return self._t0_us + -(-(self._done + k) * self._byte // self._rate)

    def settle(self) -> None:
        """Moves what has arrived by now into the receiver's buffer."""
        if not self.queued or self.held:
            return
        n = self.queued
        sender = self._sender
        if self.paced:
            total = (self._clock.now_us - self._t0_us) * self._rate // self._byte
            if total - self._done < n:
                n = total - self._done
        rx = self.receiver
        if sender.cts_checked and rx.rts_auto and not rx.deaf:
            room = max(0, rx.rts_high_at - len(rx.rx))
            if n >= room:
                n = room
                self.held = True
        if n > 0:
            self._done += n
            self._deliver(n)

    def _deliver(self, n: int) -> None:
        self.queued -= n
        head = self._chunks[0]
        if self._offset + n < len(head):  # most often: a piece of one message
            data = head[self._offset : self._offset + n]
            self._offset += n
            self.receiver.accept(self._garbler(data) if self._garbler else data)
            return
        parts = []
        while n:
            head = self._chunks[0]
            part = head[self._offset : self._offset + n]
            parts.append(part)
            n -= len(part)
            self._offset += len(part)
            if self._offset == len(head):
                self._chunks.popleft()
                self._offset = 0
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        self.receiver.accept(self._garbler(data) if self._garbler else data)

    def hold(self) -> None:
        """CTS went high: the byte in progress still comes, the next ones wait."""
        self.settle()
        if not self._sender.cts_checked or self.held:
            return
        if self.queued and self._clock.now_us > self._t0_us:
            self._deliver(1)
        self.held = True

    def release(self) -> None:
        """CTS may have gone low."""
        if self.held and not self._blocked():
            self._restart()
            self._arm()

    def retime(self) -> None:
        """The rate or frame of either side changed; both settled before."""
        tx, rx = self._sender, self.receiver
        self._rate = tx.rate
        self._byte = tx.frame.half_bits * 500_000
        self._garbler = garbler(tx.frame, tx.rate, rx.frame, rx.rate) if self.paced else None
        self._restart()
        self._arm()

    # -- callbacks ---------------------------------------------------------------------
    def next_arrival_us(self) -> Optional[int]:
        """When the next byte is complete; None when none is on its way."""
        self.settle()
        return self._arrives_at_us(1) if self.queued and not self.held else None

    def below_at_us(self, limit: int) -> Optional[int]:
        """When at most limit bytes are left; None while CTS holds them back."""
        self.settle()
        if self.queued <= limit:
            return self._clock.now_us
        return None if self.held else self._arrives_at_us(self.queued - limit)

    def _arm(self, at_once: bool = False) -> None:
        """One timer serves both: the receiver's callback and whoever waits for room."""
        now = self._clock.now_us
        due = now if at_once else None
        if self.queued and not self.held:
            if self.receiver.on_rx is not None:
                due = _least(due, self._arrives_at_us(min(self.queued, self.receiver.rx_quantum)))
            for limit, _ in self._waiters:
                if self.queued > limit:
                    due = _least(due, self._arrives_at_us(self.queued - limit))
        if due is None or (self._wake is not None and self._wake_at_us <= due):
            return
        if self._wake is not None:
            self._wake.cancel()
        self._wake_at_us = due
        self._wake = self._clock.call_at(due, self._on_wake)

    def _on_wake(self) -> None:
        self._wake = None
        self.settle()
        ready = [fn for limit, fn in self._waiters if self.queued <= limit]
        self._waiters = [w for w in self._waiters if self.queued > w[0]]
        for fn in ready:
            fn()
        if self.receiver.on_rx is not None and self.receiver.rx:
            self.receiver.on_rx()
        self._arm()


def _least(a: Optional[int], b: int) -> int:
    return b if a is None else min(a, b)


class LineEnd:
    """One UART. Levels are electrical: RTS/CTS low (0) means "go on"."""

    def __init__(self, clock: Clock, baud: int, rxbuf: int, txbuf: int) -> None:
        self._clock = clock
        self.baud = baud
        self.frame = Frame()
        self.rx = bytearray()
        self.rxbuf = rxbuf
        self.txbuf = txbuf
        self.rx_quantum = 64  # on_rx comes at the end of a burst or after so many bytes
        self.on_rx: Optional[Callback] = None
        self.overruns = 0  # bytes lost because the buffer was full
        self.deaf = False  # asleep or in reset: what arrives is lost
        self.lost_deaf = 0
        self.unplugged = False  # its RX is wired to nobody's TX
        self.cts_checked = False
        self.rts_auto = False
        self.rts_high_at = max(1, rxbuf - 6)
        self.rts_low_at = max(1, rxbuf - 16)
        self._rts = 0
        self._stuck = False  # RTS is high whatever happens
        self._least: Optional[int] = None  # bytes that are kept while nobody can take them
        self.slipped = False
        self.on_rts: Optional[Callable[[int], object]] = None
        self._out: Lane  # set by SerialLine
        self._in: Lane

    # -- data --------------------------------------------------------------------------
    def write(self, data: bytes) -> int:
        """Bytes accepted: as many as the transmit buffer has room for."""
        part = bytes(data[: self.tx_free])
        self._out.push(part)
        return len(part)

    @property
    def tx_pending(self) -> int:
        """Bytes that have not yet arrived at the other side."""
        self._out.settle()
        return self._out.queued

    @property
    def tx_free(self) -> int:
        return max(0, self.txbuf - self.tx_pending)

    def tx_room_at_us(self, n: int) -> Optional[int]:
        """When n bytes can be written; None while CTS holds the line."""
        return self._out.below_at_us(max(0, self.txbuf - n))

    def any(self) -> int:
        if self._in.queued:
            self._in.settle()
        return len(self.rx)

    def next_rx_at_us(self) -> Optional[int]:
        """Now when a byte can be read, else when the next one arrives, else None."""
        return self._clock.now_us if self.any() else self._in.next_arrival_us()

    def read(self, n: int = -1) -> bytes:
        self._in.settle()
        if n < 0 or n >= len(self.rx):
            data = bytes(self.rx)
            self.rx.clear()
        else:
            data = bytes(self.rx[:n])
            del self.rx[:n]
        if self.rts_auto or self._in.held:
            self._update_rts()
        return data

    def readinto(self, buf: bytearray | memoryview, n: Optional[int] = None) -> int:
        data = self.read(len(buf) if n is None else min(n, len(buf)))
        buf[: len(data)] = data
        return len(data)

    def reset_input(self) -> None:
        self.read()

    def set_rxbuf(self, rxbuf: int) -> None:
        """A buffer of another size; what it held is gone, as when a UART driver starts anew."""
        self.read()
        self.rxbuf = rxbuf
        self.rts_high_at = max(1, rxbuf - 6)
        self.rts_low_at = max(1, rxbuf - 16)

    def accept(self, data: bytes) -> None:
        """Bytes from the lane; what does not fit is lost."""
        if self.unplugged:
            return
        if self.deaf:
            self.lost_deaf += len(data)
            return
        room = self.rxbuf - len(self.rx)
        if self._least is not None:
            room = max(0, min(room, self._least - len(self.rx)))
        if len(data) > room:
            self.overruns += len(data) - room
            data = data[:room]
        self.rx += data
        if self.rts_auto:
            self._update_rts()

    # -- rate and frame ----------------------------------------------------------------
    @property
    def rate(self) -> int:
        """What the wire sees of baud."""
        return self.baud * 4 // 5 if self.slipped else self.baud

    def set_baud(self, baud: int, frame: Optional[Frame] = None) -> None:
        self._in.settle()
        self._out.settle()
        self.baud = baud
        if frame is not None:
            self.frame = frame
        self._in.retime()
        self._out.retime()

    # -- flow control ------------------------------------------------------------------
    @property
    def flow(self) -> bool:
        return self.rts_auto and self.cts_checked

    @flow.setter
    def flow(self, on: bool) -> None:
        self.set_flow(rts=on, cts=on)

    def set_flow(self, *, rts: bool, cts: bool) -> None:
        """rts: this UART drives its RTS from its buffer; cts: it sends only while CTS is low."""
        self._in.settle()
        self._out.settle()
        if self.rts_auto and not rts:
            self._change_rts(0)
        self.rts_auto = rts
        self.cts_checked = cts
        self._update_rts()
        self._out.retime()
        self._in.release()

    def set_rts(self, level: int) -> None:
        """Drives the RTS pin by hand (only without automatic flow control)."""
        if not self.rts_auto:
            self._set_rts(1 if level else 0)

    def rts_level(self) -> int:
        return self._rts

    def cts(self) -> int:
        """Level of the CTS input: the other side's RTS."""
        self._out.settle()
        return self._out.receiver.rts_level()

    def _update_rts(self) -> None:
        if self.rts_auto:
            if len(self.rx) >= self.rts_high_at:
                self._change_rts(1)  # the lane stopped by itself
            elif len(self.rx) < self.rts_low_at:
                self._change_rts(0)
        # A lane that stopped at the mark starts again as soon as there is room.
        if self._rts == 0:
            self._in.release()

    def stick_rts(self, on: bool) -> None:
        """A fault: RTS stays high, so that the other side may say nothing."""
        if on:
            self._set_rts(1)
            self._stuck = True
        elif self._stuck:
            self._stuck = False
            if not self.rts_auto or len(self.rx) < self.rts_low_at:
                self._set_rts(0)

    def limit_rx(self, count: Optional[int]) -> None:
        """A fault: only so many bytes are kept; what comes beyond them is lost."""
        self._in.settle()
        self._least = count

    def slip(self, on: bool) -> None:
        """A fault: this end's clock runs at four fifths."""
        if on != self.slipped:
            self.slipped = on
            self.set_baud(self.baud)

    def _set_rts(self, level: int) -> None:
        if level == self._rts or self._stuck:
            return
        if level:
            self._in.hold()
        self._change_rts(level)
        if not level:
            self._in.release()

    def _change_rts(self, level: int) -> None:
        if level != self._rts and not self._stuck:
            self._rts = level
            if self.on_rts is not None:
                self.on_rts(level)


class SerialLine:
    """Host end and module end, and the two lanes between them."""

    def __init__(
        self,
        clock: Clock,
        *,
        baud: int = 115200,
        host_rxbuf: int = 2048,
        host_txbuf: int = 288,
        module_rxbuf: int = 2048 + 128,
        module_txbuf: int = 1 << 30,
    ) -> None:
        self.host = LineEnd(clock, baud, host_rxbuf, host_txbuf)
        self.module = LineEnd(clock, baud, module_rxbuf, module_txbuf)
        self.to_module = Lane(clock, self.host, self.module)
        self.to_host = Lane(clock, self.module, self.host)
        self.host._out = self.module._in = self.to_module
        self.module._out = self.host._in = self.to_host
        for lane in (self.to_module, self.to_host):
            lane.retime()

    def set_paced(self, paced: bool) -> None:
        """False: no byte timing and no wrong rates; buffers and flow control stay."""
        for lane in (self.to_module, self.to_host):
            lane.settle()
            lane.paced = paced
            lane.retime()
