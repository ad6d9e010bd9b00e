# The command port's input: lines with their echo and refusals, or raw data for a taker.
# Owns what happens to each byte from the host. Runs no command itself.
from __future__ import annotations

from typing import TYPE_CHECKING, Optional, Protocol

from . import errors

if TYPE_CHECKING:
    from .module import Module

_RESTART = b"AT+RST\r\n"


class Taker(Protocol):
    """Who wants the raw bytes: a counted send, passthrough ..."""

    def room(self) -> int: ...  # bytes it can take now; 0 = leave them in the UART driver

    def feed(self, data: bytes) -> None: ...


class AtPort:
    def __init__(self, module: Module) -> None:
        self._m = module
        self._taker: Optional[Taker] = None
        self._line = bytearray()
        self._too_long = False
        self._discarded = b""  # the line being thrown away while a command runs
        self._pumping = False
        self._held = 0  # who said pause()

    def reset(self) -> None:
        self._taker = None
        self._line.clear()
        self._too_long = False
        self._discarded = b""
        self._held = 0

    @property
    def takes_raw(self) -> bool:
        """Whether what comes next is data and no command line."""
        return self._taker is not None

    def take(self, taker: Taker) -> None:
        """From here on raw data, until release()."""
        self._taker = taker

    def release(self) -> None:
        self._taker = None

    def pause(self) -> None:
        """Bytes stay in the UART driver, e.g. while the rate changes."""
        self._held += 1

    def resume(self) -> None:
        self._held -= 1
        self.pump()

    def pump(self) -> None:
        """Reads what the UART has, as far as somebody takes it."""
        if self._pumping:
            return
        self._pumping = True
        try:
            while not self._held:
                want = 4096 if self._taker is None else self._taker.room()
                data = self._m.line.module.read(want) if want > 0 else b""
                if not data:
                    break
                if self._m.trace is not None:
                    self._m.trace("in", self._m.clock.now_us, data)
                self._input(self._m.faults.shape_input(data))
        finally:
            self._pumping = False

    def _input(self, data: bytes) -> None:
        while data:
            if self._taker is not None:
                n = self._taker.room()
                self._taker.feed(data[:n] if n < len(data) else data)
                data = data[n:]
                if data and self._taker is not None and self._taker.room() == 0:
                    return  # cannot happen: room() bounded the read
            elif self._m.running is not None:
                self._discard(data)
                return
            else:
                data = self._command_bytes(data)

    # -- command lines -----------------------------------------------------------------
    def _command_bytes(self, data: bytes) -> bytes:
        """Takes bytes up to the end of a line; gives back the rest."""
        end = data.find(b"\n") + 1
        part, rest = (data[:end], data[end:]) if end else (data, b"")
        if self._m.cfg["echo"]:
            echo = part
            if end and part.endswith(b"\r\n"):
                echo = part[:-2] + self._m.profile.echo_line_end
            self._m.out.send_unfiltered(echo)
        room = self._m.profile.line_limit - len(self._line)
        if len(part) > room:
            self._too_long = True
        self._line += part[:room]
        if end:
            self._end_of_line()
        return rest

    def _end_of_line(self) -> None:
        line = bytes(self._line)
        self._line.clear()
        too_long, self._too_long = self._too_long, False
        if too_long or not line.endswith(b"\r\n"):
            self._m.refuse_line(errors.AtError(errors.NO_TERMINATOR))
        else:
            self._m.run_line(line[:-2])

    # -- while a command runs ----------------------------------------------------------
    def _discard(self, data: bytes) -> None:
        assert self._m.running is not None
        fresh = not self._discarded
        for part in data.splitlines(keepends=True):
            self._discarded += part
            if self._discarded == _RESTART and self._m.profile.forced_restart:
                self._discarded = b""
                self._m.running.over = True  # it says nothing more
                self._m.out.final("Will force to restart!!!")
                self._m.out.when_sent(self._m.restart)
                return
            if fresh:
                self.say_busy()
            fresh = part.endswith(b"\n")
            if fresh:
                self._discarded = b""

    def say_busy(self) -> None:
        self._m.out.error_code(errors.PROCESSING)
        assert self._m.running is not None
        self._m.out.final(self._m.running.busy)

    def idle(self) -> None:
        """A command ended: what is left of a discarded line starts a new one."""
        self._discarded = b""
