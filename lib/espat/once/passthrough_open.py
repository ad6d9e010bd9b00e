# Into passthrough, as a client or as a server. Loaded for the call. Owns the link; what is the same
# for both is passthrough_enter.py's.
from ..compat import const, load, ticks_add, ticks_diff, ticks_ms
from .quote import build, check

_ETIMEDOUT = const(110)

_KINDS = ("TCP", "UDP", "SSL", "TCPv6", "UDPv6", "SSLv6")


async def connect(
    m, addr, kind="TCP", context=None, local_port=0, keep_alive=0, reconnect_ms=100, ring=2048
):
    """Connect to (host, port) and give the link as a plain stream (AT+CIPMODE=1, AT+CIPSEND, guide
    3.3.18, 3.3.9). kind: TCP, UDP, SSL, or with v6. context: an espat.tls.SSLContext, for SSL.
    local_port: of UDP. keep_alive: of TCP and SSL, 0..7200 s. reconnect_ms: how long the module
    waits before it connects again, 100..3600000 (AT+CIPRECONNINTV). ring: bytes that fit beside
    the UART's buffer. All other sockets must be closed: OSError(EBUSY). Wants flow control."""
    if kind not in _KINDS:
        raise ValueError("kind: " + ", ".join(_KINDS))
    check("keep_alive", keep_alive, 0, 7200)
    check("local_port", local_port, 0, 65535)
    check("reconnect_ms", reconnect_ms, 100, 3600000)
    host, port = load("once.connect").address(addr)
    s = await m.brief("passthrough_enter", "alone", ring)
    if kind[0] == "S" and context:
        await context.secure(host)(m, 0, host)
    more = (
        (local_port or None, 0 if local_port else None) if kind[0] == "U" else (keep_alive or None,)
    )
    cmd = build(b"AT+CIPSTART", (kind, host, port) + more)
    try:
        await m.at(b"AT+CIPMUX=0\r\n")
        await m.at(b"AT+CIPRECONNINTV=%d\r\n" % (reconnect_ms // 100))
        await m.at(cmd, 60000)
        await m.brief("passthrough_enter", "enter", s)
    except BaseException:
        await m.brief("passthrough_end", "back")
        raise
    return s


async def serve(m, port, kind="TCP", timeout_s=None, ring=2048):
    """Wait for one client on our port, and give its link as a plain stream (AT+CIPSERVER with
    AT+CIPSERVERMAXCONN=1). When it goes, the next one takes its place. kind: TCP, TCPv6.
    timeout_s: how long to wait for the first one; OSError(ETIMEDOUT)."""
    if kind not in ("TCP", "TCPv6"):
        raise ValueError("kind: TCP or TCPv6")
    check("port", port, 1, 65535)
    s = await m.brief("passthrough_enter", "alone", ring)
    seen = []
    hook = b"0,CONNECT", seen.append
    hooks = m.engine.hooks
    hooks.insert(0, hook)
    end = None if timeout_s is None else ticks_add(ticks_ms(), int(timeout_s * 1000))
    try:
        await m.at(b"AT+CIPSERVERMAXCONN=1\r\n")
        await m.at(build(b"AT+CIPSERVER", (1, port, None if kind == "TCP" else kind)))
        while not seen:
            if end is not None and ticks_diff(end, ticks_ms()) <= 0:
                raise OSError(_ETIMEDOUT, "no client")
            await m.idle(100)
        await m.brief("passthrough_enter", "enter", s)
    except BaseException:
        await m.brief("passthrough_end", "back")
        raise
    finally:
        hooks.remove(hook)
    return s
