# The wire cut into lines, prompts and counted payload, for people to read: the driver's framer with
# a table of all messages that carry payload. Owns which those are; shows nothing.
from __future__ import annotations

import re
from typing import Callable, Optional

from espat.framer import Framer

from .port import Port

_LINE = 4096  # more than the longest line of an answer
# Messages with payload: how their header ends, and which number in it is the length.
_HEADS: dict[str, str] = {
    "+IPD,": r"\+IPD,(?:\d,)?(\d+)(?:,[^,]+,\d+)?:",
    "+CIPRECVDATA:": r"\+CIPRECVDATA:(\d+),",
    "+CIPRECVDATA,": r"\+CIPRECVDATA,(\d+):",
    "+MQTTSUBRECV:": r'\+MQTTSUBRECV:\d,"(?:[^"\\]|\\.)*",(\d+),',
    "+WS_DATA:": r"\+WS_DATA:\d,(\d+),",
    "+SYSMFG:": r'\+SYSMFG:"[^"]*","[^"]*",[78],(\d+),',
    "+SCRD:": r"\+SCRD:(\d+),",
}
for _name in "HTTPCLIENT HTTPCGET HTTPCPOST HTTPCPUT HTTPURLCFG SYSFLASH USERRAM FS".split():
    _HEADS[f"+{_name}:"] = rf"\+{_name}:(\d+),"
_WITH_SENDER = r'\+CIPRECVDATA:(\d+),"[^"]*",\d+,'  # after AT+CIPDINFO=1


class Listener(Framer):
    """pump() reads what has come: show_line(text), show_prompt(), show_data(head, data)."""

    job = 1
    want = 0

    def __init__(
        self,
        port: Port,
        show_line: Callable[[bytes], object],
        show_prompt: Callable[[], object],
        show_data: Callable[[bytes, bytes], object],
    ) -> None:
        super().__init__(_LINE, 1024)
        self.any = port.any
        self.readinto = port.readinto
        self.show_line = show_line
        self.show_prompt = show_prompt
        self.show_data = show_data
        self.sender_in_data = False  # AT+CIPDINFO=1
        self._payload = bytearray()
        self._head = b""
        self.patterns = {name: re.compile(text.encode()) for name, text in _HEADS.items()}
        self._with_sender = re.compile(_WITH_SENDER.encode())
        for name, pattern in self.patterns.items():
            self.heads.append((name.encode(), self._reader(name, pattern)))

    def _reader(self, name: str, pattern: re.Pattern[bytes]) -> Callable[[bytearray, int], int]:
        def header(line: bytearray, n: int) -> int:
            chosen = pattern
            if name == "+CIPRECVDATA:" and self.sender_in_data:
                chosen = self._with_sender
            match = chosen.fullmatch(bytes(line[:n]))
            if match is None:
                return -1
            self.tag = self
            self._head = bytes(line[:n])
            self._payload.clear()
            return int(match[1])

        return header

    # -- what the framer calls -----------------------------------------------------------------

    def on_line(self, n: int) -> None:
        self.show_line(bytes(self.line[:n]))

    def on_prompt(self) -> None:
        self.show_prompt()

    def on_room(self, spare: int) -> bool:
        self.dst = bytearray(256)
        self.off = 0
        self.end = 256
        return True

    def on_bytes(self, off: int = 0) -> None:
        # Called with what is in the room given last: at its end, or at the payload's.
        room: Optional[bytearray] = self._room
        if room is not None:
            self._payload += room[:off]
        if not self.left:
            self.show_data(self._head, bytes(self._payload))

    def took(self, off: int) -> bool:
        self._room = self.dst
        return bool(super().took(off))

    _room: Optional[bytearray] = None

    def on_short(self) -> None:
        pass

    def hole(self) -> None:
        self.after = None
