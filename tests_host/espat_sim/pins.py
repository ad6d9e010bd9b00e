# The module's signals as the host's pins see them: EN, WAKE, HOST_WAKE, RTS, CTS, TXD.
# Owns levels and the minimum time of a reset. Other pins are Module.gpio.
from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Optional

from .ports import TimerHandle

if TYPE_CHECKING:
    from .module import Module

OnLevel = Callable[[int], object]


class SignalPin:
    """A level; set() drives it, subscribe() hears of every change."""

    def __init__(self, level: int, on_set: Optional[OnLevel] = None) -> None:
        self._level = level
        self._on_set = on_set
        self._subscribers: list[OnLevel] = []

    @property
    def level(self) -> int:
        return self._level

    def set(self, level: int) -> None:
        level = 1 if level else 0
        if level == self._level:
            return
        self._level = level
        if self._on_set is not None:
            self._on_set(level)
        for fn in list(self._subscribers):
            fn(level)

    def subscribe(self, fn: OnLevel) -> None:
        self._subscribers.append(fn)


class Pins:
    def __init__(self, module: Module) -> None:
        self._m = module
        self._timer: Optional[TimerHandle] = None
        # The GPIO of the module at the other end of the wire; None: no wire.
        self.wiring: dict[str, Optional[int]] = {"WAKE": 12, "HOST_WAKE": 18}
        self._in_reset = False
        self._pins = {
            "EN": SignalPin(1, self._set_en),
            "WAKE": SignalPin(0, lambda level: module.power.update()),
            "HOST_WAKE": SignalPin(0),
            "RTS": SignalPin(0, module.line.host.set_rts),
            "CTS": SignalPin(0),
            "TXD": SignalPin(1),  # the line that the host hears; shown at the start of a burst
        }
        module.line.module.on_rts = self._pins["CTS"].set

    def __getitem__(self, name: str) -> SignalPin:
        return self._pins[name]

    @property
    def levels(self) -> dict[str, int]:
        return {name: pin.level for name, pin in self._pins.items()}

    # -- the module's own pins ---------------------------------------------------------
    def wire(self, name: str, number: Optional[int]) -> None:
        self.wiring[name] = number
        self._m.power.update()
        if name == "HOST_WAKE":
            self[name].set(0 if number is None else self._m.gpio.get(number, 0))

    def gpio_level(self, number: int) -> int:
        if self.wiring["WAKE"] == number:
            return self["WAKE"].level
        return self._m.gpio.get(number, 0)

    def start_bit(self) -> None:
        """The module begins to send: a falling edge, for a host that waits for one."""
        self["TXD"].set(0)
        self["TXD"].set(1)

    def drive_gpio(self, number: int, level: int) -> None:
        self._m.gpio[number] = level
        if self.wiring["HOST_WAKE"] == number:
            self["HOST_WAKE"].set(level)

    def __contains__(self, name: object) -> bool:
        return name in self._pins

    def _set_en(self, level: int) -> None:
        # A glitch shorter than the RC at the pin does nothing.
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if level == 0:
            if self._m.powered:
                wait = self._m.profile.reset_low_us
                self._timer = self._m.clock.call_later(wait, self._hold_in_reset)
        elif self._in_reset:
            self._in_reset = False
            self._m.power_on()

    def _hold_in_reset(self) -> None:
        self._timer = None
        self._in_reset = True
        self._m.power_off()
