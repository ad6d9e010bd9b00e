# The ESP8266's send buffer: segments that are numbered, sent on their own, and confirmed later.
# Owns one link's numbers and what is still to be sent. Its commands are commands_old_send.py's.
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from .links import Link
    from .module import Module

BUFFER = 2920  # bytes of a link that may wait for the peer's confirmation
SLOTS = 16
_REMEMBERED = 32
_LOOK_US = 2_000  # how often the stack is asked what was confirmed
_NUMBER_MAX = 0xFFFFFFFF


@dataclass
class _Segment:
    number: int
    data: bytes  # what the stack has not taken yet
    end: int  # its last byte's place in the stream


class SendQueue:
    in_flight = BUFFER  # bytes on their way at a time: lwIP's TCP_SND_BUF, two segments

    def __init__(self, module: Module, link: Link) -> None:
        self._m = module
        self._link = link
        self._looking = False
        self.restart()

    def restart(self) -> None:
        """Numbers begin again."""
        self.next = 1
        self.sent = 0  # number of the last segment that the stack took as a whole
        self.confirmed = 0
        self._given = self._seen = 0
        self._wanted = 0
        self._waiting: list[_Segment] = []  # oldest first; the first ones may be sent already
        self._results: dict[int, bool] = {}

    # -- numbers -----------------------------------------------------------------------
    @property
    def room(self) -> int:
        return BUFFER - (self._wanted - self._confirmed_bytes())

    @property
    def slots(self) -> int:
        return SLOTS - len(self._waiting)

    @property
    def idle(self) -> bool:
        return self.next - self.sent == 1 and not self._waiting

    def result(self, number: int) -> Optional[bool]:
        return self._results.get(number)

    def _confirmed_bytes(self) -> int:
        conn = self._link.conn
        return self._given - (0 if conn is None else min(conn.undelivered, self._given))

    # -- data --------------------------------------------------------------------------
    def add(self, data: bytes) -> int:
        number = self.next
        self.next = 1 if number == _NUMBER_MAX else number + 1
        self._wanted += len(data)
        self._waiting.append(_Segment(number, data, self._wanted))
        self.pump()
        return number

    def pump(self) -> None:
        """Gives the stack what it takes."""
        conn = self._link.conn
        for segment in self._waiting:
            if conn is None or not self._link.can_send:
                return
            while segment.data:
                free = self.in_flight - (self._given - self._confirmed_bytes())
                n = conn.send(segment.data[:free]) if free > 0 else 0
                if n == 0:
                    break  # goes on when something was confirmed
                self._m.power.sent(n)
                segment.data = segment.data[n:]
                self._given += n
            if segment.data:
                break
            self.sent = max(self.sent, segment.number)
        self._look()

    def _look(self) -> None:
        """Says which segments are confirmed, until all are."""
        done = self._confirmed_bytes()
        while self._waiting and self._waiting[0].end <= done and not self._waiting[0].data:
            segment = self._waiting.pop(0)
            self.confirmed = segment.number
            self._end(segment, True)
        if self._waiting and self._waiting[-1].data and done > self._seen:
            self._seen = done
            self.pump()
        elif self._waiting and not self._looking:
            self._looking = True
            self._m.later(_LOOK_US, self._again)

    def _again(self) -> None:
        self._looking = False
        self._look()

    def lost(self) -> None:
        """The link is gone."""
        for segment in self._waiting:
            self._end(segment, False)
        self._waiting.clear()

    def _end(self, segment: _Segment, ok: bool) -> None:
        self._results[segment.number] = ok
        while len(self._results) > _REMEMBERED:
            del self._results[next(iter(self._results))]
        link = f"{self._link.id}," if self._m.cfg["mux"] else ""
        self._m.out.urc(f"{link}{segment.number},SEND {'OK' if ok else 'FAIL'}")
