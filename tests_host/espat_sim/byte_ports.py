# Where the UART's bytes leave the program: a pty with a link to it, or a TCP port for one client.
# Owns descriptors and what waits in them. Knows nothing of AT; time is the line's.
from __future__ import annotations

import asyncio
import os
import socket
from typing import Optional

from .garble import Frame
from .serial_line import SerialLine

LOOPBACK = "127.0.0.1"
READ_BYTES = 65536


class BytePump:
    """Moves bytes between one descriptor and the host's end of the line, as fast as both take."""

    def __init__(self, line: SerialLine, loop: asyncio.AbstractEventLoop) -> None:
        self._line = line
        self._loop = loop
        self._fd = -1
        self._to_module = b""  # read from the client, no room in the host's transmit buffer yet
        self._to_client = b""
        line.host.on_rx = self._line_readable

    def open(self, fd: int) -> None:
        """A client is there; fd must not block."""
        self._fd = fd
        self._loop.add_reader(fd, self._client_readable)
        self._line_readable()

    def close(self) -> None:
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            self._loop.remove_writer(self._fd)
        self._fd = -1
        self._to_module = self._to_client = b""

    def client_gone(self) -> None:
        """The client closed its end."""
        self.close()

    def before_input(self) -> None:
        """Called before bytes go onto the line or come from it."""

    def _client_readable(self) -> None:
        try:
            data = os.read(self._fd, READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.client_gone()
            return
        self.before_input()
        self._to_module = data
        self._feed_module()

    def _feed_module(self) -> None:
        if self._fd < 0:
            return
        host = self._line.host
        self._to_module = self._to_module[host.write(self._to_module) :]
        if self._to_module:
            self._loop.remove_reader(self._fd)
            self._line.to_module.call_when_below(host.txbuf // 2, self._feed_module)
        else:
            self._loop.add_reader(self._fd, self._client_readable)

    def _line_readable(self) -> None:
        self.before_input()
        data = self._line.host.read()
        if self._fd >= 0:  # else nobody listens, as with an unplugged wire
            self._to_client += data
            self._feed_client()

    def _feed_client(self) -> None:
        try:
            while self._to_client:
                self._to_client = self._to_client[os.write(self._fd, self._to_client) :]
        except BlockingIOError:
            self._loop.add_writer(self._fd, self._feed_client)
            return
        except OSError:
            self.client_gone()
            return
        self._loop.remove_writer(self._fd)


class PtyPort(BytePump):
    """A raw pseudo-terminal. The rate that its user sets on it is the host's rate."""

    def __init__(
        self, line: SerialLine, loop: asyncio.AbstractEventLoop, link: str, paced: bool
    ) -> None:
        import pty
        import tty

        super().__init__(line, loop)
        self._paced = paced
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        if paced:
            self._set_speed(line.host.baud)
        self._speed = self._read_speed()
        os.set_blocking(self._master, False)
        self._target = os.ttyname(self._slave)
        self.link = os.path.abspath(link) if link else ""
        if self.link:
            if os.path.islink(self.link):
                os.unlink(self.link)  # left behind by a run that was killed
            os.symlink(self._target, self.link)
        self.open(self._master)

    @property
    def address(self) -> str:
        return f"pty:{self.link or self._target}"

    def _read_speed(self) -> int:
        import termios

        return int(termios.tcgetattr(self._slave)[5])

    def _set_speed(self, baud: int) -> None:
        import termios

        speed = getattr(termios, f"B{baud}", None)
        if speed is not None:
            attributes = termios.tcgetattr(self._slave)
            attributes[4] = attributes[5] = speed
            termios.tcsetattr(self._slave, termios.TCSANOW, attributes)

    def before_input(self) -> None:
        if not self._paced:
            return
        speed = self._read_speed()
        if speed != self._speed:
            self._speed = speed
            baud = _baud_of(speed)
            if baud:
                self._line.host.set_baud(baud)

    def shut(self) -> None:
        self.close()
        if self.link and os.path.islink(self.link) and os.readlink(self.link) == self._target:
            os.unlink(self.link)
        os.close(self._master)
        os.close(self._slave)


def _baud_of(speed: int) -> Optional[int]:
    """termios numbers its rates; the names tell which is which."""
    import termios

    for name in dir(termios):
        if name[0] == "B" and name[1:].isdigit() and getattr(termios, name) == speed:
            return int(name[1:])
    return None


class TcpPort(BytePump):
    """A TCP port on loopback: the UART's raw bytes, for one client at a time.

    A TCP client cannot set a rate: the host's end follows the module's, until the control
    channel sets one.
    """

    def __init__(
        self, line: SerialLine, loop: asyncio.AbstractEventLoop, port: int, paced: bool
    ) -> None:
        super().__init__(line, loop)
        self.follows = paced
        if paced:
            self._follow_the_module()
        self._listener = socket.create_server((LOOPBACK, port), backlog=1)
        self._listener.setblocking(False)
        self._client: Optional[socket.socket] = None
        loop.add_reader(self._listener.fileno(), self._accept)

    def _follow_the_module(self) -> None:
        set_baud = self._line.module.set_baud

        def set_both(baud: int, frame: Optional[Frame] = None) -> None:
            set_baud(baud, frame)
            if self.follows:
                self._line.host.set_baud(baud, frame)

        self._line.module.set_baud = set_both  # type: ignore[method-assign]

    def stop_following(self) -> None:
        self.follows = False

    @property
    def address(self) -> str:
        return f"tcp:{LOOPBACK}:{self._listener.getsockname()[1]}"

    def _accept(self) -> None:
        try:
            client, _ = self._listener.accept()
        except BlockingIOError:
            return
        if self._client is not None:
            client.close()  # the wire has one other end
            return
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client = client
        self.open(client.fileno())

    def client_gone(self) -> None:
        self.close()
        if self._client is not None:
            self._client.close()
            self._client = None

    def shut(self) -> None:
        self.client_gone()
        self._loop.remove_reader(self._listener.fileno())
        self._listener.close()
