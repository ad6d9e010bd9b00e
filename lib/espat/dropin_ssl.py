# `ssl`, `ussl` and `tls` of programs that know nothing of espat (dropin.py): the names and defaults
# of MicroPython's own; what they do is tls.py's.
import sys

from . import tls as _tls
from .compat import load

_modem = None
server = None  # the context with which the module is to serve


def __getattr__(name):
    return getattr(_tls, name)  # CERT_NONE ...


class SSLContext(_tls.SSLContext):
    # MicroPython's `ssl` checks nothing unless verify_mode says so; its `tls` does.
    def __init__(self, protocol=0):
        super().__init__(_modem, protocol)
        self.verify = 0

    def load_cert_chain(self, *args, **kw):
        super().load_cert_chain(*args, **kw)
        serves(self)


def wrap_socket(*args, **kw):
    # (Called by its name: for that its arguments keep theirs in a .mpy. It drops its file.)
    return load("once.tls_context").wrap_once(SSLContext, *args, **kw)


class _Tls:
    # `tls`, which MicroPython has in C.
    def __getattr__(self, name):
        return getattr(_tls, name)

    def SSLContext(self, protocol):
        x = SSLContext(protocol)
        if not x.server:
            x.verify = 2
        return x


def serves(context):
    global server
    if context.server:
        server = context


def installed(modem):
    global _modem, server
    _modem = modem
    server = None
    sys.modules["ssl"] = sys.modules["ussl"] = sys.modules[__name__]
    sys.modules["tls"] = _Tls()
