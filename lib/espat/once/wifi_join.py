# Joining a network: loaded for it, dropped after it.
from .quote import build, check, query, tell

# +CWJAP:<reason> -> errno and words (guide 3.2.5)
_REASONS = {
    1: (110, "timed out"),
    2: (13, "wrong key"),
    3: (2, "no such access point"),
    4: (103, "the access point refused"),
}


async def join(m, ssid, key, options):
    cmd, ms = command(ssid, key, **options)
    # Station mode; an access point that runs keeps running.
    if m.state != 2:
        await m.brief("start", "up")
    mode = int((await query(m, "AT+CWMODE?"))[0])
    if not mode & 1:
        await tell(m, "AT+CWMODE", mode | 1, 0)
    m.rejoin = None
    await run(m, cmd, ms)
    m.rejoin = (cmd, ms)


async def again(m):
    """After a reboot of the module: as before, and not the end of the world if it fails."""
    cmd, ms = m.rejoin
    await m.exchange(b"AT+CWMODE=1,0\r\n")
    if not await m.exchange(cmd, ms):
        m.wifi_state = 2


async def run(m, cmd, ms):
    reason = []
    result = await m.exchange(cmd, ms, reason.append, b"+CWJAP:")
    if not result:
        m.wifi_state = 2
        return
    from ..errors import WifiError, error

    code = m.engine.code
    try:
        r = int(reason[0][7:])
    except (IndexError, ValueError):
        raise error(cmd, result, code)
    errno, text = _REASONS.get(r, (103, "failed"))
    raise WifiError("AT+CWJAP", code, errno, text, r)


def command(
    ssid,
    key,
    bssid=None,
    timeout_s=15,
    reconnect_s=None,
    listen_interval=None,
    scan_all=None,
    pmf=None,
    pci=None,
):
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
    if timeout_s == 15:
        last = None
    else:
        last = timeout_s
    args = (ssid, key, bssid, pci, reconnect_s, listen_interval, scan_all, last, pmf)
    return build("AT+CWJAP", args), timeout_s * 1000 + 5000
