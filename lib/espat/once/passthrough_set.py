# What modem.passthrough is told once: a stream from the module's start on, and how long it gathers
# bytes. Loaded for the call.
from ..compat import const, load
from .quote import build, check

_THROUGH = const(3)  # __init__.py
_EBUSY = const(16)

_KINDS = ("TCP", "UDP", "SSL", "TCPv6", "UDPv6", "SSLv6")


async def attach(m, ring=2048):
    """The stream of a module that starts with one by itself (see save()). Sends nothing, and does
    not know whether the module is as far. close() leads back to commands."""
    if m.state == _THROUGH:
        raise OSError(_EBUSY, "passthrough")
    enter = load("once.passthrough_enter")
    s = enter.make(m, ring)
    s.attached = True
    enter.start(m, s)
    return s


async def save(m, addr=None, kind="TCP", keep_alive=0, local_port=0):
    """Have the module start with such a stream from the next reset on; None: no more
    (AT+SAVETRANSLINK, guide 3.1.9). It needs a network that it joins by itself, stored in flash.
    Survives everything but another save()."""
    if addr is None:
        await m.at(b"AT+SAVETRANSLINK=0\r\n")
        return
    if kind not in _KINDS:
        raise ValueError("kind: " + ", ".join(_KINDS))
    check("keep_alive", keep_alive, 0, 7200)
    check("local_port", local_port, 0, 65535)
    host, port = load("once.connect").address(addr)
    if len(host) > 64:
        raise ValueError("host: at most 64 characters")
    last = local_port if kind[0] == "U" else keep_alive
    await m.at(build(b"AT+SAVETRANSLINK", (1, host, port, kind, last or None)))


async def interval(m, ms=None):
    """How long the module gathers bytes before it sends them: 0..1000 ms, 20 at first
    (AT+TRANSINTVL, guide 3.1.10). Without an argument: what is set."""
    return await load("once.ask").switch(m, b"AT+TRANSINTVL", ms, 0, 1000, True)
