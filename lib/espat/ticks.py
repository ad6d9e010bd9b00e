# MicroPython's clock for interpreters whose `time` has none: CircuitPython and plain CPython.
import time

_PERIOD = 1 << 29  # supervisor.ticks_ms wraps here

try:
    from supervisor import ticks_ms
except ImportError:

    def ticks_ms():
        return (time.monotonic_ns() // 1000000) % _PERIOD


def ticks_add(ticks, delta):
    return (ticks + delta) % _PERIOD


def ticks_diff(a, b):
    d = (a - b) % _PERIOD
    return d - _PERIOD if d >= _PERIOD // 2 else d


def sleep_ms(ms):
    time.sleep(ms / 1000)
