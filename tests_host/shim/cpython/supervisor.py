# CircuitPython's supervisor module on the simulated board: the clock and little else.
from __future__ import annotations

from sim_board import board

_PERIOD = 1 << 29
_START_MS = _PERIOD - 65_536  # as on boards: wraps about a minute after the start


def ticks_ms() -> int:
    return (board.now_us() // 1000 + _START_MS) % _PERIOD


class _Runtime:
    usb_connected = False
    serial_connected = False
    serial_bytes_available = 0
    autoreload = False


runtime = _Runtime()


def reload() -> None:
    raise SystemExit("supervisor.reload()")
