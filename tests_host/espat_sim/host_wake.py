# Waking the host: what the module says by itself to a host that sleeps waits for it.
# Owns the wake signal, the wait and what is held meanwhile. Commands are commands_user.py's.
from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional

from .ports import TimerHandle

if TYPE_CHECKING:
    from .module import Module

BY_GPIO, BY_UART = 1, 2
# Bits of <check mcu awake method>
BY_MCUSLEEP, BY_SLEEP, BY_TIMEOUT = 1, 2, 4


@dataclass(frozen=True)
class WakeConfig:
    mode: int
    number: int  # of the GPIO or the UART
    signal: int  # level or byte
    delay_ms: int
    method: int


class HostWaker:
    def __init__(self, module: Module) -> None:
        self._m = module
        self.config: Optional[WakeConfig] = None
        self.asleep = False
        self._gave_up = False  # the wait ran out and counts as awake (BY_TIMEOUT)
        self._held: deque[bytes] = deque()
        self._timer: Optional[TimerHandle] = None

    def reset(self) -> None:
        """Power or reset."""
        self._lower()
        self.config = None
        self.asleep = self._gave_up = False
        self._held.clear()
        self._timer = None  # it does not outlive the boot

    # -- settings ----------------------------------------------------------------------
    def configure(self, config: Optional[WakeConfig]) -> None:
        self.config = config
        self._lower()

    def told(self, asleep: bool, method: int) -> None:
        """The host said that it sleeps or is awake, in one of the two ways."""
        if self.config is None or not self.config.method & method:
            return
        self.asleep = asleep
        self._gave_up = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._lower()
        if asleep:
            self._next()
        else:
            self._say_all()

    # -- messages ----------------------------------------------------------------------
    @property
    def held(self) -> int:
        """Bytes that wait."""
        return sum(len(message) for message in self._held)

    def say(self, message: bytes) -> None:
        """Now, or when the host is awake, or when it was waited for long enough."""
        if self.config is None or not self.asleep or self._gave_up:
            self._m.out.push(message)
            return
        self._held.append(message)
        self._next()

    def _next(self) -> None:
        """Raises the signal for the first message that waits."""
        if not self._held or self._timer is not None:
            return
        assert self.config is not None
        if self.config.mode == BY_GPIO:
            self._m.pins.drive_gpio(self.config.number, self.config.signal)
        else:
            self._m.out.push(bytes([self.config.signal]))
        self._timer = self._m.later(self.config.delay_ms * 1000, self._waited)

    def _waited(self) -> None:
        assert self.config is not None
        self._timer = None
        self._lower()
        if self.config.method & BY_TIMEOUT:
            self._gave_up = True
            self._say_all()
            return
        # Each message waits for itself.
        self._m.out.push(self._held.popleft())
        self._next()
        self._m.out.drained()

    def _say_all(self) -> None:
        while self._held:
            self._m.out.push(self._held.popleft())
        self._m.out.drained()

    def _lower(self) -> None:
        if self.config is not None and self.config.mode == BY_GPIO:
            self._m.pins.drive_gpio(self.config.number, 1 - self.config.signal)
