# The less frequent methods of a socket: bind, options, names, listen. Loaded for a call, dropped
# again. They are given the socket; opening a link is connect.py's, a server is server.py's.
from ..compat import const

_SOL_SOCKET = const(1)
_IPPROTO_IP = const(0)
_IPPROTO_TCP = const(6)
# Numbers of lwIP, which most boards' own `socket` has too.
_SO_REUSEADDR = const(4)
_SO_KEEPALIVE = const(8)
_SO_BROADCAST = const(32)
_SO_LINGER = const(128)
_SO_SNDTIMEO = const(4101)
_TCP_NODELAY = const(1)
_TCP_KEEPIDLE = const(3)

_EINVAL = const(22)
_ENOTCONN = const(107)


async def bind(s, addr):
    """Choose the local address (ip, port); "" or "0.0.0.0" leaves the choice to the module. UDP:
    opens the link, which receives from then on. TCP: the port is that of listen(), and so is the
    address with firmware after v3.4 (AT+CIPSERVER, netif); older firmware listens on all."""
    ip, port = addr[0], addr[1]
    if not isinstance(port, int) or not 0 <= port < 65536:
        raise ValueError("port: 0..65535")
    if len(ip) > 64:
        raise ValueError("local address: at most 64 characters")
    s.local = (None if ip in ("", "0.0.0.0", "::") else ip), port
    if s.kind[0] == "U":
        await s.opened()


async def listen(s, backlog=4, idle_s=0):
    """Be the module's server on the port of bind() (AT+CIPSERVER, guide 3.3.16). One client may
    be served and `backlog` wait, five at most (AT+CIPSERVERMAXCONN); more are refused. idle_s:
    who sends nothing for so long is closed, 0 (never) ..7200 (AT+CIPSTO). The server comes back
    when the module reboots. OSError(EADDRINUSE): a module has one server."""
    await s.m.brief("serve", "listen", s, backlog, idle_s)


async def accept(s):
    """The next client: (socket, (ip, port)). Waits as settimeout() says."""
    raise OSError(_EINVAL, "listen() first")


async def stop(s, clients=False):
    """End the server; clients: close their links too (AT+CIPSERVER=0,1). close() keeps them."""
    if s.server:
        await s.m.brief("serve", "end", s, not clients)


async def send_long(s, source, size=None, progress=None, report=None, transmit=None):
    """Send with one command for all: source is bytes, or a stream with readinto(); size: how many
    of it (AT+CIPSENDL, guide 3.3.10), 1..2147483647. progress(sent, taken) is called on the way,
    every `report` bytes (100..1048576); transmit: bytes of a packet, 100..2920 (AT+CIPSENDLCFG,
    guide 3.3.11); firmware without it gets pieces (AT+CIPSEND). A stream whose size is not given
    is sent to its end (AT+CIPSENDEX, guide 3.3.12). Returns how many bytes were sent. Wants
    flow control. Errors as send()."""
    return await s.m.brief("send_long", "send_long", s, source, size, progress, report, transmit)


async def queue(s):
    """From now on send() waits only until the module has the bytes, not until the other side has
    confirmed them (AT+CIPSENDBUF): several times faster over a slow network. AT 0.30 to 1.7 only;
    with others NotImplementedError, and no need: they never wait so long. A loss ends the
    link: the next call raises ECONNRESET; flush() and close() wait and tell."""
    await s.m.brief("queue_set", "queue", s)


async def flush(s):
    """Wait until the other side has confirmed all that queue() let go, as long as settimeout()
    says, else 20 s (AT+CIPCHECKSEQ). Without queue() there is nothing to wait for."""
    await s.m.brief("queue_set", "flush", s)


async def room(s):
    """After queue(): how many bytes the module's send buffer has room for (AT+CIPBUFSTATUS)."""
    return await s.m.brief("queue_set", "room", s)


async def available(s):
    """How many bytes can be received at once (AT+CIPRECVLEN, guide 3.3.35)."""
    n = s.ring.n if s.ring else 0
    if s.up and s.passive and s.id >= 0:
        found = []
        await s.m.at(b"AT+CIPRECVLEN?\r\n", 5000, found.append, b"+CIPRECVLEN:")
        if found:
            f = found[0][12:].split(b",")
            n += int(f[s.id]) if len(f) > s.id else 0
    return n


async def setsockopt(s, level, option, value):
    """SO_LINGER (struct of two integers, or seconds, -1 off), TCP_NODELAY, SO_SNDTIMEO (struct
    timeval, or ms), SO_KEEPALIVE (0, 1 or seconds), TCP_KEEPIDLE (seconds, ..7200): AT+CIPTCPOPT,
    guide 3.3.39. SO_REUSEADDR and SO_BROADCAST mean nothing to a module. UDP also:
    IP_ADD_MEMBERSHIP. OSError(EINVAL) for others; ValueError out of range."""
    if level == _IPPROTO_IP and s.kind[0] == "U":
        await s.m.brief("udp_open", "membership", s, option, value)
        return
    if level != _IPPROTO_TCP and option in (_SO_REUSEADDR, _SO_BROADCAST):
        return
    if not isinstance(value, int):
        a, b = numbers(value)
        if option == _SO_LINGER:
            value = b if a else -1
        else:
            value = a * 1000 + b // 1000
    i = high = 0
    low = 0
    if level == _IPPROTO_TCP:
        if option == _TCP_NODELAY:
            i, value, high = 1, int(bool(value)), 1
        elif option == _TCP_KEEPIDLE:
            i, high = 3, 7200
    elif option == _SO_LINGER:
        low, high = -1, 0xFFFF
    elif option == _SO_SNDTIMEO:
        i, high = 2, 0x7FFFFFFF
    elif option == _SO_KEEPALIVE:
        i, high = 3, 7200
        if value is True or value == 1:
            value = 7200
    if not high:
        raise OSError(_EINVAL, "socket option")
    if not low <= value <= high:
        raise ValueError("socket option: %d..%d" % (low, high))
    options = list(s.options or (-1, 0, 0, 0))
    options[i] = value
    if s.up or s.m.speak and i < 3:
        await apply(s.m, s.id, options)
    s.options = options


def numbers(value):
    # A struct of two integers of 4 or 8 bytes, as struct.pack("ii") or ("ll") makes it.
    half = len(value) // 2
    if half not in (4, 8):
        raise OSError(_EINVAL, "socket option")
    a, b = bytes(value[:half]), bytes(value[half:])
    return int.from_bytes(a, "little"), int.from_bytes(b, "little")


async def apply(m, i, options):
    # Link i has these options from now on; None: it has none.
    linger, nodelay, limit_ms, keep_s = options or (-1, 0, 0, 0)
    await m.at(b"AT+CIPTCPOPT=%d,%d,%d,%d,%d\r\n" % (i, linger, nodelay, limit_ms, keep_s))
    w = m.wire
    w.set = w.set | 1 << i if options else w.set & ~(1 << i)


async def state(s):
    # The link's fields of AT+CIPSTATE? (guide 3.3.3; AT+CIPSTATUS where that is not known).
    if s.id < 0 or not s.up:
        raise OSError(_ENOTCONN, "")
    m = s.m
    found = []
    try:
        await m.at(b"AT+CIPSTATE?\r\n", 5000, found.append, b"+CIPSTATE:")
    except OSError as e:
        if not hasattr(e, "code"):
            raise
        await m.at(b"AT+CIPSTATUS\r\n", 5000, found.append, b"+CIPSTATUS:")
    for line in found:
        f = line.split(b":", 1)[1].split(b",")
        if f[0] == b"%d" % s.id:
            return f
    raise OSError(_ENOTCONN, "")


async def getpeername(s):
    """(ip, port) of the other side (AT+CIPSTATE, guide 3.3.3; or AT+CIPSTATUS, 3.3.4)."""
    f = await state(s)
    return f[2].strip(b'"').decode(), int(f[3])


async def getsockname(s):
    """(ip, port) of this side; the address is the station's unless bind() has chosen one."""
    ip, port = s.local or (None, 0)
    if s.id >= 0:
        port = int((await state(s))[4])
    if ip is None:
        ip = (await s.m.brief("wifi_ip", "ifconfig"))[0]
    return ip, port
