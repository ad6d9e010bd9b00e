# How a datagram socket is made, opens, joins a group and closes. Loaded for the call. Owns what is
# set in the module for UDP, and that it is taken back.
from ..compat import const, ticks_ms
from ..ring import Ring
from ..sockets import Socket

_RING = const(2048)  # holds the longest datagram, 1460 bytes
_EINVAL = const(22)
_IP_ADD_MEMBERSHIP = const(3)
_IP_DROP_MEMBERSHIP = const(4)


def kind(cls):
    """The class of datagram sockets for a face, whose Socket is given."""
    from ..udp import Udp

    for c in Udp.classes:
        if issubclass(c, cls):
            return c

    class UdpSocket(Udp, cls):
        take = Udp.take  # found at once

        def __init__(self, *args):
            cls.__init__(self, *args)
            self.got = -1  # for link.py: take() is ours

    Udp.classes.append(UdpSocket)
    return UdpSocket


async def opened(m, s, addr=None):
    # Open the link, or open it again with what has changed.
    if s.id >= 0:
        await Socket.drop(s)
    port = (s.local or (0, 0))[1]
    if s.mode and not port:
        port = 49152 + (ticks_ms() & 16383)
        s.local = s.local and s.local[0], port
    nobody = "::" if s.af == 10 else "0.0.0.0"
    s.failed = 0
    await s.open_link(s.to or addr or (s.group or nobody, port or 1), True)


async def before(m, s, i):
    # Before AT+CIPSTART of link i.
    s.slot = i
    if s.ring is None:
        s.ring = Ring(max(m.ring, _RING))
    w = m.wire
    if w.dinfo is None:
        from ..dinfo import Heads

        w.dinfo = Heads(m)
    p = m.profile
    s.fetch = None
    if p.passive and p.passive[10:] == b"MODE":
        await m.brief("udp_mode", "active")
    elif p.passive:
        # Firmware after v3.4 reads one datagram at a time, and says when another one has come.
        # Only it takes this command.
        if w.dinfo.whole is not False:
            w.dinfo.whole = not await m.at(p.passive + b"=%d,1,1\r\n" % i, force=True)
        if w.dinfo.whole:
            s.fetch = b"AT+CIPRECVDATA=%d,%d,1\r\n" % (i, s.ring.size)
        else:
            await m.at(p.passive + b"=%d,0\r\n" % i)
    await m.at(b"AT+CIPDINFO=1\r\n")
    w.dinfo.on = True


async def close(m, s):
    i = s.slot  # s.id may be gone: opening was given up
    s.slot = -1
    for _ in range(2):  # an answer is lost: the next stream there would be in active receive
        if i < 0 or m.state != 2:
            break
        try:
            if m.profile.passive:
                await m.at(m.profile.passive + b"=%d,1\r\n" % i)
            for other in m.engine.links:
                if other is not s and other is not None and other.comes_from:
                    break
            else:
                await m.at(b"AT+CIPDINFO=0\r\n")
                w = m.wire.dinfo
                if w:  # None: opening has failed before that
                    w.on = False
                    if w.kept:
                        await m.brief("udp_mode", "passive")
            break
        except OSError:
            pass
    await Socket.drop(s)
    s.held = 0
    s.begun = -1


async def target(m, addr):
    """How the address of a datagram is written behind AT+CIPSEND."""
    from .connect import address, resolve
    from .quote import build

    host, port = address(addr)
    if len(host) > 64:
        host = (await resolve(m, host, port))[0][4][0]
    return b"," + build(b"", (host, port))[1:]


async def attach(m, s, addr, mode):
    if mode not in (0, 1, 2):
        raise ValueError("mode: 0..2")
    af = s.af if s.af != 2 else 0
    found = await m.brief("connect", "resolve", addr[0], addr[1], af, 0, s.timeout)
    host, port = found[0][4]
    s.to = host, port
    s.mode = mode
    s.only = None
    await opened(m, s)
    first = 0 if ":" in host else int(host.split(".")[0])
    if not mode and 0 < first < 224:
        s.only = (b"%s,%d" if m.speak else b'"%s",%d') % (host.encode(), port)


async def membership(m, s, option, value):
    """IP_ADD_MEMBERSHIP: the link opens again, for that group (guide 3.3.6: a link hears one)."""
    if option not in (_IP_ADD_MEMBERSHIP, _IP_DROP_MEMBERSHIP):
        raise OSError(_EINVAL, "socket option")
    group = ".".join([str(x) for x in bytes(value)[:4]])
    s.group = group if option == _IP_ADD_MEMBERSHIP else None
    await opened(m, s)
