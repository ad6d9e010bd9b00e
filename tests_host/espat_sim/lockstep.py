# Lockstep: one module on the virtual clock, served to one host program of another process.
# Owns the protocol and its thread. What the requests do is virtual_host's.
#
# One TCP connection on loopback, or one over a socket file (a third less to do for each exchange),
# strictly request and reply, numbers little-endian:
#   request  op (1 byte), n (4)        W, P, J: n bytes of body follow
#   reply    now_us (8), m (4)         R, T, J: m bytes of body follow
#   W n  host UART write; m = bytes accepted        R n  read up to n bytes
#   A 0  m = any()                                  S n  sleep n us
#   I n  until a byte can be read, at most n us; m = any()
#   B n  host baud = n                              J n  control request and reply in JSON
#   P n  write as machine.UART does, waiting for room; m = bytes accepted
#   T n  read as machine.UART does, with its time-outs (set by J {"do": "uart", ...})
#   F 0  m = bytes that can be written now
# In replies to S and I bit 31 of m says: the wait ended early, a watched pin changed.
from __future__ import annotations

import json
import socket
import struct
import threading
from typing import Any, Callable, Optional

from .module import Module
from .virtual_host import CALL_COST_US, VirtualHost

REQUEST = struct.Struct("<cI")
REPLY = struct.Struct("<QI")
PIN_FLAG = 1 << 31
MAX_BODY = 1 << 24
LOOPBACK = "127.0.0.1"


class ProtocolError(Exception):
    pass


def _receive(sock: socket.socket, count: int) -> bytes:
    parts = []
    while count:
        part = sock.recv(count)
        if not part:
            raise ConnectionError("the host program is gone")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


class LockstepServer:
    """Serves a module; one host program at a time, the module lives on between them.

    As a library: `with LockstepServer(module) as server:` runs it in a thread that owns the
    module from then on; server.env is what the host program needs in its environment. Errors of
    the simulation come out when the block ends.
    """

    def __init__(
        self,
        module: Module,
        port: int = 0,
        call_cost_us: int = CALL_COST_US,
        path: Optional[str] = None,
    ) -> None:
        """path: of a socket file, in place of a port."""
        self.host = VirtualHost(module, call_cost_us)
        if path is None:
            self._listener = socket.create_server((LOOPBACK, port), backlog=1)
            self.port: int = self._listener.getsockname()[1]
            self.env = {"ESPAT_SIM": f"lockstep:{LOOPBACK}:{self.port}"}
        else:
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(path)
            self._listener.listen(1)
            self.env = {"ESPAT_SIM": f"lockstep:unix:{path}"}
        self._thread: Optional[threading.Thread] = None
        self._conn: Optional[socket.socket] = None
        self._stopping = False
        self._error: Optional[BaseException] = None

    # -- life ----------------------------------------------------------------------------------

    def serve_forever(self) -> None:
        """One program after the other, until stop() or an error of the simulation."""
        while not self._stopping:
            try:
                conn, _ = self._listener.accept()
            except OSError:
                if self._stopping:
                    return
                raise
            self._conn = conn
            with conn:
                if conn.family != socket.AF_UNIX:
                    conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                try:
                    while True:
                        self._answer(conn)
                except OSError:
                    pass  # the program ended
            self._conn = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="lockstep", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.serve_forever()
        except BaseException as exc:  # told to the owner in stop(), whatever it is
            self._error = exc
            self._listener.close()

    def stop(self) -> None:
        self._stopping = True
        for sock in (self._listener, self._conn):
            try:
                if sock is not None:
                    sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # not connected any more
        if self._thread is not None:
            self._thread.join(10)
        self._listener.close()
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def __enter__(self) -> LockstepServer:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    # -- protocol ------------------------------------------------------------------------------

    def _answer(self, conn: socket.socket) -> None:
        op, n = REQUEST.unpack(_receive(conn, REQUEST.size))
        if op in b"WPJ":
            if n > MAX_BODY:
                raise ProtocolError(f"a body of {n} bytes")
            body = _receive(conn, n)
        else:
            body = b""
        handler = self._OPS.get(op)
        if handler is None:
            raise ProtocolError(f"unknown request {op!r}")
        m, reply = handler(self, n, body)
        conn.sendall(REPLY.pack(self.host.now_us, m) + reply)

    def _write(self, n: int, body: bytes) -> tuple[int, bytes]:
        return self.host.write(body), b""

    def _read(self, n: int, body: bytes) -> tuple[int, bytes]:
        data = self.host.read(n)
        return len(data), data

    def _put(self, n: int, body: bytes) -> tuple[int, bytes]:
        return self.host.put(body), b""

    def _take(self, n: int, body: bytes) -> tuple[int, bytes]:
        data = self.host.take(n)
        return len(data), data

    def _free(self, n: int, body: bytes) -> tuple[int, bytes]:
        return self.host.free(), b""

    def _any(self, n: int, body: bytes) -> tuple[int, bytes]:
        return self.host.any(), b""

    def _sleep(self, n: int, body: bytes) -> tuple[int, bytes]:
        self.host.sleep(n)
        return self._flag(), b""

    def _idle(self, n: int, body: bytes) -> tuple[int, bytes]:
        return self.host.idle(n) | self._flag(), b""

    def _flag(self) -> int:
        return PIN_FLAG if self.host.pin_events else 0

    def _baud(self, n: int, body: bytes) -> tuple[int, bytes]:
        self.host.set_baud(n)
        return 0, b""

    def _control(self, n: int, body: bytes) -> tuple[int, bytes]:
        reply = self._control_reply(body)
        data = json.dumps(reply, separators=(",", ":")).encode()
        return len(data), data

    def _control_reply(self, body: bytes) -> dict[str, Any]:
        try:
            request = json.loads(body)
            if not isinstance(request, dict):
                raise ValueError("a control request is a JSON object")
            return self.host.control(request)
        except (ValueError, KeyError, TypeError) as exc:
            return {"ok": False, "error": str(exc)}

    _OPS: dict[bytes, Callable[[LockstepServer, int, bytes], tuple[int, bytes]]] = {
        b"W": _write,
        b"R": _read,
        b"P": _put,
        b"T": _take,
        b"F": _free,
        b"A": _any,
        b"S": _sleep,
        b"I": _idle,
        b"B": _baud,
        b"J": _control,
    }
