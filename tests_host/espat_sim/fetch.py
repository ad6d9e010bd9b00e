# One HTTP GET of the module's own, over any network port. Owns nothing but that request.
# For the firmware server; the HTTP commands of the host are another matter.
from __future__ import annotations

import re
from typing import TYPE_CHECKING, Callable, Optional

from .ports import Conn, LinkEvents, TimerHandle
from .tls import TlsConfig
from .tls_conn import TlsConn

if TYPE_CHECKING:
    from .module import Module

FOUND, CONNECTED = "found", "connected"
_MAX = 4 * 1024 * 1024
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Fetch:
    """on_stage(FOUND), on_stage(CONNECTED), then done(status, body); status 0: no answer."""

    def __init__(
        self,
        module: Module,
        host: str,
        path: str,
        secure: bool,
        done: Callable[[int, bytes], object],
        on_stage: Callable[[str], object] = lambda stage: None,
        *,
        port: Optional[int] = None,
        silence_us: Optional[int] = None,
    ) -> None:
        self._m = module
        self._host = host
        self._path = path
        self._secure = secure
        self._port = port or (443 if secure else 80)
        self._silence_us = silence_us  # longer than this: given up; None: waits
        self._limit: Optional[TimerHandle] = None
        self._done = done
        self._on_stage = on_stage
        self._conn: Optional[Conn] = None
        self._answer = bytearray()
        self._over = False
        self._watch()
        module.net.resolve(host, 4, module.guard(self._resolved))

    def cancel(self) -> None:
        self._over = True
        if self._conn is not None:
            self._conn.abort()

    def _watch(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
        if self._silence_us is not None and not self._over:
            self._limit = self._m.later(self._silence_us, lambda: self._end(0))

    def _resolved(self, ip: Optional[str]) -> None:
        if self._over:
            return
        if ip is None:
            self._end(0)
            return
        self._on_stage(FOUND)
        events: LinkEvents = self
        secure: Optional[TlsConn] = None
        if self._secure:
            events = secure = TlsConn(self._m, self, TlsConfig(server_name=self._host))
        conn = self._m.net.connect("tcp", ip, self._port, events)
        if secure is not None:
            secure.attach(conn)
        self._conn = conn if secure is None else secure

    # -- ports.LinkEvents --------------------------------------------------------------
    def on_connect(self) -> None:
        self._on_stage(CONNECTED)
        request = f"GET {self._path} HTTP/1.0\r\nHost: {self._host}\r\n\r\n"
        if self._conn is not None:
            self._conn.send(request.encode())

    def on_error(self, errno_: int) -> None:
        self._end(0)

    def on_writable(self) -> None:
        pass

    def on_readable(self) -> None:
        if self._conn is None or self._over:
            return
        self._watch()
        while data := self._conn.recv(2920):
            self._answer += data
        if self._conn.eof or len(self._answer) > _MAX:
            head, _, body = bytes(self._answer).partition(b"\r\n\r\n")
            words = head.split(b" ", 2)
            ok = len(words) > 1 and words[1].isdigit() and len(self._answer) <= _MAX
            length = _LENGTH.search(head)
            if length is not None and int(length[1]) != len(body):
                ok = False  # cut off on the way
            self._end(int(words[1]) if ok else 0, body)

    def _end(self, status: int, body: bytes = b"") -> None:
        if not self._over:
            self._over = True
            self._watch()
            if self._conn is not None:
                self._conn.abort()
            self._done(status, body)
