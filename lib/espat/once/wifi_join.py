# Joining a network: loaded for it, dropped after it.
from .quote import build, check, query, tell


async def connect(
    m,
    ssid,
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

    ssid, key: str or bytes; key None for an open network. bssid: 6 bytes, or text with colons.
    timeout_s: 3..600. reconnect_s: 0..7200. listen_interval: 1..100. scan_all: bool. pmf: 0..3.
    pci: bool. Raises WifiError: errno EACCES for a wrong key, ENOENT for an unknown network,
    ETIMEDOUT, ECONNABORTED; ValueError before anything is sent."""
    ssid = ssid.encode() if isinstance(ssid, str) else bytes(ssid)
    key = key.encode() if isinstance(key, str) else bytes(key or b"")
    check("ssid: bytes", len(ssid), 1, 32)
    if key:
        check("key: characters", len(key), 8, 64)
    check("timeout_s", timeout_s, 3, 600)
    check("reconnect_s", reconnect_s, 0, 7200)
    check("listen_interval", listen_interval, 1, 100)
    check("pmf", pmf, 0, 3)
    if bssid:
        from .wifi_more import mac_text

        bssid = mac_text(bssid)
    ms = timeout_s * 1000 + 5000
    if timeout_s == 15:
        timeout_s = None  # the module's own default
    args = (ssid, key, bssid, pci, reconnect_s, listen_interval, scan_all, timeout_s, pmf)
    cmd = build(b"AT+CWJAP", args)
    # Station mode; an access point that runs keeps running.
    mode = int((await query(m, b"AT+CWMODE?"))[0])
    if not mode & 1:
        await tell(m, b"AT+CWMODE", mode | 1, 0)
    m.rejoin = None
    reason = []
    if await m.at(cmd, ms, reason.append, b"+CWJAP:", force=True):
        fail(m, cmd, reason)
    m.wifi_state = 2
    m.rejoin = cmd, ms


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
    raise WifiError("AT+CWJAP", e.code, errno, text, r)


async def again(m):
    """After a reboot of the module: as before, and not the end of the world if it fails."""
    cmd, ms = m.rejoin
    await m.at(b"AT+CWMODE=1,0\r\n", force=True)
    if not await m.at(cmd, ms, force=True):
        m.wifi_state = 2
