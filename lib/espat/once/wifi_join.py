# Joining a network: loaded for it, dropped after it.
from .quote import build, check, mode, raw, remember, unkeep


async def connect(
    m,
    ssid=None,
    key=None,
    bssid=None,
    timeout_s=15,
    reconnect_s=None,
    listen_interval=None,
    scan_all=None,
    pmf=None,
    pci=None,
):
    """Join a network (AT+CWJAP, guide 3.2.5) and wait until there is an address.

    ssid, key: str or bytes; key None for an open network. Without ssid: the network that the
    module remembers, with its own arguments. bssid: 6 bytes, or text with colons. timeout_s:
    3..600. reconnect_s: 0..7200, how often the module tries again after a loss (0 never).
    listen_interval: 1..100 beacons. scan_all: look at all channels and take the strongest access
    point, not the first one. pmf: protected management frames: 0 none, bit 0 can, bit 1 must.
    pci: no open networks, no WEP. Raises WifiError: errno EACCES for a wrong key, ENOENT for an
    unknown network, ETIMEDOUT, ECONNABORTED; ValueError before anything is sent."""
    check("timeout_s", timeout_s, 3, 600)
    check("reconnect_s", reconnect_s, 0, 7200)
    check("listen_interval", listen_interval, 1, 100)
    check("pmf", pmf, 0, 3)
    ms = timeout_s * 1000 + 5000
    if ssid is None:
        cmd = b"AT+CWJAP\r\n"
    else:
        if timeout_s == 15:
            timeout_s = None  # the module's own default
        args = pci, reconnect_s, listen_interval, scan_all, timeout_s, pmf
        cmd = joining(ssid, key, bssid, args)
    await mode(m, 1)
    if m.speak:
        ms = 30000  # as long as it likes
    unkeep(m, cmd)
    reason = []
    if await m.at(cmd, ms, reason.append, b"+CWJAP:", force=True):
        fail(m, cmd, reason)
    m.wifi_state = 2
    remember(m, cmd, ms)


def joining(ssid, key=None, bssid=None, args=()):
    # The command for it, checked.
    ssid = raw(ssid)
    key = raw(key or b"")
    check("ssid: bytes", len(ssid), 1, 32)
    if key and len(key) != 5:  # of WEP
        check("key: characters", len(key), 8, 64)
    if bssid is not None:
        from .mac import mac_text

        bssid = mac_text(bssid)
    return build(b"AT+CWJAP", (ssid, key, bssid) + args)


def fail(m, cmd, reason):
    from ..errors import WifiError, error

    e = m.engine
    try:
        r = int(reason[0][7:])
    except (IndexError, ValueError):
        raise error(cmd, e.result, e.code)
    # +CWJAP:<reason> -> errno and words (guide 3.2.5)
    errno, text = {
        1: (110, "timed out"),
        2: (13, "wrong key"),
        3: (2, "no such access point"),
        4: (103, "the access point refused"),
    }.get(r, (103, "failed"))
    name = cmd.split(b"=")[0].strip().decode()  # a text of its own would stay in memory
    raise WifiError(name, e.code, errno, text, r)
