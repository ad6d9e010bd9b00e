# Why a link did not open with TLS. Loaded when that happens.
from ..compat import const
from .quote import build

_CERT_REQUIRED = const(2)  # tls.py
# The numbers of MicroPython's own ssl (mbedTLS).
_NOT_ACCEPTED = const(-9984)
_ALERT = const(-30592)
_ENOENT = const(2)
_ECONNREFUSED = const(111)
_INET6 = const(10)


async def explain(m, s, host):
    """Link s.id did not open with TLS: is nobody there, or does he not please? Raises OSError."""
    ctx = s.tls
    text = ctx.told.pop(m, None)
    if text:
        raise OSError(_ENOENT, "the module's flash: " + text.decode())
    i = s.id
    kind = "TCPv6" if s.af == _INET6 or ":" in host else "TCP"
    cmd = build(b"AT+CIPSTART", (i, kind, host, s.peer[1]))
    if await m.at(cmd, 60000, force=True):
        raise OSError(_ECONNREFUSED, "")
    await m.at(b"AT+CIPCLOSE=%d\r\n" % i, force=True)
    if ctx.verify == _CERT_REQUIRED and not ctx.psk:
        raise OSError(
            _NOT_ACCEPTED,
            "TLS: the certificate of %s is not accepted: unknown authority, expired, or for "
            "another name%s" % (s.peer[0], "" if ctx.own else "; or it wants one of ours"),
        )
    raise OSError(
        _ALERT, "TLS: no agreement with %s: wrong key or certificate, or no TLS" % s.peer[0]
    )
