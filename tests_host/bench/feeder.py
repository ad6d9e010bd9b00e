"""Owns: a stand-in for the module that answers as fast as it can, for counting instructions.

Only for the benchmarks: it keeps no state worth the name, refuses nothing and has no time.
Its words are those of tests_host/tables/messages.csv. What it streams is `pattern()`; the
program under test compares every byte of it.
"""

from __future__ import annotations

import re
import socket
import threading
from typing import Optional

PERIOD = 251  # a prime: a shifted or repeated packet does not fit the pattern
WINDOW = 5760  # the module's receive window
RECORD = 1460  # payload of one +IPD in active receive
HOST = "127.0.0.1"
LIMIT_S = 300
PORT_BASE = 1000


def pattern(offset: int, size: int) -> bytes:
    start = offset % PERIOD
    block = bytes(range(PERIOD))
    return (block * ((start + size) // PERIOD + 1))[start : start + size]


GMR = (
    b"AT version:3.4.0.0(s-0000000 - ESP32S2 - Jun  7 2024 02:46:59)\r\n"
    b"SDK version:v5.0.6-dirty\r\ncompile time(0000000):Jun  7 2024 03:00:00\r\n"
    b"Bin version:v3.4.0.0(MINI)\r\n"
)
COMMANDS = (
    "AT ATE0 AT+RST AT+GMR AT+CMD AT+SYSLOG AT+CWMODE AT+CWJAP AT+CWSTATE AT+CIPMUX AT+CIPSTART "
    "AT+CIPSEND AT+CIPSENDL AT+CIPCLOSE AT+CIPRECVTYPE AT+CIPRECVDATA AT+CIPRECVLEN AT+CIPDINFO"
).split()


class Link:
    """One connection: how much is still to be streamed, and what the host has sent."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.sent = 0  # given to the host
        self.got = 0  # taken from the host
        self.wrong = 0
        self.announced = False


class Feeder(threading.Thread):
    """Serves one client. A link to port PORT_BASE + N gets N KiB; all of them take what is sent."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._server = socket.create_server((HOST, 0))
        self._server.settimeout(LIMIT_S)
        self.port = self._server.getsockname()[1]
        self.passive = False
        self.mux = False
        self.links: dict[int, Link] = {}
        self.networks = 1  # that a scan finds
        self.bytes_taken = 0
        self.bytes_wrong = 0
        self.error: Optional[BaseException] = None
        self._input = bytearray()

    def run(self) -> None:
        try:
            self._client, _ = self._server.accept()
            self._client.settimeout(LIMIT_S)
            self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._client:
                while True:
                    line = self._line()
                    if line is None:
                        break
                    self._command(line)
        except (ConnectionError, BrokenPipeError):
            pass  # the program ended
        except (OSError, ValueError) as exc:
            self.error = exc
        finally:
            self._server.close()

    def close(self) -> None:
        self._server.close()

    # --- bytes ---
    def _fill(self) -> bool:
        data = self._client.recv(65536)
        self._input += data
        return bool(data)

    def _line(self) -> Optional[str]:
        while b"\n" not in self._input:
            if not self._fill():
                return None
        line, _, rest = bytes(self._input).partition(b"\n")
        self._input[:] = rest
        return line.rstrip(b"\r").decode("latin-1")

    def _take(self, size: int) -> bytes:
        while len(self._input) < size:
            if not self._fill():
                raise ConnectionError
        data = bytes(self._input[:size])
        del self._input[:size]
        return data

    def _say(self, data: bytes) -> None:
        self._client.sendall(data)

    # --- commands ---
    def _command(self, line: str) -> None:
        found = re.match(r"(AT\+?[A-Z0-9]*)([=?]?)(.*)$", line)
        if not found:
            return
        name, kind, text = found.groups()
        method = getattr(self, "_" + name.replace("AT+", "").lower(), None)
        if method is None or name in ("AT", "ATE0"):
            self._say(b"\r\nOK\r\n")
        else:
            method(kind, text.split(","))

    def _gmr(self, kind: str, args: list[str]) -> None:
        self._say(GMR + b"\r\nOK\r\n")

    def _rst(self, kind: str, args: list[str]) -> None:
        self._say(b"\r\nOK\r\n\r\nready\r\n")

    def _cmd(self, kind: str, args: list[str]) -> None:
        lines = [f'+CMD:{i},"{name}",1,1,1,1\r\n' for i, name in enumerate(COMMANDS)]
        self._say("".join(lines).encode() + b"\r\nOK\r\n")

    def _cwjap(self, kind: str, args: list[str]) -> None:
        if kind == "?":
            self._say(b'+CWJAP:"espat-lab","02:00:00:00:00:01",6,-50,0,1,3,0,1\r\n\r\nOK\r\n')
        else:
            self._say(b"WIFI CONNECTED\r\nWIFI GOT IP\r\n\r\nOK\r\n")

    def _cwlap(self, kind: str, args: list[str]) -> None:
        for i in range(self.networks):
            text = '+CWLAP:(3,"a network %02d",-%d,"02:00:00:00:01:%02x",%d,-1,-1,4,4)\r\n'
            self._say((text % (i, 40 + i % 50, i, i % 13 + 1)).encode())
        self._say(b"\r\nOK\r\n")

    def _cwmode(self, kind: str, args: list[str]) -> None:
        self._say((b"+CWMODE:1\r\n" if kind == "?" else b"") + b"\r\nOK\r\n")

    def _cwstate(self, kind: str, args: list[str]) -> None:
        self._say(b'+CWSTATE:2,"espat-lab"\r\n\r\nOK\r\n')

    def _cipstate(self, kind: str, args: list[str]) -> None:
        for number in self.links:
            self._say(b'+CIPSTATE:%d,"TCP","10.0.0.2",80,50000,0\r\n' % number)
        self._say(b"\r\nOK\r\n")
        if self.links and not self.mux:
            self._stream(0)  # this driver drops what comes before it has asked

    def _cipmux(self, kind: str, args: list[str]) -> None:
        if kind == "?":
            self._say(b"+CIPMUX:%d\r\n\r\nOK\r\n" % self.mux)
        else:
            self.mux = args[0] == "1"
            self._say(b"\r\nOK\r\n")

    def _ciprecvtype(self, kind: str, args: list[str]) -> None:
        self.passive = args[-1] == "1"
        self._say(b"\r\nOK\r\n")

    _ciprecvmode = _ciprecvtype

    def _ciprecvlen(self, kind: str, args: list[str]) -> None:
        waiting = [min(WINDOW, self._left(i)) for i in range(5)]
        self._say(b"+CIPRECVLEN:%d,%d,%d,%d,%d\r\n\r\nOK\r\n" % tuple(waiting))

    def _left(self, number: int) -> int:
        link = self.links.get(number)
        return link.total - link.sent if link else 0

    def _cipstart(self, kind: str, args: list[str]) -> None:
        number = int(args.pop(0)) if self.mux else 0
        self.links[number] = Link(max(0, int(args[2]) - PORT_BASE) * 1024)
        connect = b"%d,CONNECT\r\n" % number if self.mux else b"CONNECT\r\n"
        self._say(connect + b"\r\nOK\r\n")
        if self.passive:
            self._announce(number)
        elif self.mux:
            self._stream(number)

    def _announce(self, number: int) -> None:
        size = min(WINDOW, self._left(number))
        if size and self.mux:
            self._say(b"\r\n+IPD,%d,%d\r\n" % (number, size))
        elif size:
            self._say(b"\r\n+IPD,%d\r\n" % size)

    def _stream(self, number: int) -> None:
        link = self.links[number]
        while link.sent < link.total:
            size = min(RECORD, link.total - link.sent)
            head = b"\r\n+IPD,%d,%d:" % (number, size) if self.mux else b"\r\n+IPD,%d:" % size
            self._say(head + pattern(link.sent, size))
            link.sent += size

    def _ciprecvdata(self, kind: str, args: list[str]) -> None:
        number = int(args.pop(0)) if self.mux else 0
        size = min(int(args[0]), WINDOW, self._left(number))
        if not size:
            self._say(b"\r\nERROR\r\n")
            return
        link = self.links[number]
        data = pattern(link.sent, size)
        link.sent += size
        self._say(b"+CIPRECVDATA:%d," % size + data + b"\r\nOK\r\n")
        if size < int(args[0]):
            self._announce(number)  # what comes into the window then is news

    def _cipsend(self, kind: str, args: list[str]) -> None:
        number = int(args.pop(0)) if self.mux else 0
        size = int(args[0])
        self._say(b"\r\nOK\r\n\r\n>")
        self._keep(number, self._take(size))
        self._say(b"\r\nRecv %d bytes\r\n\r\nSEND OK\r\n" % size)

    def _cipsendl(self, kind: str, args: list[str]) -> None:
        number = int(args.pop(0)) if self.mux else 0
        size = int(args[0])
        self._say(b"\r\nOK\r\n\r\n>")
        self._keep(number, self._take(size))
        self._say(b"+CIPSENDL:%d,%d\r\n\r\nSEND OK\r\n" % (size, size))

    def _keep(self, number: int, data: bytes) -> None:
        link = self.links[number]
        if data != pattern(link.got, len(data)):
            self.bytes_wrong += len(data)
        link.got += len(data)
        self.bytes_taken += len(data)

    def _cipclose(self, kind: str, args: list[str]) -> None:
        number = int(args[0]) if self.mux and args[0] else 0
        if self.links.pop(number, None) is None:
            self._say(b"\r\nERROR\r\n")
            return
        closed = b"%d,CLOSED\r\n" % number if self.mux else b"CLOSED\r\n"
        self._say(closed + b"\r\nOK\r\n")
