# `ssl`, `ussl` and `tls` of programs that know nothing of espat (dropin.py): the names and defaults
# of MicroPython's own; what they do is tls.py's.
import sys

from . import tls as _tls
from .compat import drop, load

_modem = None


def __getattr__(name):
    return getattr(_tls, name)  # CERT_NONE ...


class SSLContext(_tls.SSLContext):
    # MicroPython's `ssl` checks nothing unless verify_mode says so; its `tls` does.
    def __init__(self, protocol=0):
        super().__init__(_modem, protocol)
        self.verify = 0


def wrap_socket(*args, **kw):
    f = load("once.tls_context").wrap_once
    drop()
    return f(SSLContext, *args, **kw)


class _Tls:
    # `tls`, which MicroPython has in C.
    def __getattr__(self, name):
        return getattr(_tls, name)

    def SSLContext(self, protocol):
        return _tls.SSLContext(_modem, protocol)


def installed(modem):
    global _modem
    _modem = modem
    sys.modules["ssl"] = sys.modules["ussl"] = sys.modules[__name__]
    sys.modules["tls"] = _Tls()
