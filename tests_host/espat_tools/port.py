# The way to a module: a serial port, the simulator's pty, or raw bytes over TCP. Owns opening one
# and the messages for the ways in which that fails. A Port is what the driver takes as its UART.
from __future__ import annotations

import json
import os
import socket
from typing import Any, Callable, Optional, Union

import serial
from serial.tools import list_ports

Buffer = Union[bytearray, memoryview]
_CHUNK = 4096
_TCP_LIMIT_S = 5


class PortError(Exception):
    """No way to the module. advice: what to do about it."""

    def __init__(self, what: str, advice: str = "") -> None:
        super().__init__(what)
        self.advice = advice


class Port:
    """any(), readinto(), write() as MicroPython's UART has them, over pyserial."""

    def __init__(self, name: str, baud: int = 115200, rtscts: bool = False) -> None:
        self.name = name
        self.rtscts = rtscts
        self._in = bytearray()
        self.tap: Optional[Callable[[str, bytes], object]] = None  # ("<" or ">", bytes)
        self.serial = _open(name, baud, rtscts)
        self._fd = _descriptor(self.serial)

    # -- as a UART -----------------------------------------------------------------------------

    def any(self) -> int:
        self._fill()
        return len(self._in)

    def readinto(self, buf: Buffer, n: Optional[int] = None) -> int:
        n = len(buf) if n is None else min(n, len(buf))
        if len(self._in) < n:
            self._fill()
        n = min(n, len(self._in))
        buf[:n] = self._in[:n]
        del self._in[:n]
        return n

    def write(self, buf: Any, off: Optional[int] = None, n: Optional[int] = None) -> int:
        """Bytes taken, 0 while the other side holds us back: write(buf), (buf, n), (buf, off, n)"""
        data = bytes(buf)
        if n is not None:
            data = data[off or 0 : (off or 0) + n]
        elif off is not None:
            data = data[:off]
        if not data:
            return 0
        try:
            if self._fd is None:
                taken = self.serial.write(data) or 0
            else:
                # pyserial's own write would wait for room, or spin.
                taken = os.write(self._fd, data)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise self._gone(error) from error
        if taken and self.tap is not None:
            self.tap(">", data[:taken])
        return taken

    def _fill(self) -> None:
        if len(self._in) >= _CHUNK:
            return
        try:
            data = self.serial.read(_CHUNK)
        except (OSError, serial.SerialException) as error:
            raise self._gone(error) from error
        if data:
            self._in += data
            if self.tap is not None:
                self.tap("<", data)

    def _gone(self, error: Exception) -> PortError:
        return PortError(
            f"{self.name} is gone: {error}", "Unplugged? A program that ended? Start again."
        )

    def fileno(self) -> int:
        return -1 if self._fd is None else self._fd

    def __repr__(self) -> str:
        # The driver looks for these words. The system's own buffer is behind rxbuf: never full.
        flow = ", flow=RTS|CTS" if self.rtscts else ""
        return f"Port({self.name}, baudrate={self.baud}, rxbuf=1000000{flow})"

    # -- the rest ------------------------------------------------------------------------------

    @property
    def baud(self) -> int:
        return int(self.serial.baudrate)

    @property
    def has_rate(self) -> bool:
        return isinstance(self, SerialPort)

    def read_now(self) -> bytes:
        """All that has come; b"" if nothing has."""
        self._fill()
        data = bytes(self._in)
        self._in.clear()
        return data

    def clear_to_send(self) -> Optional[bool]:
        """What the module's RTS says to our CTS; None where there is no such line."""
        try:
            return bool(self.serial.cts)
        except (OSError, serial.SerialException, NotImplementedError, AttributeError):
            return None

    def close(self) -> None:
        self.serial.close()

    def __enter__(self) -> Port:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class SerialPort(Port):
    """A port with a rate of its own: the driver finds `baudrate` and looks at other rates too."""

    @property
    def baudrate(self) -> int:
        return int(self.serial.baudrate)

    @baudrate.setter
    def baudrate(self, value: int) -> None:
        try:
            self.serial.baudrate = value
        except (OSError, ValueError, serial.SerialException) as error:
            raise ValueError(f"{self.name} has no rate {value}") from error


def open_port(name: str, baud: int = 115200, rtscts: bool = False) -> Port:
    """name: /dev/ttyUSB0, COM3, pty:PATH, tcp:HOST:PORT, a URL of pyserial, or "" for the only
    USB serial port of this PC. PortError."""
    name = name or the_only_one()
    if name.startswith("lockstep:"):
        raise PortError(
            f"{name} runs on virtual time", "Start the simulator with --pty or --tcp for this."
        )
    if name.startswith("tcp:") or "://" in name:
        return Port(name, baud, rtscts)
    return SerialPort(name[4:] if name.startswith("pty:") else name, baud, rtscts)


def serial_ports() -> list[tuple[str, str]]:
    """(name, description) of what is plugged in: USB first."""
    found = sorted(list_ports.comports(), key=lambda x: (x.vid is None, x.device))
    return [(x.device, x.description) for x in found if x.vid is not None]


def the_only_one() -> str:
    found = serial_ports()
    if len(found) == 1:
        return found[0][0]
    if not found:
        raise PortError(
            "no USB serial port is plugged in",
            "Plug the adapter in, or name a port: --port /dev/ttyS0. "
            "A simulated module: python -m espat_sim --pty sim, then --port pty:sim",
        )
    rows = "\n".join(f"  {name}  {text}" for name, text in found)
    raise PortError(f"which of these ports?\n{rows}", f"Name one: --port {found[0][0]}")


def _open(name: str, baud: int, rtscts: bool) -> Any:
    if name.startswith("tcp:"):
        return _open_tcp(name[4:], baud)
    try:
        port = serial.serial_for_url(name, do_not_open=True)
        port.baudrate = baud
        port.timeout = 0
        port.write_timeout = 1
        port.rtscts = rtscts
        if hasattr(port, "exclusive") and "://" not in name:
            port.exclusive = True
        port.open()
    except (OSError, ValueError, serial.SerialException) as error:
        raise PortError(f"{name} can't be opened: {_reason(error)}", _advice(error)) from error
    return port


def _open_tcp(where: str, baud: int) -> Any:
    host, _, port = where.rpartition(":")
    try:
        found = serial.serial_for_url(f"socket://{host}:{int(port)}", timeout=0, baudrate=baud)
    except ValueError as error:
        raise PortError(f"tcp:{where} is not tcp:HOST:PORT") from error
    except (OSError, serial.SerialException) as error:
        raise PortError(
            f"nobody listens at {where}: {_reason(error)}",
            "Start the simulator: python -m espat_sim --tcp PORT",
        ) from error
    return found


def _descriptor(port: Any) -> Optional[int]:
    if os.name != "posix":
        return None
    try:
        fd = port.fileno()
    except (AttributeError, OSError, NotImplementedError):
        return None  # rfc2217
    return fd if isinstance(fd, int) and fd >= 0 else None


def _reason(error: BaseException) -> str:
    number = _errno(error)
    return os.strerror(number) if number else str(error)


def _errno(error: BaseException) -> int:
    number = getattr(error, "errno", None)
    if isinstance(number, int):
        return number
    cause = error.__context__
    return _errno(cause) if cause is not None else 0


def _advice(error: BaseException) -> str:
    number = _errno(error)
    names = ", ".join(name for name, _ in serial_ports()) or "none"
    if number == 2:
        return f"There is no such port. USB serial ports of this PC: {names}."
    if number == 13:
        return "You may not open it: sudo usermod -aG dialout $USER, then log in again."
    if number in (11, 16):
        return "Another program has it open (a terminal, mpremote, an editor): close that one."
    return f"USB serial ports of this PC: {names}."


# -- a line that resets the module -------------------------------------------------------------


class ModemLine:
    """The adapter's RTS or DTR, wired to the module's EN: value(0) holds it in reset."""

    def __init__(self, port: Port, name: str) -> None:
        self._port = port
        self._name = name
        # Espressif's boards: one line alone pulls EN (RTS) or GPIO0 (DTR), both together nothing.
        setattr(port.serial, "dtr" if name == "rts" else "rts", False)
        setattr(port.serial, name, False)
        self._level = 1

    def value(self, x: Optional[int] = None) -> Optional[int]:
        if x is None:
            return self._level
        self._level = 1 if x else 0
        setattr(self._port.serial, self._name, not x)
        return None


class ControlLine:
    """The simulator's EN, through its control channel."""

    def __init__(self, where: str) -> None:
        host, _, port = where.rpartition(":")
        try:
            self._socket = socket.create_connection((host, int(port)), timeout=_TCP_LIMIT_S)
        except (OSError, ValueError) as error:
            raise PortError(f"no control channel at {where}: {error}") from error
        self._file = self._socket.makefile("rwb")
        self._level = 1

    def value(self, x: Optional[int] = None) -> Optional[int]:
        if x is None:
            return self._level
        self._level = 1 if x else 0
        request = {"do": "pin", "pin": "EN", "level": self._level}
        self._file.write(json.dumps(request).encode() + b"\n")
        self._file.flush()
        self._file.readline()
        return None


def reset_line(port: Port, how: str) -> Union[None, ModemLine, ControlLine]:
    """how: "", "rts", "dtr" or control:HOST:PORT. PortError."""
    if not how:
        return None
    if how.startswith("control:"):
        return ControlLine(how[8:])
    if how not in ("rts", "dtr"):
        raise PortError(f"--reset {how}", "It is rts, dtr or control:HOST:PORT.")
    try:
        return ModemLine(port, how)
    except (OSError, serial.SerialException) as error:
        raise PortError(f"{port.name} has no {how.upper()} line: {error}") from error
