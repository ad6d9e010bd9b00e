# espat.dropin.install(modem): `import socket`, `ssl`, `network` (and usocket, ussl, tls) give ours
# from then on, so that programs and libraries that know nothing of espat run over it. This file
# is `socket`; dropin_ssl.py, dropin_network.py are the others, dropin_aio.py the part of
# `socket` that an aio.Modem needs. What a socket does is late.py's and sockets.py's.
import sys

from .compat import const, load, run, ticks_ms
from .late import LateSocket
from .sockets import Socket as _Socket
from .streams import ioctl

AF_INET = 2
AF_INET6 = 10
SOCK_STREAM = 1
SOCK_DGRAM = 2
IPPROTO_IP = 0
IPPROTO_TCP = 6
IPPROTO_UDP = 17
SOL_SOCKET = 1
SO_REUSEADDR = 4
SO_KEEPALIVE = 8
SO_BROADCAST = 32
SO_LINGER = 128
SO_SNDTIMEO = 4101
TCP_NODELAY = 1
TCP_KEEPIDLE = 3
IP_ADD_MEMBERSHIP = 3

_EAGAIN = const(11)

# Ports where a connection begins with TLS: a blocking connect() to them opens nothing, the wrap or
# the first use does (docs/tls.md). Others are opened at once, and again when they are wrapped.
tls_ports = [443, 465, 636, 853, 989, 990, 993, 995, 5061, 5671, 6697, 8443, 8883]

_modem = None
_kind = None


def install(modem, host_tls=False):
    """Put these modules in the place of `socket`, `ssl` and `network`. modem: an espat.Modem; or an
    espat.aio.Modem for programs that use asyncio's streams (sockets must not block then).
    host_tls: leave `ssl` and `tls` the interpreter's own; they work over our sockets."""
    global _modem, _kind
    _modem = modem
    _kind = Socket if modem.face is run else load("dropin_aio").Socket
    modules = sys.modules
    modules["socket"] = modules["usocket"] = sys.modules[__name__]
    modules["network"] = load("dropin_network").installed(modem)
    if host_tls:
        del tls_ports[:]
    else:
        load("dropin_ssl").installed(modem)


def socket(af=AF_INET, type=SOCK_STREAM, proto=0):
    s = (_kind if type == SOCK_STREAM else load("once.udp_open").kind(_Socket))(_modem)
    s.af = af
    return s


def getaddrinfo(host, port, af=0, type=0, proto=0, flags=0):
    # The name itself: the module looks it up when it connects (AT+CIPSTART takes names).
    return [(AF_INET6 if ":" in host else AF_INET, type or SOCK_STREAM, 0, "", (host, port))]


class Socket(LateSocket):
    # `late` is what there is to do before the first use: an address to connect to; True: it
    # is on its way; an exception: why it failed.

    def connect(self, addr):
        if self.timeout == 0 or addr[1] in tls_ports:
            LateSocket.connect(self, addr)
        else:
            _Socket.connect(self, addr)

    def listen(self, backlog=5):
        self.with_tls()
        return LateSocket.__getattr__(self, "listen")(backlog)

    def with_tls(self):
        # asyncio.start_server(ssl=...) wraps what it accepts. The module has one server, which is a
        # TLS one if the program has made a context for a server (docs/tls.md).
        ssl = sys.modules.get("espat.dropin_ssl")
        if ssl and ssl.server and self.kind == "TCP":
            ssl.server.wrap_socket(self, True)

    def open_now(self):
        """False while the link opens. Raises what connect() would have raised."""
        x = self.late
        if isinstance(x, Exception):
            raise x
        try:
            if x is not True:
                self.late = True
                run(self.open_link(x, self.timeout != 0))
            while self.settle():
                if self.timeout == 0:
                    self.e.poll(ticks_ms())
                    if self.settle():
                        return False
                else:
                    self.m.block()
            if not self.up:
                run(self.m.brief("connect", "explain", self, self.peer[0]))
            self.late = None
        except Exception as e:
            self.late = e
            raise

    def recv_into(self, buf, n=0):
        if self.late and self.open_now() is False:
            raise OSError(_EAGAIN, "")
        return _Socket.recv_into(self, buf, n)

    def push(self, buf, off, n):
        if self.late and self.open_now() is False:
            raise OSError(_EAGAIN, "")
        return _Socket.push(self, buf, off, n)

    def ioctl(self, request, arg):
        if self.late and request == 3:
            try:
                if self.open_now() is False:
                    return 0
            except Exception:  # the next call raises it
                return arg & 5 | 8
        return ioctl(self, request, arg)
