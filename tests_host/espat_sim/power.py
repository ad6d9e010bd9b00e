# What of the module is awake: its CPU and UART, its radio. Sleep modes, wake pin, beacons.
# Owns the decision and the time it takes; what it draws then is added up by energy.py.
from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Optional

from .energy import EnergyMeter
from .ports import TimerHandle
from .station import CONNECTING, GOT_IP, NO_IP

if TYPE_CHECKING:
    from .module import Module

NONE, MODEM, LIGHT, LISTEN = range(4)  # as AT+SLEEP of ESP-AT numbers them
_BEACON_US = 102_400
_SENT_HEAD_US = 100  # preamble and the like of a packet in the air
_AIR_BYTES_PER_US = 2.5  # 20 Mbit/s: what is left of the rate after the protocol's own time


class Power:
    """States of the meter: off, deep, light (asleep), cpu (no Wi-Fi), modem, listen.

    modem: the radio is off but for beacons. In light sleep the UART hears nothing.
    """

    def __init__(self, module: Module) -> None:
        self._m = module
        self.meter = EnergyMeter(
            module.clock, module.profile.draw_ua, "off", asleep=("off", "deep", "light")
        )
        self._deep = False
        self._running = False  # from "ready" until power or reset
        self._cpu_until_us = 0
        self._radio_until_us = 0
        self._ready_at_us: Optional[int] = None  # the wake pin called
        self._light = False
        self._timer: Optional[TimerHandle] = None
        self._timer_at_us = 0
        self._watches_line = False
        self._waiting: set[Callable[[], object]] = set()  # for a beacon

    # -- what others tell --------------------------------------------------------------
    def stopped(self, deep: bool = False) -> None:
        """Power, reset, deep sleep or a hang."""
        self._deep = deep
        self._running = self._light = self._watches_line = False
        self._ready_at_us = self._timer = None
        self._waiting.clear()
        self.update()

    def booting(self) -> None:
        self._deep = False
        self.update()

    def started(self) -> None:
        self._running = True
        self.active()

    def active(self) -> None:
        """The CPU does something: it stays awake for a moment."""
        if self._running and self._m.cfg["sleep"] == LIGHT:
            self._cpu_until_us = self._m.clock.now_us + self._m.profile.light_idle_us
        self.update()

    def says(self) -> None:
        """Bytes go out of the UART: it works until they are sent."""
        if not self._running or self._m.cfg["sleep"] != LIGHT:
            return
        if not self._watches_line:
            self._watches_line = True
            self._m.out.when_sent(self._said)
        self.active()

    def _said(self) -> None:
        self._watches_line = False
        self.active()

    def sent(self, n: int) -> None:
        """n bytes go into the air."""
        us = _SENT_HEAD_US + round(n / _AIR_BYTES_PER_US)
        self.meter.pulse(self._m.profile.draw_ua["send"], us)
        self._radio_works()

    def _radio_works(self) -> None:
        if self._m.cfg["sleep"]:
            self._radio_until_us = self._m.clock.now_us + self._m.profile.radio_linger_us
            self.active()

    def hear(self, fn: Callable[[], object]) -> None:
        """Something arrived at the access point: fn runs, once, when the radio listens."""
        if fn in self._waiting:
            return
        wait_us = self._until_beacon_us()
        if wait_us:
            self._waiting.add(fn)
            self._m.later(wait_us, lambda: self._beacon(fn))
        else:
            self._radio_works()
            fn()

    def _beacon(self, fn: Callable[[], object]) -> None:
        # This is the beacon, also when the clock is a real one and a little late.
        self._waiting.discard(fn)
        self._radio_works()
        fn()

    # -- the radio ---------------------------------------------------------------------
    @property
    def interval_us(self) -> int:
        """From one beacon that is listened to to the next."""
        join = self._m.cfg["join"]
        if self._m.cfg["sleep"] == MODEM:
            ap = self._m.station.ap
            return _BEACON_US * (ap.dtim if ap is not None else 1)
        return _BEACON_US * (join["listen_interval"] if join else 1)

    def _radio_sleeps(self) -> bool:
        """But for beacons."""
        m = self._m
        return (
            m.cfg["sleep"] != NONE
            and m.station.state in (NO_IP, GOT_IP)
            and not m.soft_ap.up
            and m.clock.now_us >= self._radio_until_us
        )

    def _until_beacon_us(self) -> int:
        return -self._m.clock.now_us % self.interval_us if self._radio_sleeps() else 0

    # -- deciding ----------------------------------------------------------------------
    def update(self) -> None:
        """After anything that may change what is awake."""
        light = self._wants_light()
        if light != self._light and self._running:
            self._set_light(light)
        state = self._state()
        if state in ("modem", "light") and self._radio_sleeps():
            draw, base = self._m.profile.draw_ua, self._m.profile.draw_ua[state]
            beacon_us = self._m.profile.beacon_us
            self.meter.enter(state, base + (draw["listen"] - base) * beacon_us // self.interval_us)
        else:
            self.meter.enter(state)
        self._plan()

    def _state(self) -> str:
        m = self._m
        if not m.powered:
            return "off"
        if self._deep:
            return "deep"
        if self._light and (self._radio_sleeps() or m.station.state not in (NO_IP, GOT_IP)):
            return "light"
        if not self._running or not (m.station.enabled or m.soft_ap.up):
            return "cpu"
        if m.soft_ap.up or m.cfg["sleep"] == NONE or m.station.state == CONNECTING:
            return "listen"
        if m.station.state in (NO_IP, GOT_IP) and not self._radio_sleeps():
            return "listen"
        return "modem"

    def _wants_light(self) -> bool:
        m = self._m
        now = m.clock.now_us
        if not self._running or m.cfg["sleep"] != LIGHT or m.soft_ap.up:
            self._ready_at_us = None
            return False
        if self._called():
            if not self._light:
                self._ready_at_us = None
                return False
            if self._ready_at_us is None:
                self._ready_at_us = now + m.profile.light_wake_us
            if now >= self._ready_at_us:
                self._cpu_until_us = now + m.profile.light_idle_us
                self._ready_at_us = None
                return False
        else:
            self._ready_at_us = None
        busy = m.running is not None or self._watches_line or m.station.state == CONNECTING
        return not busy and now >= self._cpu_until_us

    def _called(self) -> bool:
        """The wake pin is at its level."""
        source = self._m.cfg["sleep_wake"]
        if source is None:
            return False
        _, number, level = source
        return self._m.pins.gpio_level(number) == level

    def _set_light(self, light: bool) -> None:
        end = self._m.line.module
        end.any()  # what has arrived by now arrived in the state before
        if light:
            end.rx.clear()
        self._light = end.deaf = light

    def _plan(self) -> None:
        """The next moment at which something ends by itself."""
        if not self._running:
            return
        now = self._m.clock.now_us
        times = [self._radio_until_us]
        if self._m.cfg["sleep"] == LIGHT:
            times.append(self._cpu_until_us)
            if self._ready_at_us is not None:
                times.append(self._ready_at_us)
        due = min((t for t in times if t > now), default=None)
        if due is None or (self._timer is not None and now < self._timer_at_us <= due):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at_us = due
        self._timer = self._m.later(due - now, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self.update()
