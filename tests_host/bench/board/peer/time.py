# MicroPython's time with CircuitPython's monotonic(), for adafruit_espatcontrol.
import sys

_places = sys.path[:]
sys.path[:] = []  # so that the built-in module is found, not this one
sys.modules.pop("time", None)
import time as _built_in  # noqa: E402

sys.path[:] = _places
sleep = _built_in.sleep
sleep_ms = _built_in.sleep_ms
ticks_ms = _built_in.ticks_ms
ticks_diff = _built_in.ticks_diff


def monotonic():
    return _built_in.ticks_ms() / 1000
