# Servers of this PC for the length of a command: one that sends and takes test data, one that hands
# out a file. Owns their threads; listens on the one address that the module can reach.
from __future__ import annotations

import http.server
import socket
import socketserver
import threading
import zlib
from pathlib import Path
from typing import Any, Callable, Optional

from .port import PortError

_CHUNK = 4096
_LIMIT_S = 30


def own_address(towards: str) -> str:
    """This PC's address on the way to another (nothing is sent)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            s.connect((towards, 9))
            return str(s.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def pattern(n: int) -> bytes:
    """Test data in which a byte that is lost, doubled or spoilt shows."""
    block = bytes((i * 7 + (i >> 8) * 13) & 255 for i in range(65536))
    return (block * (n // len(block) + 1))[:n]


class Serving:
    """Use with `with`; address is (host, port)."""

    def __init__(self, server: socketserver.BaseServer) -> None:
        self._server = server
        self.address: Any = server.server_address
        self._thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Serving:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(_LIMIT_S)


class _Threads(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


def _bound(host: str, handler: Any) -> Any:
    try:
        return _Threads((host, 0), handler)
    except OSError as error:
        raise PortError(
            f"this PC can't serve at {host}: {error}", "--host ADDRESS names one of its addresses"
        ) from error


class _Data(socketserver.StreamRequestHandler):
    """ "D <n>\\n": sends n bytes of the pattern. "U <n>\\n", then n bytes: says their CRC-32."""

    timeout = _LIMIT_S

    def handle(self) -> None:
        words = self.rfile.readline(64).split()
        if len(words) != 2:
            return
        n = int(words[1])
        if words[0] == b"D":
            self.wfile.write(pattern(n))
            return
        crc = 0
        while n:
            data = self.rfile.read(min(n, _CHUNK))
            if not data:
                return
            crc = zlib.crc32(data, crc)
            n -= len(data)
        self.wfile.write(b"%08x\n" % crc)


def data_server(host: str) -> Serving:
    return Serving(_bound(host, _Data))


def file_server(host: str, path: Path, on_bytes: Callable[[int], object]) -> Serving:
    """GET / gives the file; on_bytes(n) with each piece."""
    size = path.stat().st_size

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Length", str(size))
            self.end_headers()
            with open(path, "rb") as file:
                while data := file.read(_CHUNK):
                    self.wfile.write(data)
                    on_bytes(len(data))

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Serving(_bound(host, Handler))


def reachable(modem: Any, host: Optional[str]) -> str:
    """The address of this PC to give to the module."""
    if host:
        return host
    return own_address(modem.wifi.ifconfig()[0])
