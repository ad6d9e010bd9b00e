# One command that runs: what its handler uses to answer.
# Owns the end of a command (exactly once). Holds no state of the module.
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Union

from .errors import AtError, exec_fail
from .ports import TimerHandle

if TYPE_CHECKING:
    from .module import Module


class Call:
    def __init__(self, module: Module, name: str, form: str) -> None:
        self.m = module
        self.name = name
        self.form = form
        self.over = False
        self.busy = "busy p..."  # what a host is told that does not wait
        self._failed = module.flash.failed
        self.filtered = True  # whether message filters see the final code

    @property
    def prefix(self) -> str:
        """ "+CWMODE:" for AT+CWMODE, the way answers begin."""
        return self.name[2:] + ":"

    def answer(self, *fields: Any, end: bytes = b"\r\n") -> None:
        """+NAME:a,b,c; strings and numbers as given, quoted ones through q()."""
        self.m.out.line(self.prefix + ",".join(str(f) for f in fields), end)

    def line(self, text: Union[str, bytes]) -> None:
        self.m.out.line(text)

    def done(self, final: str = "OK") -> None:
        if self.m.flash.failed != self._failed:
            self.fail()  # something could not be written
        elif self._end():
            self.m.out.final(final, self.filtered)
            self._idle()

    def done_silently(self) -> None:
        """The command ended with a line of its own."""
        if self._end():
            self._idle()

    def fail(self, error: Union[AtError, None] = None, final: str = "ERROR") -> None:
        if self._end():
            self.m.out.error_code((error or exec_fail()).code)
            self.m.out.final(final)
            self._idle()

    def prompt(self) -> None:
        """OK and >, two messages: the command goes on with raw data."""
        if self.m.profile.prompt_ok or self.m.faults.quirks["prompt_ok"]:
            self.m.out.final("OK")
        self.m.out.send(self.m.profile.prompt)

    def later(self, us: int, fn: Callable[[], object]) -> TimerHandle:
        """fn runs only if the command still does."""
        return self.m.later(us, lambda: None if self.over else fn())

    def _end(self) -> bool:
        was, self.over = self.over, True
        return not was

    def _idle(self) -> None:
        self.m.running = None
        self.m.power.active()
        self.m.port.idle()


def q(text: Union[str, bytes]) -> str:
    """A string of an answer: quoted, and never escaped."""
    if isinstance(text, bytes):
        text = text.decode("latin-1")
    return f'"{text}"'
