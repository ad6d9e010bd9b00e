# machine.Pin: pins that are wired to the module's signals, and others that are not.
# Owns their state, keyed by id, and handlers. Levels travel as control requests.
import os

import sim_host

from micropython import const

_FALLING = const(4)
_RISING = const(8)

_signals = {}  # id -> signal of the module
_states = {}  # id -> [output, latch, pull, handler, trigger, open drain]

for _entry in (os.getenv("ESPAT_SIM_PINS") or "EN=6,WAKE=7,HOST_WAKE=8,RTS=9,CTS=10,TXD=5").split(
    ","
):
    _name, _id = _entry.split("=")
    _signals[int(_id) if _id.isdigit() else _id] = _name


def _dispatch(events):
    for name, level in events:
        for pin_id, state in _states.items():
            if _signals.get(pin_id) == name and state[3] is not None:
                if state[4] & (_RISING if level else _FALLING):
                    state[3](Pin(pin_id))


class Pin:
    IN = 0
    OUT = 1
    OPEN_DRAIN = 2
    ALT = 3
    PULL_UP = 1
    PULL_DOWN = 2
    IRQ_FALLING = 4
    IRQ_RISING = 8

    def __init__(self, id, mode=-1, pull=-1, *, value=None, alt=-1):
        self.id = id.id if isinstance(id, Pin) else id
        if self.id not in _states:
            _states[self.id] = [False, 0, None, None, 0, False]
        self._state = _states[self.id]
        self.init(mode, pull, value=value)

    def init(self, mode=-1, pull=-1, *, value=None, alt=-1):
        s = self._state
        if value is not None:
            s[1] = 1 if value else 0
        if mode not in (-1, None):
            s[0] = mode in (1, 2)
            s[5] = mode == 2
        if pull != -1:
            s[2] = None if pull is None else 1 if pull == 1 else 0
        if mode not in (-1, None) or pull != -1 or value is not None:
            self._drive()

    def _drive(self):
        s = self._state
        name = _signals.get(self.id)
        if name is None or name in ("HOST_WAKE", "CTS", "TXD"):
            return
        if s[0] and not (s[5] and s[1]):
            level = s[1]
        elif s[2] is not None:
            level = s[2]
        else:
            level = 1 if name == "EN" else 0
        sim_host.checked({"do": "pin", "pin": name, "level": level})

    def value(self, x=None):
        s = self._state
        if x is not None:
            s[1] = 1 if x else 0
            if s[0]:
                self._drive()
            return None
        if s[0] and not s[5]:
            return s[1]
        name = _signals.get(self.id)
        if name is not None:
            return sim_host.checked({"do": "pin", "pin": name})["level"]
        return 0 if s[5] and not s[1] else s[2] or 0

    def __call__(self, x=None):
        return self.value(x)

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)

    high = on
    low = off

    def toggle(self):
        self.value(1 - self._state[1])

    def irq(self, handler=None, trigger=_FALLING | _RISING, hard=False):
        s = self._state
        s[3] = handler
        s[4] = trigger
        name = _signals.get(self.id)
        if name is not None:
            sim_host.on_pins = _dispatch
            sim_host.checked({"do": "watch_pin", "pin": name, "on": handler is not None})
        return self

    def __repr__(self):
        return "Pin(%s)" % self.id
