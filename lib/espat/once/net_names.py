# modem.net: looking names up, pinging.
from ..compat import const
from .fields import answers, words
from .quote import build, check, keep, query

_LOOKUP_MS = const(30000)
_PING_MS = const(30000)
_ETIMEDOUT = const(110)
_NO_NAME = const(-2)  # EAI_NONAME


async def resolve(m, host, network=1, timeout_ms=None):
    """The address of a name, as text (AT+CIPDOMAIN, guide 3.3.5). network: 1 IPv4 if there is
    one, 2 IPv4, 3 IPv6. timeout_ms: 0..60000, 0 leaves it to the module; NotImplementedError
    with firmware before 3.4.1. Raises OSError(-2) if the name has no address."""
    return (await found(m, host, network, timeout_ms))[0]


async def resolve_all(m, host, network=1, timeout_ms=None):
    """All addresses of a name, as a list of texts; else as resolve(). network: 1 of both kinds, 2
    IPv4, 3 IPv6. NotImplementedError with firmware before 5.0."""
    return await found(m, host, network, timeout_ms, 1)


async def found(m, host, network, timeout_ms, every=None):
    check("network", network, 1, 3)
    check("timeout_ms", timeout_ms, 0, 60000)
    check("host: bytes", len(host.encode()), 1, 240)
    if timeout_ms or every:
        if m.state != 2:
            await m.brief("start", "up")
        p = m.profile
        # One that does not say what it is may have it.
        if p.version > (0, 0) and (every and p.version < (5, 0) or not p.timed):
            what = "show_all_ip" if every else "timeout"
            raise NotImplementedError("AT %d.%d has no AT+CIPDOMAIN " % p.version + what)
        timeout_ms = timeout_ms or 0
    elif network == 1:
        network = None
    cmd = build(b"AT+CIPDOMAIN", (host, network, timeout_ms, every))
    try:
        lines = await answers(m, cmd, (timeout_ms or 0) + _LOOKUP_MS)
    except OSError as e:
        # What a name without address gives; the first firmware tells no reasons.
        # (On CPython an errno of its own makes another class.)
        code = getattr(e, "code", None)
        if code is None or m.wifi_state in (0, 1) or not m.speak and code >> 16 != 0x010A:
            raise
        lines = None
    if not lines:
        raise OSError(_NO_NAME, "no address: " + host)
    return words(lines)


async def dns(m, *servers):
    """The name servers as (manual, [addresses]), or up to three to be used instead of those from
    DHCP; dns(None): those from DHCP again (AT+CIPDNS, guide 3.3.37)."""
    if not servers:
        f = (await query(m, b"AT+CIPDNS?"))[0].split(b",")
        return f[0] == b"1", words(f[1:])
    if servers == (None,):
        return await keep(m, b"AT+CIPDNS", 0)
    check("servers", len(servers), 1, 3)
    for i in range(len(servers)):
        if not address(servers[i]) or servers[i] in servers[:i]:
            raise ValueError("servers: different addresses")
    await keep(m, b"AT+CIPDNS", 1, *servers)


def address(text):
    # Four numbers up to 255, or something with colons and hexadecimal digits.
    f = text.lower().split(":")
    if len(f) > 2:
        return len(f) < 9 and not "".join(f).strip("0123456789abcdef")
    f = text.split(".")
    return len(f) == 4 and not [x for x in f if not x.isdigit() or int(x) > 255]


def silent(m):
    # An ERROR of the first firmware's, in a network, says that nobody has answered.
    return m.speak and m.wifi_state == 2


async def ping(m, host):
    """How many ms an echo takes (AT+PING, guide 3.3.36). ETIMEDOUT: no echo, or the name has no
    address."""
    check("host: bytes", len(host.encode()), 1, 240)
    cmd = build(b"AT+PING", (host,))
    lines = []
    try:
        await m.at(cmd, _PING_MS, lines.append, b"+PING:")
        return int(lines[-1][6:])
    except (IndexError, ValueError):
        raise OSError(5, "AT+PING: no time")
    except OSError as e:
        if lines and lines[-1][6:] == b"TIMEOUT" or type(e) is not OSError and silent(m):
            raise OSError(_ETIMEDOUT, "no echo from " + host)
        raise
