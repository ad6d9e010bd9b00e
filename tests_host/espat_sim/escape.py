# Finds +++ alone between silences in a stream of raw data.
# Owns the guard times. Does not know what leaving the mode means.
from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Optional

from .ports import TimerHandle

if TYPE_CHECKING:
    from .module import Module

_PLUSES = b"+++"


class EscapeFinder:
    """Three pluses, silence before and after, no long gap between them.

    hold=True keeps single pluses back until it is clear what they are (streams);
    hold=False lets them through at once (counted data, where the count ends the wait).
    """

    def __init__(
        self,
        module: Module,
        on_data: Callable[[bytes], object],
        on_escape: Callable[[], object],
        *,
        hold: bool,
    ) -> None:
        self._m = module
        self._on_data = on_data
        self._on_escape = on_escape
        self._hold = hold
        self._run = b""
        self._last_us = module.clock.now_us - module.profile.escape_guard_us
        self._timer: Optional[TimerHandle] = None

    @property
    def held(self) -> int:
        """Bytes taken and not yet passed on."""
        return len(self._run) if self._hold else 0

    def feed(self, data: bytes) -> None:
        now = self._m.clock.now_us
        uart = self._m.line.module
        byte_us = uart.frame.half_bits * 500_000 // uart.baud
        quiet = now - (len(data) - 1) * byte_us - self._last_us >= self._m.profile.escape_guard_us
        self._last_us = now
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        pluses = self._run + data
        if (self._run or quiet) and _PLUSES.startswith(pluses):
            self._run = pluses
            self._timer = self._m.later(self._m.profile.escape_guard_us, self._silence)
            if not self._hold:
                self._on_data(data)
            return
        held, self._run = self._run, b""
        self._on_data(held + data if self._hold else data)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _silence(self) -> None:
        self._timer = None
        run, self._run = self._run, b""
        if run == _PLUSES:
            self._on_escape()
        elif self._hold:
            self._on_data(run)
