# Starting and ending the module's server. Loaded for the call. Owns AT+CIPSERVER and what belongs
# to it; its clients are server.py's.
from ..compat import const, load, ticks_ms
from .quote import build, check, query

_EADDRINUSE = const(98)
_EADDRNOTAVAIL = const(99)
_EISCONN = const(106)


async def listen(m, s, backlog, idle_s):
    check("idle_s", idle_s, 0, 7200)
    if s.id >= 0:
        raise OSError(_EISCONN, "")
    if m.server:
        raise OSError(_EADDRINUSE, "a module has one server")
    if m.state != 2:
        await m.brief("start", "up")
    from ..server import Server

    ip, port = s.local or (None, 0)
    port = port or 49152 + (ticks_ms() & 16383)
    s.local = None, port
    # One that is being served, and so many that wait.
    server = Server(s, port, min(max(backlog, 0) + 1, 5), idle_s)
    try:
        if ip and m.profile.version >= (5, 0):  # older firmware listens on both interfaces, always
            server.netif = await netif(m, b'ip:"%s"' % ip.encode())
        await start(m, server)
    except BaseException:
        forget(m, server)
        raise
    m.server = server
    s.server = server


async def netif(m, ip):
    # Which interface has this address: 1 the station, 2 the access point.
    for i in 1, 2:
        if ip in await query(m, b"AT+CIPSTA?" if i == 1 else b"AT+CIPAP?"):
            return i
    raise OSError(_EADDRNOTAVAIL, "")


async def start(m, server):
    """Also after a reboot of the module."""
    s = server.s
    kind = s.kind + ("v6" if s.af == 10 else "")
    await tell(m, b"AT+SYSMSG=2\r\n", 1)  # +LINK_CONN in place of CONNECT: who it is
    await tell(m, b"AT+CIPSERVERMAXCONN=%d\r\n" % server.most)
    tls = None
    if s.kind[0] == "S":
        tls = s.ca
        if s.secure:
            await s.secure(m, None, None)
    if kind == "TCP":
        kind = None
    await tell(m, build(b"AT+CIPSERVER", (1, server.port, kind, tls, server.netif)))
    if server.idle_s:
        await tell(m, b"AT+CIPSTO=%d\r\n" % server.idle_s)


async def tell(m, cmd, fine=0):
    # Also while the module is being set up. fine: 1, ERROR will do.
    result = await m.at(cmd, force=True)
    if result > fine:
        raise load("errors").error(cmd, result, m.engine.code)


async def strays(m):
    """Close the clients whose coming was not heard: nobody else would, and until their idle time is
    over they hold places among those that the server takes."""
    try:
        found = await query(m, b"AT+CIPSTATE?", 0)
    except OSError:
        return  # an old firmware does not say; lost answers are the next command's
    for text in found:
        i = text[0] - 48
        # <link>,"TCP",<address>,<port>,<our port>,<1: it came to us>
        if text[-2:] == b",1" and 0 <= i < 5 and m.engine.links[i] is None:
            await m.at(b"AT+CIPCLOSE=%d\r\n" % i, force=True)


def forget(m, server):
    hooks = m.engine.hooks
    hooks[:] = [h for h in hooks if h[0] != b"+LINK_CONN:"]
    server.s.up = False
    server.s.server = m.server = None


async def end(m, s, keep=True):
    server = s.server
    if server is None:
        return
    forget(m, server)
    if m.state == 2:
        try:
            await m.at(b"AT+CIPSERVER=0,%d\r\n" % (not keep))
            await m.at(b"AT+SYSMSG=0\r\n")
        except OSError:
            pass
    for c in server.queue:  # nobody will accept them
        await c.drop()
