# Everything the module says goes through here, message by message, in one order.
# Owns framing of lines and finals, message filters and the hand-over to the line.
# Does not decide what is said.
from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Union

from .filters import MessageFilters

if TYPE_CHECKING:
    from .module import Module


def to_bytes(text: Union[str, bytes]) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")


class Output:
    """One serialised queue; a message is never interleaved with another."""

    def __init__(self, module: Module) -> None:
        self._m = module
        self.filters = MessageFilters()
        self.muted = True  # in reset, hung or without power
        self._wait_for_host: list[Callable[[], object]] = []
        self.plain = False  # passthrough: only data, unless SYSMSG bit 2 wants state messages

    def send(self, message: bytes) -> None:
        """One message as it stands."""
        if self.muted:
            return
        if self._m.cfg["msgfilter"]:
            message = self.filters.apply(message)
        if self._m.running is None:
            self._m.host_waker.say(message)
        else:
            self.push(message)

    def report(self, message: bytes) -> None:
        """One message that no command asked for, as it stands: a host that sleeps is woken."""
        if self.muted:
            return
        if self._m.cfg["msgfilter"]:
            message = self.filters.apply(message)
        self._m.host_waker.say(message)

    def report_data(self, data: bytes) -> None:
        """Data of passthrough."""
        if not self.muted:
            self._m.host_waker.say(data)

    def send_unfiltered(self, data: bytes) -> None:
        """Echo, and answers that no filter sees."""
        if not self.muted:
            self.push(data)

    def push(self, data: bytes) -> None:
        """Onto the line, with the faults that were asked for."""
        if not data:
            return
        m = self._m
        if not m.line.module.tx_pending:
            m.pins.start_bit()
        for part in m.faults.shape_output(data):
            if m.trace is not None:
                m.trace("out", m.clock.now_us, part)
            m.line.to_host.push(part)
        m.power.says()

    def line(self, text: Union[str, bytes], end: bytes = b"\r\n") -> None:
        self.send(to_bytes(text) + end)

    def final(self, text: str, filtered: bool = True) -> None:
        """OK, ERROR, SEND OK ...: they bring an empty line of their own."""
        say = self.send if filtered else self.send_unfiltered
        say(b"\r\n" + text.encode() + b"\r\n")

    def urc(self, text: Union[str, bytes]) -> None:
        """A state message; held back in passthrough unless SYSMSG asks for it."""
        if not self.plain or self._m.cfg["sysmsg"] & 4:
            self.report(to_bytes(text) + b"\r\n")

    def error_code(self, code: int) -> None:
        if self._m.cfg["syslog"]:
            self.line(f"ERR CODE:0x{code:08x}")

    # -- back-pressure: the UART driver's transmit buffer ----------------------------------
    def has_room(self) -> bool:
        waiting = self._m.line.module.tx_pending + self._m.host_waker.held
        return waiting < self._m.profile.tx_driver // 2

    def when_room(self, fn: Callable[[], object]) -> None:
        if self._m.host_waker.held:
            self._wait_for_host.append(self._m.guard(fn))
        else:
            self._m.line.to_host.call_when_below(self._m.profile.tx_driver // 4, self._m.guard(fn))

    def drained(self) -> None:
        """What was held for a host that slept went out, or part of it."""
        waiting, self._wait_for_host = self._wait_for_host, []
        for fn in waiting:
            self.when_room(fn)

    def when_sent(self, fn: Callable[[], object]) -> None:
        """After the last byte said so far has left the module."""
        self._m.line.to_host.call_when_below(0, self._m.guard(fn))
