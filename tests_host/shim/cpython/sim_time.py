# Gives CPython's time module the names that MicroPython's has, on the simulated board's clock.
# Owns nothing but these functions; real time as long as no module is attached.
from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import Iterator

from sim_board import board

_PERIOD = 1 << 30  # as on a 32-bit MicroPython: programs must use ticks_diff
_HALF = _PERIOD // 2


def ticks_ms() -> int:
    return board.now_us() // 1000 % _PERIOD


def ticks_us() -> int:
    return board.now_us() % _PERIOD


def ticks_cpu() -> int:
    return ticks_us()


def ticks_add(ticks: int, delta: int) -> int:
    return (ticks + delta) % _PERIOD


def ticks_diff(end: int, start: int) -> int:
    return (end - start + _HALF) % _PERIOD - _HALF


def sleep_ms(ms: int) -> None:
    board.sleep(max(0, int(ms)) * 1000)


def sleep_us(us: int) -> None:
    board.sleep(max(0, int(us)))


def install() -> None:
    for function in (ticks_ms, ticks_us, ticks_cpu, ticks_add, ticks_diff, sleep_ms, sleep_us):
        setattr(time, function.__name__, function)


@contextmanager
def virtual_time() -> Iterator[None]:
    """time.sleep, time.monotonic and time.monotonic_ns run on the attached module's clock.

    For unmodified programs. Only in the thread that asks for it: others keep real time.
    """
    thread = threading.get_ident()
    real = time.sleep, time.monotonic, time.monotonic_ns

    def mine() -> bool:
        return threading.get_ident() == thread and board.host is not None

    def sleep(seconds: float) -> None:
        if mine():
            board.sleep(round(seconds * 1_000_000))
        else:
            real[0](seconds)

    def monotonic() -> float:
        return board.now_us() / 1_000_000 if mine() else real[1]()

    def monotonic_ns() -> int:
        return board.now_us() * 1000 if mine() else real[2]()

    time.sleep, time.monotonic, time.monotonic_ns = sleep, monotonic, monotonic_ns
    try:
        yield
    finally:
        time.sleep, time.monotonic, time.monotonic_ns = real
