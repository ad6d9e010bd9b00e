# MicroPython's machine module for CPython, as the RP2040 port has it, on the simulated board.
# Owns names, arguments and return values; all state and waiting are sim_board's.
from __future__ import annotations

import sim_time
from machine_uart import UART
from sim_board import IRQ_FALLING, IRQ_RISING, BoardTimer, board

__all__ = [
    "ADC",
    "I2C",
    "PWM",
    "RTC",
    "SPI",
    "Pin",
    "Signal",
    "Timer",
    "UART",
    "deepsleep",
    "disable_irq",
    "enable_irq",
    "freq",
    "idle",
    "lightsleep",
    "reset",
    "reset_cause",
    "soft_reset",
    "unique_id",
]

PWRON_RESET = 1
WDT_RESET = 3
DEEPSLEEP_RESET = 4

sim_time.install()


class Pin:
    """State lives in the board, keyed by id: Blinka's subclass never calls our __init__."""

    IN = 0
    OUT = 1
    OPEN_DRAIN = 2
    ALT = 3
    PULL_UP = 1
    PULL_DOWN = 2
    IRQ_FALLING = IRQ_FALLING
    IRQ_RISING = IRQ_RISING

    def __init__(self, id, mode=-1, pull=-1, *, value=None, alt=-1):
        self.id = id.id if isinstance(id, Pin) else id
        self.init(mode, pull, value=value, alt=alt)

    @property
    def _state(self):
        return board.pin(self.id)

    def init(self, mode=-1, pull=-1, *, value=None, alt=-1):
        state = self._state
        if value is not None:
            state.latch = 1 if value else 0
        if mode not in (-1, None):
            state.output = mode in (Pin.OUT, Pin.OPEN_DRAIN)
            state.open_drain = mode == Pin.OPEN_DRAIN
        if pull != -1:
            state.pull = None if pull is None else 1 if pull == Pin.PULL_UP else 0
        if mode not in (-1, None) or pull != -1 or value is not None:
            state.drive()

    def value(self, x=None):
        state = self._state
        if x is None:
            return state.read()
        state.latch = 1 if x else 0
        if state.output:
            state.drive()
        return None

    def __call__(self, x=None):
        return self.value(x)

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)

    high = on
    low = off

    def toggle(self):
        self.value(1 - self._state.latch)

    def irq(self, handler=None, trigger=IRQ_FALLING | IRQ_RISING, hard=False):
        state = self._state
        state.handler = handler
        state.trigger = trigger
        state.pin = self
        board.watch(state)
        return self

    def mode(self):
        state = self._state
        return Pin.OPEN_DRAIN if state.open_drain else Pin.OUT if state.output else Pin.IN

    def __repr__(self):
        return f"Pin({self.id!r})"


class Signal:
    def __init__(self, pin, *args, invert=False, **options):
        self._pin = pin if isinstance(pin, Pin) else Pin(pin, *args, **options)
        self._invert = 1 if invert else 0

    def value(self, x=None):
        if x is None:
            return self._pin.value() ^ self._invert
        self._pin.value((1 if x else 0) ^ self._invert)
        return None

    def __call__(self, x=None):
        return self.value(x)

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)


class Timer:
    """Calls back while the program waits or looks at the clock, as a soft interrupt does."""

    ONE_SHOT = 0
    PERIODIC = 1

    def __init__(self, id=-1, **options):
        self._timer = None
        if options:
            self.init(**options)

    def init(self, *, mode=PERIODIC, freq=-1, period=-1, callback=None, tick_hz=1000, hard=False):
        self.deinit()
        us = round(1_000_000 / freq) if freq > 0 else period * 1_000_000 // tick_hz
        again = max(us, 1) if mode == Timer.PERIODIC else 0
        due = board.need_host().now_us + us
        self._timer = BoardTimer(due, again, lambda: callback(self) if callback else None)
        board.timers.append(self._timer)

    def deinit(self):
        if self._timer in board.timers:
            board.timers.remove(self._timer)
        self._timer = None


class RTC:
    """Starts at 2021-01-01 00:00 with the board, as the RP2040 does."""

    _offset_s = 1_609_459_200

    def datetime(self, when=None):
        import calendar
        import time

        now_s = board.now_us() // 1_000_000
        if when is None:
            t = time.gmtime(now_s + RTC._offset_s)
            return (t[0], t[1], t[2], t[6], t[3], t[4], t[5], 0)
        year, month, day, _, hour, minute, second = when[:7]
        RTC._offset_s = calendar.timegm((year, month, day, hour, minute, second)) - now_s
        return None


class _Placeholder:
    """Blinka imports these names; the simulated board has none of them."""

    MSB = 0
    LSB = 1

    def __init__(self, *args, **options):
        raise NotImplementedError(f"the simulated board has no {type(self).__name__}")


class I2C(_Placeholder):
    pass


class SPI(_Placeholder):
    pass


class ADC(_Placeholder):
    pass


class PWM(_Placeholder):
    pass


def lightsleep(time_ms=None):
    """The UART hears nothing meanwhile, and runs at a wrong baud after it until init()."""
    board.light_sleep(None if time_ms is None else time_ms * 1000)


def deepsleep(time_ms=None):
    lightsleep(time_ms)
    reset()


def reset():
    """On a board the program starts again; here it ends."""
    raise SystemExit("machine.reset()")


soft_reset = reset


def reset_cause():
    return PWRON_RESET


def unique_id():
    return b"espatsim"


def freq(hz=None):
    return 125_000_000


def idle():
    board.sleep(1000)


def disable_irq():
    return 0


def enable_irq(state=0):
    return None
