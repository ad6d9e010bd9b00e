# The host's end of a module in another process: over lockstep (its virtual time), or over a pty
# or TCP socket with the control channel (real time). Same methods as espat_sim's VirtualHost.
# Owns the sockets. Knows no pins and no timers.
from __future__ import annotations

import json
import os
import select
import socket
import struct
from typing import Any, Optional

from sim_board import real_monotonic_ns, real_sleep

_REQUEST = struct.Struct("<cI")
_REPLY = struct.Struct("<QI")
_PIN_FLAG = 1 << 31


def split_address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


class LockstepHost:
    """Each call is one exchange; time is the server's and moves only with our calls."""

    def __init__(self, address: str) -> None:
        self._sock = socket.create_connection(split_address(address), timeout=60)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.now_us = 0
        self._pins_changed = False
        self.cost()

    def close(self) -> None:
        self._sock.close()

    def _receive(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            part = self._sock.recv(count - len(data))
            if not part:
                raise OSError("the simulator is gone")
            data += part
        return bytes(data)

    def _ask(self, op: bytes, n: int, body: bytes = b"") -> int:
        self._sock.sendall(_REQUEST.pack(op, n) + body)
        self.now_us, m = _REPLY.unpack(self._receive(_REPLY.size))
        if op in b"SI":
            self._pins_changed |= bool(m & _PIN_FLAG)
            m &= ~_PIN_FLAG
        return m

    def cost(self) -> None:
        self._ask(b"S", 0)

    def put(self, data: bytes) -> int:
        return self._ask(b"P", len(data), data)

    def any(self) -> int:
        return self._ask(b"A", 0)

    def free(self) -> int:
        return self._ask(b"F", 0)

    def take(self, n: int) -> bytes:
        return self._receive(self._ask(b"T", n))

    def sleep(self, us: int) -> None:
        self._ask(b"S", us)

    def idle(self, us: int) -> int:
        return self._ask(b"I", us)

    def control(self, request: dict[str, Any]) -> dict[str, Any]:
        body = json.dumps(request).encode()
        return json.loads(self._receive(self._ask(b"J", len(body), body)))

    def _must(self, request: dict[str, Any]) -> dict[str, Any]:
        reply = self.control(request)
        if not reply.get("ok"):
            raise OSError(f"simulator: {reply.get('error')}")
        return reply

    def drain(self, us: int) -> bool:
        return bool(self._must({"do": "drain", "us": us})["done"])

    def light_sleep(self, us: int) -> bool:
        pin = bool(self._must({"do": "light_sleep", "us": us})["pin"])
        self._pins_changed |= pin
        return pin

    def set_up_uart(self, baud: Optional[int] = None, **options: Any) -> None:
        self._must({"do": "uart", "baud": baud, **options})

    def take_pin_events(self) -> list[tuple[str, int]]:
        if not self._pins_changed:
            return []
        self._pins_changed = False
        return [(name, level) for name, level in self._must({"do": "pin_events"})["events"]]


class ControlClient:
    """JSON lines with the simulator's control port; pin events arrive between the replies."""

    def __init__(self, address: str) -> None:
        self._sock = socket.create_connection(split_address(address), timeout=10)
        self._buffer = bytearray()
        self.events: list[tuple[str, int]] = []

    def close(self) -> None:
        self._sock.close()

    def fileno(self) -> int:
        return self._sock.fileno()

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        self._sock.sendall(json.dumps(request).encode() + b"\n")
        while True:
            message = self._next()
            if "event" not in message:
                return message
            self._note(message)

    def poll(self) -> None:
        """Takes the events that have arrived."""
        while b"\n" in self._buffer or select.select([self._sock], [], [], 0)[0]:
            self._note(self._next())

    def _note(self, message: dict[str, Any]) -> None:
        if message.get("event") == "pin":
            self.events.append((message["pin"], message["level"]))

    def _next(self) -> dict[str, Any]:
        while b"\n" not in self._buffer:
            part = self._sock.recv(4096)
            if not part:
                raise OSError("the simulator's control channel is gone")
            self._buffer += part
        line, _, rest = bytes(self._buffer).partition(b"\n")
        self._buffer = bytearray(rest)
        return json.loads(line)


class StreamHost:
    """Real time: the UART as a descriptor, pins over the control channel if there is one."""

    def __init__(self, address: str, control: str = "") -> None:
        kind, _, where = address.partition(":")
        self._tty = kind == "pty"
        if self._tty:
            import tty

            self._fd = os.open(where, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            tty.setraw(self._fd)
        else:
            sock = socket.create_connection(split_address(where), timeout=10)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setblocking(False)
            self._fd = sock.detach()
        self._rx = bytearray()
        self._timeout_us, self._timeout_char_us = 0, 1000
        self._control = ControlClient(control) if control else None

    @property
    def now_us(self) -> int:
        return real_monotonic_ns() // 1000

    def fileno(self) -> int:
        return self._fd

    def close(self) -> None:
        os.close(self._fd)
        if self._control is not None:
            self._control.close()

    def cost(self) -> None:
        pass  # real time passes by itself

    def _fill(self) -> None:
        try:
            while part := os.read(self._fd, 65536):
                self._rx += part
        except BlockingIOError:
            pass

    def put(self, data: bytes) -> int:
        sent = 0
        while sent < len(data):
            try:
                sent += os.write(self._fd, data[sent:])
            except BlockingIOError:
                if not self._writable(self._timeout_char_us):
                    break
        return sent

    def _writable(self, us: int) -> bool:
        return bool(select.select([], [self._fd], [], us / 1_000_000)[1])

    def free(self) -> int:
        return 1 if self._writable(0) else 0

    def any(self) -> int:
        self._fill()
        return len(self._rx)

    def take(self, n: int) -> bytes:
        wait_us = self._timeout_us
        while self.any() < n:
            before = len(self._rx)
            if before:
                wait_us = self._timeout_char_us
            if not wait_us or not select.select([self._fd], [], [], wait_us / 1_000_000)[0]:
                break
            if self.any() == before:
                break  # the other end is closed
        data = bytes(self._rx[:n])
        del self._rx[:n]
        return data

    def sleep(self, us: int) -> None:
        if self._control is None:
            real_sleep(us / 1_000_000)
        else:
            select.select([self._control], [], [], us / 1_000_000)

    def idle(self, us: int) -> int:
        if not self.any():
            waiters = [self._fd] if self._control is None else [self._fd, self._control]
            select.select(waiters, [], [], us / 1_000_000)
        return self.any()

    def drain(self, us: int) -> bool:
        if not self._tty:
            return True
        import termios

        termios.tcdrain(self._fd)
        return True

    def light_sleep(self, us: int) -> bool:
        """What arrives meanwhile is lost, as on a board."""
        end = self.now_us + us
        while not self._pin_changed() and self.now_us < end:
            self.sleep(end - self.now_us)
        self._fill()
        self._rx.clear()
        return self._pin_changed()

    def _pin_changed(self) -> bool:
        if self._control is not None:
            self._control.poll()
        return self._control is not None and bool(self._control.events)

    def set_up_uart(self, baud: Optional[int] = None, **options: Any) -> None:
        self._timeout_us = options.pop("timeout_us", self._timeout_us)
        self._timeout_char_us = options.pop("timeout_char_us", self._timeout_char_us)
        if self._control is not None:
            self.control({"do": "uart", "baud": baud, **options})
        elif self._tty and baud:
            self._set_tty_speed(baud)

    def _set_tty_speed(self, baud: int) -> None:
        import termios

        speed = getattr(termios, f"B{baud}", None)
        if speed is not None:
            attributes = termios.tcgetattr(self._fd)
            attributes[4] = attributes[5] = speed
            termios.tcsetattr(self._fd, termios.TCSANOW, attributes)

    def take_pin_events(self) -> list[tuple[str, int]]:
        if not self._pin_changed():
            return []
        assert self._control is not None
        events, self._control.events = self._control.events, []
        return events

    def control(self, request: dict[str, Any]) -> dict[str, Any]:
        if self._control is None:
            return {"ok": False, "error": "pins need ESPAT_SIM_CONTROL=HOST:PORT"}
        return self._control.ask(request)
