# How a link opens: names, AT+CIPSTART with all that its kind takes, why it failed. Loaded for the
# call. Knows no method of sockets but the steps of link.py, and nothing of the wire.
from ..compat import const, load, ticks_add, ticks_diff, ticks_ms
from ..link import Link
from .quote import build, query

_CONNECT = const(3)  # link.py
_CONNECT_MS = const(60000)  # longest that AT+CIPSTART may take (name, SYN retries)
_NAME_MS = const(30000)
_INET6 = const(10)
_EIO = const(5)
_EAGAIN = const(11)
_ENOMEM = const(12)
_EADDRINUSE = const(98)
_EAFNOSUPPORT = const(97)
_EISCONN = const(106)
_ETIMEDOUT = const(110)
_EHOSTUNREACH = const(113)


def address(addr):
    """(host, port) checked, before anything is sent."""
    host, port = addr[0], addr[1]
    if not isinstance(port, int) or not 0 < port < 65536:
        raise ValueError("port: 1..65535")
    if not host or len(host) > 255:
        raise ValueError("host: 1..255 characters")
    return host, port


def literal(host):
    return ":" in host or host.replace(".", "").isdigit()


async def resolve(m, host, port, af=0, type=0, ms=None):
    host, port = address((host, port or 1))[0], port
    if not literal(host):
        found = []
        try:
            network = 3 if af == _INET6 else 2 if af else None
            cmd = build(b"AT+CIPDOMAIN", (host, network))
            await m.at(cmd, min(ms or _NAME_MS, _NAME_MS), found.append, b"+CIPDOMAIN:")
            if not found:
                m.engine.lost = True  # the same
        except OSError as e:
            if e.errno != _EIO:  # no ATError: no answer
                raise
        if not found:
            raise OSError(-2, "no address: " + host)
        try:
            host = found[0][12:].strip(b'"').decode()
        except UnicodeError:
            raise OSError(_EIO, "no address: " + host)
    six = _INET6 if ":" in host else 2
    if af and af != six:
        raise OSError(-2, "no such address: " + host)
    return [(six, type or 1, 0, "", (host, port))]


async def open_link(m, s, addr, wait=True):
    """Connect socket s. wait False: return as soon as the command is on its way."""
    host, port = address(addr)
    if s.id >= 0:
        raise OSError(_EISCONN, "")
    while m.state != 2 or m.engine.lost and not m.engine.settle():
        await m.brief("start", "resync" if m.state == 2 else "up")
    s.peer = host, port
    name = host
    if len(host) > 64:  # the module takes no longer name (guide 3.3.6): resolve it first
        host = (await resolve(m, host, port, s.af if s.af == _INET6 else 0, 0, s.timeout))[0][4][0]
    links = m.engine.links
    i = await spare(m, links)
    server = m.server
    if server and wait and not (m.speak or s.secure or s.options or m.wire.set):
        # A client may take the link first: the module chooses (guide 3.3.7), server.py is told.
        cmd = b"AT+CIPSTARTEX=" + start(m, s, i, host, port)[14:]
    else:
        cmd = start(m, s, i, host, port)
        if m.speak:
            cmd = m.speak(cmd)[0]
        links[i] = s
        s.id = i
        server = None
    s.err = 0
    s.eof = s.hint = False
    try:
        if s.secure:
            await s.secure(m, i, name)
        # Options of the link's former user stay. The old set has one, which AT+CIPSTART says.
        if not m.speak and (s.options or m.wire.set >> i & 1):
            await load("once.sockmore").apply(m, i, s.options)
        e = m.engine
        while e.settle():
            await m.idle()
            if e.lost and not e.settle():
                await m.brief("start", "resync")
        s.job = _CONNECT
        e.ms = _CONNECT_MS
        e.busy = False
        e.start(s, cmd, len(cmd))
        if server:
            server.opening = s
        if not wait:
            return
        end = ticks_add(ticks_ms(), s.timeout) if s.timeout else None
        while s.settle():
            ms = 1000 if end is None else ticks_diff(end, ticks_ms())
            if ms <= 0:
                # The module cannot be stopped in a connect: whoever needs the link next closes it.
                if not server:
                    links[i] = Link(m)
                    links[i].dead = True
                m.engine.owner = None
                m.engine.lost = True  # or its answer was lost: the next command finds out
                m.engine.finish(2)
                s.job = 0
                s.id = -1
                raise OSError(_ETIMEDOUT, "")
            await m.idle(ms)
        if s.eof:
            m.engine.lost = True  # it has closed at once; or the answer was that of a close
        if s.id < 0 and not server:
            s.err = _EAGAIN  # a client has got our link
        elif not s.up:
            if end is not None and ticks_diff(end, ticks_ms()) <= 0:
                raise OSError(_ETIMEDOUT, "")  # the module was told the limit
            await explain(m, s, host)
        elif s.id < 0:
            m.engine.lost = True  # it was another command's OK
            s.up = False
            raise OSError(_EIO, "")
    finally:
        while wait and s.id < 0 and s.settle():
            await m.idle()
        if server and server.opening is s:
            server.opening = None
        if (wait or not s.job) and not s.up:
            await s.drop()
    if s.err == _EAGAIN:
        await open_link(m, s, addr)


async def spare(m, links):
    # The last ones first where a server gives its clients the first ones.
    for i in range(len(links)):
        if m.server:
            i = len(links) - 1 - i
        if links[i] is None:
            return i
        if links[i].dead:
            await m.at(b"AT+CIPCLOSE=%d\r\n" % i, force=True)
            return i
    raise OSError(_ENOMEM, "")


def start(m, s, i, host, port):
    """The AT+CIPSTART line (guide 3.3.6) of socket s as link i."""
    kind = s.kind
    if s.af == _INET6 or ":" in host:
        kind += "v6"
    ip, local_port = s.local or (None, 0)
    if kind[0] == "U":
        more = local_port or None, s.mode or None, ip
    else:
        more = s.options and s.options[3], ip
    if m.profile.timed and s.timeout:
        # The module gives up by itself, and is free again.
        more += (min(s.timeout, 60000),)
    return build(b"AT+CIPSTART", (i, kind, host, port) + more)


async def explain(m, s, host):
    # ERROR alone does not say why: no network, no such name, or nobody there.
    err = s.err
    if m.state == 2 and err != _ETIMEDOUT:
        if s.id >= 0 and not await m.at(b"AT+CIPCLOSE=%d\r\n" % s.id, force=True):
            s.err = _EAGAIN  # the link was open still: its end, or our wish for it, was lost
            return
        # Old firmware says nothing without a network; the first line is then old_words.py's.
        lines = [x for x in await query(m, b"AT+CIPSTA?") if x[:3] == b"ip:"]
        if lines[-1:] == [b'ip:"0.0.0.0"']:
            raise OSError(_EHOSTUNREACH, "")
        six = s.af == _INET6 or ":" in host
        if six and b"0" in await query(m, b"AT+CIPV6?"):
            raise OSError(_EAFNOSUPPORT, "IPv6 is off: wifi.ipv6(True), then join")
        if not literal(host) and not (m.speak and not m.speak.later):
            await resolve(m, host, 1, _INET6 if six else 0)
        if s.kind[0] == "S":
            await load("once.tls_fail").explain(m, s, host)
        if s.kind[0] == "U":
            err = _EADDRINUSE
    raise OSError(err, "")
