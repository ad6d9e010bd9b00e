# modem.wifi.scan and scan_iter: their arguments, checked, as commands. What comes back is
# wifi_air.py's. Loaded for a call.
from ..compat import const, load
from .quote import build, check, raw

# What is asked for: security, name, RSSI, BSSID, channel and four numbers more, so that what
# follows a name is longer than a name, and no name can hold it; or all there is.
_FIELDS = const(0x1FF)
_ALL = const(0x7FF)


def scan_iter(
    m,
    ssid=None,
    bssid=None,
    channel=None,
    passive=False,
    min_ms=None,
    max_ms=None,
    rssi=-100,
    security=0xFFFF,
    details=False,
):
    """As scan(), one network at a time: `for ap in modem.wifi.scan_iter()`, with asyncio `async
    for`. Holds one channel's networks in a compact form, whatever their number; the modem can be
    used in the loop."""
    plan = planned(ssid, bssid, channel, passive, min_ms, max_ms, rssi, security, details)
    return load("once.wifi_found").Found(m, plan)


async def scan(
    m,
    ssid=None,
    bssid=None,
    channel=None,
    passive=False,
    min_ms=None,
    max_ms=None,
    rssi=-100,
    security=0xFFFF,
    details=False,
):
    """The networks in range, as network.WLAN.scan() gives them: a list of tuples (ssid, bssid,
    channel, RSSI in dBm, security, hidden) (AT+CWLAP, AT+CWLAPOPT, guide 3.2.7, 3.2.8).

    ssid: only this one, also if it is hidden; bssid: 6 bytes or text; channel: 1..14. passive:
    listen only. min_ms, max_ms: 0..1500 per channel. rssi: -100..40, no weaker ones. security: a
    mask, bit n for security n (0 open, 1 WEP, 2 WPA, 3 WPA2, 4 WPA/WPA2, 5 WPA2 enterprise, 6
    WPA3, 7 WPA2/WPA3, 8 WAPI, 9 OWE). details: six numbers more in each tuple: frequency offset,
    its calibration, pairwise and group cipher, 802.11 bits (b 1, g 2, n 4), has WPS. The module
    leaves its network for a moment on each channel. ValueError before anything is sent; OSError
    (ENOBUFS) if records were lost on the wire, twice."""
    plan = planned(ssid, bssid, channel, passive, min_ms, max_ms, rssi, security, details)
    return await m.brief("wifi_air", "one_scan", plan[0], None, plan, list)


def planned(ssid, bssid, channel, passive, min_ms, max_ms, rssi, security, details):
    # (command, what follows the channel in it, AT+CWLAPOPT, without filters, details, limit)
    if ssid is not None:
        ssid = raw(ssid)
        check("ssid: bytes", len(ssid), 1, 32)
    check("channel", channel, 1, 14)
    check("min_ms", min_ms, 0, 1500)
    check("max_ms", max_ms, 0, 1500)
    if max_ms and min_ms and min_ms > max_ms:
        raise ValueError("min_ms above max_ms")
    check("rssi", rssi, -100, 40)
    check("security", security, 0, 0xFFFF)
    if bssid is not None:
        bssid = load("once.mac").mac_text(bssid)
    how = None, None, None
    if passive or min_ms or max_ms:
        how = 1 if passive else 0, min_ms or 0, max_ms or 0
    return (
        build(b"AT+CWLAP", (ssid, bssid, channel) + how),
        build(b"", (None, None, None) + how)[3:] if how[2] is not None else b"\r\n",
        build(b"AT+CWLAPOPT", (1, _ALL if details else _FIELDS, rssi, security)),
        rssi == -100 and security == 0xFFFF and not details,
        details,
        8000 + 14 * max(max_ms or 0, 400),
    )
