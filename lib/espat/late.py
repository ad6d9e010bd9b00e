# A blocking socket that opens its link at the first use and not in connect(): libraries connect
# first and wrap with TLS afterwards, but the module must know before it connects. Whoever wraps
# sets `kind` and `secure` between connect() and the first use. Owns when the link opens.
from .compat import const, drop, load, run
from .sockets import Socket
from .streams import ioctl

_EINPROGRESS = const(115)
_EISCONN = const(106)


class LateSocket(Socket):
    """As Socket; connect() checks its argument and sends nothing. What connect() would raise is
    raised by the first call that sends, receives or polls; or by open_now()."""

    def connect(self, addr):
        if self.late or self.id >= 0:
            raise OSError(_EISCONN, "")
        self.late = load("once.connect").address(addr)
        drop()
        if self.timeout == 0:
            raise OSError(_EINPROGRESS, "")

    def open_now(self):
        """Open the link, if that has not happened yet."""
        addr = self.late
        if addr:
            self.late = None
            run(self.open_link(addr, self.timeout != 0))

    def recv_into(self, buf, n=0):
        if self.late:
            self.open_now()
        return Socket.recv_into(self, buf, n)

    def push(self, buf, off, n):
        if self.late:
            self.open_now()
        return Socket.push(self, buf, off, n)

    def ioctl(self, request, arg):
        if self.late and request == 3:
            self.open_now()
        return ioctl(self, request, arg)

    def close(self):
        self.late = None
        Socket.close(self)
