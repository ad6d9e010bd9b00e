# What a UART reads when the other side sends at another rate or in another frame.
# Owns the sampling of bits. Deterministic; knows no clock and no buffers.
from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Optional

TOLERANCE_PERCENT = 4


@dataclass(frozen=True)
class Frame:
    """Data bits 5..8, parity 0 none | 1 odd | 2 even, stop 1 = 1, 2 = 1.5, 3 = 2 bits."""

    data_bits: int = 8
    parity: int = 0
    stop: int = 1

    @property
    def half_bits(self) -> int:
        """Length of one byte on the wire, in half bit times (1.5 stop bits are three halves)."""
        return 2 * (1 + self.data_bits + (1 if self.parity else 0)) + self.stop + 1


def _levels(byte: int, frame: Frame) -> list[int]:
    """The line for one byte, one entry per bit: start, data from the lowest bit, parity, stop."""
    data = [(byte >> i) & 1 for i in range(frame.data_bits)]
    levels = [0] + data
    if frame.parity:
        odd = sum(data) & 1
        levels.append(odd ^ 1 if frame.parity == 1 else odd)
    return levels + [1]


def _read(levels: list[int], tx_baud: int, rx: Frame, rx_baud: int) -> bytes:
    """What a receiver makes of these levels followed by an idle line."""
    # Times are integers: one sender bit lasts 2*rx_baud units, one receiver bit 2*tx_baud.
    sent_bit, read_bit = 2 * rx_baud, 2 * tx_baud
    out = bytearray()
    t = 0
    while True:
        bit = t // sent_bit
        while bit < len(levels) and levels[bit]:
            bit += 1
        if bit >= len(levels):
            return bytes(out)
        start = max(t, bit * sent_bit)
        value = 0
        for i in range(rx.data_bits):
            at = (start + read_bit * (i + 1) + read_bit // 2) // sent_bit
            if at >= len(levels) or levels[at]:
                value |= 1 << i
        out.append(value)
        frame_bits = 1 + rx.data_bits + (1 if rx.parity else 0)
        t = start + read_bit * frame_bits + read_bit // 2


class Garbler:
    """Turns sent bytes into read bytes; remembers its place when the reader is slower."""

    def __init__(self, tx: Frame, tx_baud: int, rx: Frame, rx_baud: int) -> None:
        self._table = _table(tx, tx_baud, rx, rx_baud)
        self._tx_baud = tx_baud
        self._rx_baud = rx_baud
        self._phase = 0

    def __call__(self, data: bytes) -> bytes:
        if self._tx_baud <= self._rx_baud:
            return b"".join(self._table[b] for b in data)
        # A slow reader sees several sent bytes as one.
        out = bytearray()
        for b in data:
            self._phase += self._rx_baud
            if self._phase >= self._tx_baud:
                self._phase -= self._tx_baud
                out += self._table[b][:1]
        return bytes(out)


@lru_cache(maxsize=16)
def _table(tx: Frame, tx_baud: int, rx: Frame, rx_baud: int) -> list[bytes]:
    return [_read(_levels(b, tx), tx_baud, rx, rx_baud) for b in range(256)]


def garbler(tx: Frame, tx_baud: int, rx: Frame, rx_baud: int) -> Optional[Garbler]:
    """None when the two sides understand each other."""
    near = abs(tx_baud - rx_baud) * 100 <= TOLERANCE_PERCENT * rx_baud
    same = (tx.data_bits, tx.parity) == (rx.data_bits, rx.parity)
    return None if near and same else Garbler(tx, tx_baud, rx, rx_baud)
