# WebSocket on one of the module's streams, sans-I/O: handshake and frames read by wsproto.
# Owns one connection's protocol. Timers and what is told to the host are its owner's.
from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any, Optional, Protocol, Sequence

from .stream import Stream
from .tls import TlsConfig

if TYPE_CHECKING:
    from .module import Module

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
_HEAD_MAX = 4096  # of the answer to the upgrade
_CONTROL_MAX = 125


class WsOwner(Protocol):
    def on_open(self) -> None: ...

    def on_frame(self, opcode: int, data: bytes, last: bool) -> None: ...  # last part of a frame

    def on_end(self, error: int) -> None: ...


def frame(opcode: int, data: bytes, fin: bool = True, mask: Optional[bytes] = None) -> bytes:
    """RFC 6455, 5.2. By hand: the host may choose any opcode and any bytes, which libraries
    refuse. mask b"" is for servers."""
    key = os.urandom(4) if mask is None else mask
    bit = 0x80 if key else 0
    n = len(data)
    if n < 126:
        size = bytes([bit | n])
    elif n < 1 << 16:
        size = bytes([bit | 126]) + n.to_bytes(2, "big")
    else:
        size = bytes([bit | 127]) + n.to_bytes(8, "big")
    if key:
        repeated = key * (n // 4 + 1)
        number = int.from_bytes(data, "big") ^ int.from_bytes(repeated[:n], "big")
        data = number.to_bytes(n, "big")
    return bytes([(0x80 if fin else 0) | opcode]) + size + key + data


class WsStream:
    """A StreamOwner towards the stream, a connection towards its WsOwner.

    Pings are answered and closing frames returned here; both are told to the owner as well.
    ValueError for headers, a path or a sub-protocol that HTTP does not allow.
    """

    def __init__(
        self,
        module: Module,
        owner: WsOwner,
        host: str,
        port: int,
        path: str,
        tls: Optional[TlsConfig] = None,
        subprotocols: Sequence[str] = (),
        headers: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        from wsproto import ConnectionType
        from wsproto.events import Request
        from wsproto.frame_protocol import FrameDecoder
        from wsproto.handshake import H11Handshake
        from wsproto.utilities import LocalProtocolError

        self._owner: Optional[WsOwner] = owner
        self._handshake = H11Handshake(ConnectionType.CLIENT)
        self._head = bytearray()  # of the answer
        self._frames: Any = FrameDecoder(True)
        self._opcode = 0
        self.ready = False  # the upgrade was accepted
        self.closing = False  # a closing frame came or went
        self.status = 0  # of an answer that was no upgrade
        shown = f"[{host}]" if ":" in host else host
        if port != (443 if tls is not None else 80):
            shown += f":{port}"
        request = Request(
            host=shown,
            target=path or "/",
            subprotocols=list(subprotocols),
            extra_headers=list(headers),
        )
        try:
            self._request = self._handshake.send(request)
        except (LocalProtocolError, UnicodeError) as error:
            raise ValueError(str(error)) from error
        except Exception as error:  # h11's own, for what is not allowed in a head
            if type(error).__module__.startswith("h11"):
                raise ValueError(str(error)) from error
            raise
        self.stream = Stream(module, self, host, port, tls)

    # -- for the owner -----------------------------------------------------------------
    def send(self, data: bytes, opcode: int = BINARY, fin: bool = True) -> None:
        """One frame."""
        if opcode == CLOSE:
            self.closing = True
        self.stream.send(frame(opcode, data, fin))

    def close(self, code: int = 1000) -> None:
        """Says goodbye, and does not wait for the answer."""
        self._owner = None
        if self.ready and not self.closing:
            self.send(code.to_bytes(2, "big"), CLOSE)
        self.stream.close()

    def abort(self) -> None:
        self._owner = None
        self.stream.abort()

    # -- StreamOwner -------------------------------------------------------------------
    def on_open(self) -> None:
        self.stream.send(self._request)

    def on_bytes(self, data: bytes) -> None:
        if self.ready:
            self._take(data)
            return
        self._head += data
        head, end, rest = bytes(self._head).partition(b"\r\n\r\n")
        if end:
            self._answered(head + end, rest)
        elif len(self._head) > _HEAD_MAX:
            self._fail(errno.EPROTO)

    def on_end(self, error: int) -> None:
        owner, self._owner = self._owner, None
        if owner is not None:
            owner.on_end(error if self.ready else error or errno.ECONNRESET)

    # -- inside ------------------------------------------------------------------------
    def _answered(self, head: bytes, rest: bytes) -> None:
        from wsproto.events import AcceptConnection, RejectConnection
        from wsproto.utilities import RemoteProtocolError

        try:
            self._handshake.receive_data(head)
            events = list(self._handshake.events())
        except RemoteProtocolError:
            events = []
        first = events[0] if events else None
        if not isinstance(first, AcceptConnection):
            self.status = first.status_code if isinstance(first, RejectConnection) else 0
            self._fail(errno.EPROTO)
            return
        self.ready = True
        if self._owner is not None:
            self._owner.on_open()
        self._take(rest)

    def _take(self, data: bytes) -> None:
        from wsproto.frame_protocol import ParseFailed

        self._frames.receive_bytes(data)
        while self._owner is not None:
            try:
                part = self._frames.process_buffer()
            except ParseFailed:
                self._fail(errno.EPROTO)
                return
            if part is None:
                return
            self._part(int(part.opcode), bytes(part.payload), bool(part.frame_finished))

    def _part(self, opcode: int, data: bytes, last: bool) -> None:
        if opcode == PING and len(data) <= _CONTROL_MAX:
            self.send(data, PONG)
        elif opcode == CLOSE and not self.closing:
            self.send(data[:2], CLOSE)
        if opcode == CLOSE:
            self.closing = True
        if self._owner is not None:
            self._owner.on_frame(opcode, data, last)

    def _fail(self, error: int) -> None:
        self.stream.abort()
        self.on_end(error)
