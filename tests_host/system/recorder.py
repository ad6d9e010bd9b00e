"""Owns: which commands a test has put on the wire, and under which call of the driver.

It stands behind the board's UART: what is recorded are bytes that were sent. Decides nothing
about the driver; CPython only.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import Any, Callable, Optional

from tools import claims

LIB = str(claims.ROOT / "lib" / "espat") + "/"
_OF_SOCKETS = ("once/sockmore.py",)
START = "start"  # the driver brings the module to its known state, whatever call it is for
_START_FILE = "once/start.py"
_STARTERS = ("up", "resync")
# Calls that hand out an iterator (once/rows.py), which sends the command at the first step.
_HANDED_OUT = {b"AT+CMD?\r\n": "system.commands"}


def _owner(file: str) -> str:
    """The part whose functions a file has: "wifi" for wifi.py and for once/wifi_more.py."""
    stem = Path(file).stem
    if not file.startswith("once/"):
        return stem
    words = stem.split("_")
    for n in range(len(words), 0, -1):
        name = "_".join(words[:n])
        if Path(LIB, name + ".py").exists():
            return name
    return stem


def _names(frame: FrameType, file: str) -> list[str]:
    """What a public call may be named whose code runs in this frame."""
    name = frame.f_code.co_name
    # A socket's less frequent methods are functions that are given the socket.
    me: Any = frame.f_locals.get("s" if file in _OF_SOCKETS else "self")
    if me is None:
        return [name if file == "once/more.py" else f"{_owner(file)}.{name}"]
    if type(me).__name__ == "Rows":
        return [_HANDED_OUT.get(me.cmd, "")]
    found = []
    for kind in type(me).__mro__:
        if kind.__name__ == "Modem":
            found.append(name)
        else:
            owner = "socket" if kind.__name__ == "Socket" else kind.__name__
            found.append(f"{owner}.{name}")
    return found


class Recorder:
    def __init__(self) -> None:
        self.public = claims.calls() | claims.calls("aio.pyi")
        self.seen: set[tuple[str, str, str]] = set()  # (command, form, call)
        self._line = bytearray()
        self._calls: Optional[set[str]] = None

    def behind(self, write: Callable[..., Any]) -> Callable[..., Any]:
        """UART.write, looked at."""

        def looked_at(uart: Any, buf: Any, *part: Any) -> Any:
            off = part[0] if len(part) > 1 else 0
            data = bytes(memoryview(buf)[off : off + 32])
            n = write(uart, buf, *part)
            if n:
                self._sent(data[:n])
            return n

        return looked_at

    def _sent(self, data: bytes) -> None:
        if self._calls is None:
            if data[:2] != b"AT" and data[:3] != b"+++":
                return
            self._calls = self._under_way()
        self._line += data
        if data[:3] != b"+++" and not any(c in self._line for c in b"\r?="):
            return  # the rest of its name is still to come
        found = claims.split(self._line.decode("latin-1"))
        if found is not None:
            self.seen.update((*found, call) for call in self._calls)
        self._line.clear()
        self._calls = None

    def _under_way(self) -> set[str]:
        found: set[str] = set()
        frame: Optional[FrameType] = sys._getframe(2)
        while frame is not None:
            path = frame.f_code.co_filename
            if path.startswith(LIB):
                file = path[len(LIB) :]
                if file == _START_FILE and frame.f_code.co_name in _STARTERS:
                    return found | {START}
                found.update(name for name in _names(frame, file) if name in self.public)
            frame = frame.f_back
        return found

    def check(self, promised: list[claims.Claim], dialect: str, served: set) -> None:
        """Fails for a claim that the test did not keep."""
        for claim in promised:
            calls = sorted(c for n, f, c in self.seen if (n, f) == (claim.command, claim.form))
            assert claim.dialect == dialect, f"{claim}: the module speaks {dialect}"
            assert claim.call in calls, f"{claim}: on the wire it was by {calls or 'nobody'}"
            names = ("ATE0", "ATE1") if claim.command == "ATE" else (claim.command,)
            run = any((name, claim.form) in served for name in names)
            assert run or claim.command == "+++", f"{claim}: the module did not run it"
