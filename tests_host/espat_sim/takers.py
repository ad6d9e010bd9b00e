# Takers of raw data after a > prompt: counted, ended by \0, long with progress.
# Own their byte counts. What happens with the data is the command's.
from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Optional

from .escape import EscapeFinder
from .ports import TimerHandle

if TYPE_CHECKING:
    from .links import Link
    from .module import Module

OnData = Callable[[bytes], object]
Callback = Callable[[], object]


class Counted:
    """Exactly n bytes, then done(data). +++ on its own gives up, when on_escape is given."""

    def __init__(
        self, module: Module, n: int, done: OnData, on_escape: Optional[Callback] = None
    ) -> None:
        self._m = module
        self._missing = n
        self._data = bytearray()
        self._done = done
        self._on_escape = on_escape
        self._finder = EscapeFinder(module, self._take, self._escaped, hold=False)
        module.port.take(self)

    def room(self) -> int:
        return self._missing

    def feed(self, data: bytes) -> None:
        if self._on_escape is None:
            self._take(data)
        else:
            self._finder.feed(data)

    def _take(self, data: bytes) -> None:
        self._data += data
        self._missing -= len(data)
        if not self._missing:
            self._finder.stop()
            self._m.port.release()
            self._done(bytes(self._data))

    def _escaped(self) -> None:
        self._m.port.release()
        assert self._on_escape is not None
        self._on_escape()


class UntilMark:
    r"""n bytes or the two characters \0, whichever comes first (CIPSENDEX)."""

    def __init__(self, module: Module, n: int, done: OnData) -> None:
        self._m = module
        self._missing = n
        self._data = bytearray()
        self._slash = False
        self._done = done
        module.port.take(self)

    def room(self) -> int:
        return 1  # the byte after the mark belongs to the next command

    def feed(self, data: bytes) -> None:
        self._missing -= 1
        if self._slash:
            self._slash = False
            if data == b"0":
                self._end()
                return
            # \\0 is a literal \0; before any other character the backslash goes away.
            self._data += data
        elif data == b"\\":
            self._slash = True
        else:
            self._data += data
        if self._missing == 0:
            self._end()

    def _end(self) -> None:
        self._m.port.release()
        self._done(bytes(self._data))


class LongSend:
    """CIPSENDL: sends while it receives and reports on the way."""

    def __init__(
        self,
        module: Module,
        link: Link,
        n: int,
        to: Optional[tuple[str, int]],
        done: Callable[[str], object],
    ) -> None:
        self._m = module
        self._link = link
        self._to = to  # UDP: not the link's own remote end
        self._total = n
        self._received = 0
        self._sent = 0
        self._failed = False
        self._report_size, self._block = module.cfg["sendlcfg"]
        self._next_report = self._report_size
        self._buffer = bytearray()
        self._busy = False
        self._timer: Optional[TimerHandle] = None
        self._done = done
        self._finder = EscapeFinder(module, self._take, self._escaped, hold=True)
        module.port.take(self)

    def room(self) -> int:
        missing = self._total - self._received - self._finder.held
        if self._failed:
            return missing
        return max(0, min(missing, self._m.profile.send_max - len(self._buffer)))

    def feed(self, data: bytes) -> None:
        self._finder.feed(data)

    def _take(self, data: bytes) -> None:
        self._received += len(data)
        if not self._failed:
            self._buffer += data
        self._move()

    def _move(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        complete = self._received >= self._total
        if self._failed:
            if complete:
                self._finish("SEND FAIL")
            return
        if self._busy:
            return
        if len(self._buffer) >= self._block or (complete and self._buffer):
            self._send()
        elif self._buffer:
            self._timer = self._m.later(self._m.cfg["transintvl"] * 1000, self._send)

    def _send(self) -> None:
        self._timer = None
        block = bytes(self._buffer[: self._block])
        del self._buffer[: len(block)]
        self._busy = True
        self._link.send(block, lambda ok: self._block_done(len(block), ok), self._to)

    def _block_done(self, n: int, ok: bool) -> None:
        self._busy = False
        if not ok:
            self._failed = True
            self._buffer.clear()
        else:
            self._sent += n
            while self._next_report <= self._sent:
                self._report(self._next_report)
                self._next_report += self._report_size
            if self._sent >= self._total:
                if self._sent % self._report_size:
                    self._report(self._sent)
                self._finish("SEND OK")
                return
        self._move()
        self._m.port.pump()

    def _report(self, sent: int) -> None:
        self._m.out.line(f"+CIPSENDL:{sent},{self._received}")

    def _escaped(self) -> None:
        self._finish("SEND CANCELLED")

    def _finish(self, final: str) -> None:
        self._finder.stop()
        if self._timer is not None:
            self._timer.cancel()
        self._m.port.release()
        self._done(final)
