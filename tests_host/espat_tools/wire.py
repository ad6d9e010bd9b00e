# The bare wire, below the driver: what comes back when one asks at this rate or that. For
# espat doctor. Owns waiting in real time; draws no conclusions.
from __future__ import annotations

import re
import time
from typing import Any, Callable, Optional

from .port import Port

# As the driver looks for a module (once/start.py), then what it never is at but might be.
RATES = (
    115200,
    921600,
    9600,
    57600,
    74880,
    230400,
    460800,
    2000000,
    3000000,
    38400,
    19200,
    1500000,
)
ASK = b"AT\r\n"
_OK = re.compile(rb"(?:^|\n)OK\r?\n")
_NAP_S = 0.005


def answered(data: bytes) -> bool:
    return _OK.search(data) is not None


class Wire:
    def __init__(self, port: Port) -> None:
        self.port = port
        self.heard = bytearray()  # all that ever came at the rate that it was opened with
        self.stuck = False  # bytes did not go out

    def listen(self, seconds: float, until: Optional[Callable[[bytes], Any]] = None) -> bytes:
        """What comes within this time, or until it is enough."""
        data = b""
        end = time.monotonic() + seconds
        while True:
            data += self.port.read_now()
            if (until is not None and until(data)) or time.monotonic() >= end:
                self.heard += data
                return data
            time.sleep(_NAP_S)

    def send(self, data: bytes, limit_s: float = 1.0) -> bool:
        """False: it did not go out, the other side holds us back."""
        end = time.monotonic() + limit_s
        while data:
            n = self.port.write(data)
            data = data[n:]
            if data and time.monotonic() >= end:
                self.stuck = True
                return False
            if not n:
                time.sleep(_NAP_S)
        return True

    def ask(self, tries: int = 2, limit_s: float = 0.4) -> bytes:
        """Ask AT; what came, the answer last if there was one."""
        data = b""
        for _ in range(tries):
            # The first line end is for what somebody left unfinished; its ERROR must be over.
            self.send(b"\r\n")
            data += self.listen(0.03)
            self.send(ASK)
            data += self.listen(limit_s, answered)
            if answered(data):
                break
        return data

    def leave_passthrough(self) -> None:
        """+++ alone on the wire (guide 3.3.8)."""
        self.listen(0.05)
        self.send(b"+++")
        self.listen(1.1)

    def try_rates(self, on_rate: Callable[[int], object]) -> tuple[int, dict[int, bytes]]:
        """(the rate at which it answers, or 0; what came at each)."""
        came: dict[int, bytes] = {}
        first = self.port.baud
        for rate in RATES:
            if rate == first:
                continue
            on_rate(rate)
            try:
                self.port.baudrate = rate  # type: ignore[attr-defined]
            except ValueError:
                continue
            self.port.read_now()  # noise of the switch
            came[rate] = self.ask(1, 0.35)
            if answered(came[rate]):
                return rate, came
        self.port.baudrate = first  # type: ignore[attr-defined]
        return 0, came
