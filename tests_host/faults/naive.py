"""A driver as many are written: it works on a good day, and has each of the fifteen faults that
test_field_notes.py is about. It shows that those tests can fail (test_naive.py).

Owns a driver with the names of espat, as far as those tests use them. Not an example.
"""

from __future__ import annotations

import time as host_time
import types
from typing import Any, Optional

ANSWER_BYTES = 2048  # what is kept of an answer
LINKS = 5
EIO = 5
ETIMEDOUT = 110

time: Any = host_time  # with the names that MicroPython's has


class Modem:
    def __init__(self, uart: Any, passive: bool = True, wake: Any = None) -> None:
        self.uart = uart
        self.passive = passive
        self.waiting = bytearray()
        self.announced = [0] * LINKS
        self.closed = [True] * LINKS
        self.data = [b""] * LINKS  # active receive
        self.owner = bytearray(LINKS)  # the number of the connection that has the link
        self.connections = 0
        self.wifi = Wifi(self)
        self.power = Power(self)
        self.started = False

    def start(self) -> None:
        self.started = True
        self.pause(1000)
        self.waiting = bytearray()
        for command in ("ATE0", "AT+CWMODE=1", "AT+CIPMUX=1"):
            self.at(command)
        self.at(f"AT+CIPRECVTYPE=5,{int(self.passive)}")

    def pause(self, ms: int) -> None:
        time.sleep_ms(ms)

    def read(self, count: int, timeout_ms: int) -> bytes:
        """So many bytes of the wire, or fewer when the time is over."""
        end = time.ticks_add(time.ticks_ms(), timeout_ms)
        while len(self.waiting) < count and time.ticks_diff(end, time.ticks_ms()) > 0:
            self.waiting += self.uart.read() or b""
            if len(self.waiting) < count:
                time.sleep_ms(1)
        data = bytes(self.waiting[:count])
        del self.waiting[:count]
        return data

    def write(self, data: bytes) -> None:
        while data:
            data = data[self.uart.write(data) or 0 :]

    def line(self, timeout_ms: int) -> bytes:
        line = b""
        while not line.endswith(b"\r\n"):
            more = self.read(1, timeout_ms)
            if not more:
                raise OSError(ETIMEDOUT, "no answer")
            line += more
            if line.startswith(b"+IPD,") and line.endswith(b":"):  # payload follows
                link, count = line[5:-1].split(b",")
                self.data[int(link)] += self.read(int(count), timeout_ms)
                line = b""
        return line[:-2]

    def note(self, line: bytes) -> bool:
        """Is it a message of the module's own?"""
        if line.startswith(b"+IPD,"):
            _, link, count = line.split(b",")
            self.announced[int(link)] = int(count)
        elif line.endswith(b",CLOSED"):
            self.closed[int(line[:1])] = True
        else:
            return not line or line.endswith(b",CONNECT")
        return True

    def at(self, command: str, timeout_ms: int = 20_000, end: bytes = b"OK") -> bytes:
        self.write(command.encode() + b"\r\n")
        return self.answer(timeout_ms, end)

    def answer(self, timeout_ms: int, end: bytes = b"OK") -> bytes:
        """The lines before the last one, as many as there is room for."""
        answer = b""
        while True:
            line = self.line(timeout_ms)
            if line == end:
                return answer
            if line in (b"ERROR", b"FAIL", b"SEND FAIL") or line.startswith(b"busy"):
                raise OSError(EIO, line)
            if not self.note(line) and len(answer) + len(line) < ANSWER_BYTES:
                answer += line + b"\n"

    def look(self, timeout_ms: int) -> None:
        """A message, if one comes in time."""
        try:
            self.note(self.line(timeout_ms))
        except OSError:
            pass

    def socket(self, type: int = 1) -> Socket:
        return Socket(self, "TCP" if type == 1 else "UDP")


class Wifi:
    def __init__(self, modem: Modem) -> None:
        self.modem = modem

    def connect(self, ssid: str, key: str) -> None:
        if not self.modem.started:
            self.modem.start()
        self.modem.at(f'AT+CWJAP="{ssid}","{key}"')

    def ssid(self) -> bytes:
        answer = self.modem.at("AT+CWJAP?")
        return answer.split(b"\n")[0].split(b'"')[1]

    def scan(self) -> list[tuple[bytes, ...]]:
        found = []
        for line in self.modem.at("AT+CWLAP").split(b"\n"):
            if line.startswith(b"+CWLAP:("):
                _, name, *rest = line[8:-1].split(b",")
                found.append((name[1:-1], *rest))
        return found


class Power:
    def __init__(self, modem: Modem) -> None:
        self.modem = modem

    def sleep(self, mode: str, gpio: int) -> None:
        self.modem.at(f"AT+SLEEPWKCFG=2,{gpio},0")
        self.modem.at("AT+SLEEP=2")


class Socket:
    def __init__(self, modem: Modem, kind: str) -> None:
        self.modem = modem
        self.kind = kind
        self.timeout_ms = 10_000
        self.link: Optional[int] = None

    def settimeout(self, seconds: float) -> None:
        self.timeout_ms = int(seconds * 1000)

    def connect(self, address: tuple[str, int]) -> None:
        m = self.modem
        self.link = m.closed.index(True)
        m.closed[self.link] = False
        m.connections += 1
        m.owner[self.link] = m.connections
        host, port = address
        m.at(f'AT+CIPSTART={self.link},"{self.kind}","{host}",{port}')

    def write(self, data: bytes) -> int:
        m = self.modem
        m.at(f"AT+CIPSEND={self.link},{len(data)}")
        while m.read(1, self.timeout_ms) not in (b">", b""):
            pass
        m.write(data)
        m.answer(self.timeout_ms, b"SEND OK")
        return len(data)

    send = write

    def recv(self, count: int) -> bytes:
        m, link = self.modem, self.link
        assert link is not None
        end = time.ticks_add(time.ticks_ms(), self.timeout_ms)
        while not m.closed[link] and not m.announced[link] and not m.data[link]:
            if time.ticks_diff(end, time.ticks_ms()) <= 0:
                raise OSError(ETIMEDOUT, "no data")
            m.look(100)
        if m.closed[link]:
            return b""
        if not m.passive:
            data, m.data[link] = m.data[link][:count], m.data[link][count:]
            return data
        m.write(b"AT+CIPRECVDATA=%d,%d\r\n" % (link, count))
        while True:
            head = b""
            while not head.endswith((b",", b"\n")):
                more = m.read(1, self.timeout_ms)
                if not more:
                    raise OSError(ETIMEDOUT, "no answer")
                head += more
            if head.startswith(b"+CIPRECVDATA:"):
                break
            if head == b"ERROR\r\n":
                raise OSError(EIO, "ERROR")
            if head.endswith(b","):
                head += m.line(self.timeout_ms)
            m.note(head.rstrip())
        data = m.read(int(head[13:-1]), self.timeout_ms)
        m.announced[link] -= len(data)
        m.answer(self.timeout_ms)
        return data

    def read(self, count: int = -1) -> bytes:
        data = b""
        while count < 0 or len(data) < count:
            more = self.recv(2048 if count < 0 else count - len(data))
            if not more:
                break
            data += more
        return data

    def close(self) -> None:
        if self.link is not None and not self.modem.closed[self.link]:
            self.modem.at(f"AT+CIPCLOSE={self.link}")
        self.link = None


class Context:
    verify_mode = 0

    def __init__(self, protocol: int) -> None:
        pass

    def wrap_socket(self, s: Socket, server_hostname: str = "") -> Socket:
        s.kind = "SSL"
        return s


tls = types.SimpleNamespace(SSLContext=Context, PROTOCOL_TLS_CLIENT=16, CERT_REQUIRED=2)
