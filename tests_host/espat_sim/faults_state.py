# Faults that last: a UART that loses bytes or has a stuck CTS, a rate that slips, commands that
# never end, a flash that cannot be written. Owns what is wrong now, and its end.
from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from .ports import TimerHandle

if TYPE_CHECKING:
    from .module import Module
    from .serial_line import LineEnd

FIFO = 32  # bytes that a UART holds while nobody takes them
KINDS = ("overrun", "stuck_cts", "slip", "lose_command", "hang_command", "flash")


class StateFaults:
    """Each begins at once. ms: how long; 0: until end()."""

    def __init__(self, module: Module) -> None:
        self._m = module
        self._timers: dict[str, TimerHandle] = {}
        self.commands: list[str] = []  # what becomes of the next ones: "lose", "hang"

    def begin(self, kind: str, ms: int = 0, side: str = "host", count: int = 1) -> None:
        """side "host" or "module": whose UART. count: commands, or writes of the flash."""
        if kind not in KINDS:
            raise ValueError(f"no fault {kind!r}; known: {', '.join(KINDS)}")
        if side not in ("host", "module"):
            raise ValueError("side: host or module")
        if kind == "flash":
            self._m.flash.fail_next = count
        elif kind.endswith("_command"):
            self.commands += [kind[: -len("_command")]] * count
        else:
            self._set(kind, side, True)
            key = f"{kind} {side}"
            if key in self._timers:
                self._timers.pop(key).cancel()
            if ms:
                # Not a timer of the module's: it outlives a reboot.
                self._timers[key] = self._m.clock.call_later(
                    ms * 1000, lambda: self._set(kind, side, False)
                )

    def end(self) -> None:
        """Everything is as it should be; a command that hangs goes on hanging."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self.commands.clear()
        self._m.flash.fail_next = 0
        for kind in ("overrun", "stuck_cts", "slip"):
            for side in ("host", "module"):
                self._set(kind, side, False)

    def _set(self, kind: str, side: str, on: bool) -> None:
        end: LineEnd = getattr(self._m.line, side)
        if kind == "overrun":
            end.limit_rx(FIFO if on else None)
        elif kind == "stuck_cts":
            # The CTS of that side is the RTS of the other one.
            other = self._m.line.module if side == "host" else self._m.line.host
            other.stick_rts(on)
        else:
            end.slip(on)

    def next_command(self) -> Optional[str]:
        return self.commands.pop(0) if self.commands else None
