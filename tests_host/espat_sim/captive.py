# The captive portal of the module's web server: whatever name a station of the soft-AP asks for is
# the module. Owns the answers to DNS questions; where pages send to is webserver.py's.
from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Optional

from .ports import Conn

if TYPE_CHECKING:
    from .module import Module

_PORT = 53
_TTL_S = 60
_A, _IN = 1, 1
_ANSWER, _NOT_KNOWN = 0x8180, 0x8183  # flags: a response, recursion; without and with an error


class Captive:
    """Answers while the web server runs, on a firmware that has it (Profile.captive_portal)."""

    def __init__(self, module: Module) -> None:
        self._m = module
        self._conn: Optional[Conn] = None

    def start(self) -> None:
        if self._m.profile.captive_portal and self._conn is None:
            ip = self._m.soft_ap.ip
            # A datagram socket needs some remote; answers go to whoever has asked.
            self._conn = self._m.net.connect("udp", ip, _PORT, self, local_ip=ip, local_port=_PORT)

    def stop(self) -> None:
        conn, self._conn = self._conn, None
        if conn is not None:
            conn.close()

    def on_connect(self) -> None:
        pass

    def on_writable(self) -> None:
        pass

    def on_error(self, errno_: int) -> None:
        self._conn = None

    def on_readable(self) -> None:
        while self._conn is not None:
            datagram = self._conn.recv_datagram()
            if datagram is None:
                return
            question, ip, port = datagram
            reply = answer(question, self._m.soft_ap.ip)
            if reply:
                self._conn.sendto(reply, ip, port)


def answer(question: bytes, ip: str) -> bytes:
    """The reply to one question about any name; b"" to what is no question."""
    if len(question) < 12:
        return b""
    number, flags, count = struct.unpack_from(">3H", question)
    if flags & 0x8000 or count != 1:
        return b""
    end = 12
    while end < len(question) and question[end]:
        end += question[end] + 1
    end += 5  # the root, the type, the class
    if end > len(question):
        return b""
    kind, space = struct.unpack_from(">2H", question, end - 4)
    asked = question[12:end]
    if (kind, space) != (_A, _IN):
        return struct.pack(">6H", number, _NOT_KNOWN, 1, 0, 0, 0) + asked
    address = bytes(int(part) for part in ip.split("."))
    record = struct.pack(">HHHIH", 0xC00C, _A, _IN, _TTL_S, 4) + address
    return struct.pack(">6H", number, _ANSWER, 1, 1, 0, 0) + asked + record
