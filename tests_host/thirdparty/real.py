"""Owns: real counterparts for programs on MicroPython: a simulated module in real time, web and
echo servers with and without TLS, a broker, certificates. Knows no library and nothing of espat."""

from __future__ import annotations

import contextlib
import functools
import http.server
import json
import re
import socket
import socketserver
import ssl
import sys
import threading
import time
from pathlib import Path
from typing import Any, Iterator

import trustme

from tools import build_mpy, children, demo, get_packages, run_micropython

PROGRAMS = Path(__file__).with_name("programs")
LOOPBACK = "127.0.0.1"
LIMIT_S = 100


def pattern(n: int) -> bytes:
    return bytes((i * 7 + (i >> 8)) & 255 for i in range(n))


@functools.cache
def authority() -> trustme.CA:
    return trustme.CA()


def ca_pem() -> str:
    return authority().cert_pem.bytes().decode()


def server_context(*names: str, issuer: Any = None, **dates: Any) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    (issuer or authority()).issue_cert(*(names or ("localhost", LOOPBACK)), **dates).configure_cert(
        context
    )
    return context


class Server(socketserver.ThreadingTCPServer):
    """One thread a client; with a context the client's thread does the handshake."""

    daemon_threads = True
    allow_reuse_address = True
    context: Any = None

    def finish_request(self, request: Any, client_address: Any) -> None:
        if self.context is not None:
            try:
                request = self.context.wrap_socket(request, server_side=True)
            except (ssl.SSLError, OSError):
                return  # a client that does not like us, or one that speaks no TLS
        super().finish_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a client that went away is no fault of the server


@contextlib.contextmanager
def serving(handler: Any, context: Any = None) -> Iterator[int]:
    with Server((LOOPBACK, 0), handler) as server:
        server.context = context
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while data := self.request.recv(65536):
            self.request.sendall(data)


class Web(http.server.BaseHTTPRequestHandler):
    """/page/N: N bytes of the pattern; POST gives back what came."""

    protocol_version = "HTTP/1.1"

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        found = re.fullmatch(r"/page/(\d+)", self.path)
        self.answer(200, pattern(int(found.group(1)))) if found else self.answer(404, b"no")

    def do_POST(self) -> None:
        self.answer(200, self.rfile.read(int(self.headers["Content-Length"])))

    def log_message(self, format: str, *args: object) -> None:
        pass


def passing_on(port: int) -> Any:
    """A handler that leads to a server on another port: TLS for one that has none."""

    class PassOn(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection((LOOPBACK, port)) as other:
                back = threading.Thread(target=self.copy, args=(other, self.request), daemon=True)
                back.start()
                self.copy(self.request, other)
                back.join(5)

        def copy(self, source: Any, target: Any) -> None:
            with contextlib.suppress(OSError):
                while data := source.recv(65536):
                    target.sendall(data)
            with contextlib.suppress(OSError):
                target.shutdown(socket.SHUT_WR)

    return PassOn


@contextlib.contextmanager
def module(*options: str) -> Iterator[dict[str, str]]:
    """A simulated module in real time; the environment that leads a program to it."""
    command = [sys.executable, "-u", "-m", "espat_sim", "--tcp", "0", "--fast", *options]
    with children.Child(command) as child:
        yield {"ESPAT_SIM": child.wait_for(r"ESPAT_SIM=(\S+)", demo.START_S).group(1)}


@contextlib.contextmanager
def program(
    name: str, env: dict[str, str], bits: int = 64, heap: str = "512K", **arguments: Any
) -> Iterator[children.Child]:
    """programs/NAME.py on MicroPython; on 32 bits driver and shim are compiled, as on a board."""
    if bits == 32 and build_mpy.MPY_CROSS.exists():
        path = demo.search_path(PROGRAMS, get_packages.FOLDER)
    else:
        path = run_micropython.search_path(PROGRAMS, get_packages.FOLDER)
    command = [str(run_micropython.BINARIES[bits]), "-X", f"heapsize={heap}"]
    command += [str(PROGRAMS / f"{name}.py")]
    given = json.dumps({"face": "blocking", **arguments})
    env = {**env, "MICROPYPATH": path, "LC_ALL": "C", "ARGUMENTS": given}
    with children.Child(command, env) as child:
        yield child


@contextlib.contextmanager
def server_program(name: str, env: dict[str, str], **arguments: Any) -> Iterator[children.Child]:
    """A program that says SERVING, and ALL DONE when a client has told it to end."""
    with program(name, env, **arguments) as child:
        child.wait_for("SERVING", LIMIT_S)
        yield child
        code = child.wait(LIMIT_S)
        text = "".join(child.lines)
        assert code == 0 and "ALL DONE" in text, f"{name} ended with {code}:\n{text[-4000:]}"


def connect(port: int) -> socket.socket:
    """To the module's server, which may need a moment."""
    deadline = time.monotonic() + demo.START_S
    while True:
        try:
            return socket.create_connection((LOOPBACK, port), timeout=30)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)  # between two tries


def echoed(port: int, sizes: list[int]) -> bool:
    """Everything that is sent comes back."""
    with connect(port) as s:
        for n in sizes:
            data = pattern(n)
            sender = threading.Thread(target=s.sendall, args=(data,), daemon=True)
            sender.start()
            got = bytearray()
            while len(got) < n and (part := s.recv(65536)):
                got += part
            sender.join(30)
            if bytes(got) != data:
                return False
    return True


def run(name: str, env: dict[str, str], **arguments: Any) -> None:
    """Until it has said ALL DONE; whatever it said else is in the failure."""
    with program(name, env, **arguments) as child:
        code = child.wait(LIMIT_S)
        text = "".join(child.lines)
        assert code == 0 and "ALL DONE" in text, f"{name} ended with {code}:\n{text[-4000:]}"
