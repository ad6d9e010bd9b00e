# The server's end of WebSocket on the virtual network: handshake and frames, read by wsproto.
# Owns one connection's protocol in the shape of a Peer, so that what speaks over TCP speaks here.
from __future__ import annotations

from typing import Any, Callable

from .stream_ws import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame

_NORMAL = (1000).to_bytes(2, "big")


def _ignore(*_: object) -> None:
    pass


class WsPeer:
    """on_data gets the data of frames; send() sends a binary one. refuse: path to HTTP status."""

    def __init__(
        self,
        peer: Any,
        on_open: Callable[[WsPeer], object],
        *,
        refuse: Callable[[str], int] = lambda path: 0,
        subprotocols: tuple[str, ...] = (),
    ) -> None:
        from wsproto import ConnectionType
        from wsproto.frame_protocol import FrameDecoder
        from wsproto.handshake import H11Handshake

        self.under = peer
        self.path = ""
        self.headers: list[tuple[bytes, bytes]] = []
        self.subprotocols: list[str] = []  # that the client asked for
        self.frames: list[tuple[int, bytes]] = []  # all that came, with the opcode
        self.close_code = 0  # of the client's closing frame
        self.closed = False
        self._said_goodbye = False
        self.answers_pings = True
        self.answers_close = True
        self._knows = subprotocols
        self._refuse = refuse
        self._on_open = on_open
        self._handshake: Any = H11Handshake(ConnectionType.SERVER)
        self._decoder: Any = FrameDecoder(False)
        self._head = bytearray()
        self._ready = False
        self._part = bytearray()
        self._opcode = 0
        self._on_data: Callable[[bytes], object] = _ignore
        self._on_frame: Callable[[int, bytes], object] = _ignore
        self._on_close: Callable[[], object] = _ignore
        peer.on_data(self._take)
        peer.on_close(self._ended)

    # -- in the hand of a test -----------------------------------------------------------
    def header(self, name: bytes) -> bytes:
        """Of the request; b"" when it had none."""
        return next((value for key, value in self.headers if key == name), b"")

    def on_data(self, fn: Callable[[bytes], object]) -> None:
        self._on_data = fn

    def on_frame(self, fn: Callable[[int, bytes], object]) -> None:
        """fn(opcode, data) for frames with data."""
        self._on_frame = fn

    def on_close(self, fn: Callable[[], object]) -> None:
        self._on_close = fn

    def send(self, data: bytes) -> None:
        self.send_frame(BINARY, data)

    def send_frame(self, opcode: int, data: bytes, fin: bool = True) -> None:
        self._said_goodbye = self._said_goodbye or opcode == CLOSE
        self.under.send(frame(opcode, data, fin, mask=b""))

    def close(self) -> None:
        """As the protocol has it: the connection ends when the client has answered."""
        if self._ready and not self.closed and not self._said_goodbye:
            self.send_frame(CLOSE, _NORMAL)
        elif not self._said_goodbye:
            self.under.close()

    def pause(self) -> None:
        self.under.pause()

    def resume(self) -> None:
        self.under.resume()

    def reset(self) -> None:
        self.under.reset()

    def vanish(self) -> None:
        self.under.vanish()

    # -- inside ------------------------------------------------------------------------
    def _take(self, data: bytes) -> None:
        if self._ready:
            self._read(data)
            return
        self._head += data
        head, end, rest = bytes(self._head).partition(b"\r\n\r\n")
        if end:
            self._shake(head + end)
            self._read(rest)

    def _shake(self, head: bytes) -> None:
        from wsproto.events import AcceptConnection, RejectConnection, Request
        from wsproto.utilities import RemoteProtocolError

        try:
            self._handshake.receive_data(head)
            request = next(iter(self._handshake.events()))
        except (RemoteProtocolError, StopIteration):
            self.under.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            self.under.close()
            return
        assert isinstance(request, Request)
        self.path = request.target
        self.headers = list(request.extra_headers)
        self.subprotocols = list(request.subprotocols)
        status = self._refuse(self.path)
        if status:
            self.under.send(self._handshake.send(RejectConnection(status_code=status)))
            self.under.close()
            return
        chosen = next((name for name in self.subprotocols if name in self._knows), None)
        self.under.send(self._handshake.send(AcceptConnection(subprotocol=chosen)))
        self._ready = True
        self._on_open(self)

    def _read(self, data: bytes) -> None:
        from wsproto.frame_protocol import ParseFailed

        if not self._ready:
            return
        self._decoder.receive_bytes(data)
        while True:
            try:
                part = self._decoder.process_buffer()
            except ParseFailed:
                self.send_frame(CLOSE, (1002).to_bytes(2, "big"))
                self.under.close()
                return
            if part is None:
                return
            self._opcode = int(part.opcode) if not self._part else self._opcode
            self._part += part.payload
            if part.frame_finished:
                whole, self._part = bytes(self._part), bytearray()
                self._frame(self._opcode, whole)

    def _frame(self, opcode: int, data: bytes) -> None:
        self.frames.append((opcode, data))
        if opcode in (TEXT, BINARY, CONTINUATION):
            self._on_data(data)
            self._on_frame(opcode, data)
        elif opcode == PING and self.answers_pings:
            self.send_frame(PONG, data)
        elif opcode == CLOSE:
            self.close_code = int.from_bytes(data[:2], "big")
            self.closed = True
            if self.answers_close:
                if not self._said_goodbye:
                    self.send_frame(CLOSE, data[:2])
                self.under.close()
            self._on_close()

    def _ended(self) -> None:
        if not self.closed:
            self.closed = True
            self._on_close()


def serve_ws(
    handler: Callable[[WsPeer], object], subprotocols: tuple[str, ...] = ()
) -> Callable[[Any], None]:
    """A handler of net.serve_tcp: handler(peer) when the upgrade is done."""

    def serve(peer: Any) -> None:
        WsPeer(peer, handler, subprotocols=subprotocols)

    return serve


class WsServer:
    """server.serve is a handler of net.serve_tcp. What it does is in the path:

    /echo...           every frame comes back
    /frames/N/SIZE     N binary frames of SIZE bytes each, at once
    /parts/N/SIZE      one text message in N frames
    /ping              a ping at once
    /close/CODE        closes with that code when anything comes
    /drop, /reset      ends the connection when anything comes
    /deaf              answers neither pings nor closing frames, and says nothing
    /status/N          refuses the upgrade
    """

    def __init__(self) -> None:
        self.peers: list[WsPeer] = []  # whose upgrade was accepted

    def serve(self, peer: Any) -> None:
        WsPeer(peer, self._opened, refuse=self._status, subprotocols=("chat", "mqtt"))

    @staticmethod
    def _status(path: str) -> int:
        words = path.partition("?")[0].split("/")
        return int(words[2]) if words[1] == "status" else 0

    def _opened(self, peer: WsPeer) -> None:
        self.peers.append(peer)
        what, *numbers = peer.path.partition("?")[0].split("/")[1:]
        counts = [int(number) for number in numbers if number.isdigit()]
        if what == "echo":
            peer.on_frame(peer.send_frame)
        elif what == "frames":
            for _ in range(counts[0]):
                peer.send(bytes(i & 0xFF for i in range(counts[1])))
        elif what == "parts":
            for i in range(counts[0]):
                opcode = CONTINUATION if i else TEXT
                peer.send_frame(opcode, b"%c" % (97 + i) * counts[1], i == counts[0] - 1)
        elif what == "ping":
            peer.send_frame(PING, b"are you there")
        elif what == "close":
            code = counts[0].to_bytes(2, "big") if counts else b""
            peer.on_data(lambda data: peer.send_frame(CLOSE, code))
        elif what in ("drop", "reset"):
            end = peer.under.close if what == "drop" else peer.under.reset
            peer.on_data(lambda data: end())
        elif what == "deaf":
            peer.answers_pings = peer.answers_close = False
