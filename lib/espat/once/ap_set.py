# modem.ap: name, key, channel, stations. Loaded for a call.
from .ask import numbers, switch
from .quote import build, check, mode, query, raw, remember


async def active(m, on=None):
    """Switch the access point on or off; the station stays as it is (AT+CWMODE, guide 3.2.3).
    Without an argument: is it on?"""
    if on is None:
        return bool((await numbers(m, b"AT+CWMODE?"))[0] & 2)
    await mode(m, 2 if on else 0, 0 if on else 2)


async def config(m, ssid=None, key=None, channel=1, security=None, max_stations=None, hidden=False):
    """Switch the access point on with this name and key (AT+CWSAP, guide 3.2.10); who is connected
    is thrown out. ssid: 1..32 bytes; key: 8..63 characters, None for an open network. channel:
    1..14; with a joined station it is that one's. security: 0 open, 2 WPA, 3 WPA2 (with a key the
    default), 4 WPA/WPA2. max_stations: 1..10. hidden: the name is not sent out. Without
    arguments: (ssid, key, channel, security, max_stations, hidden) as they are."""
    if ssid is None:
        return shown((await query(m, b"AT+CWSAP?"))[0])
    cmd = described(ssid, key, channel, security, max_stations, hidden)
    await mode(m, 2)
    await m.at(cmd)
    remember(m, cmd)


def described(ssid, key, channel, security=None, max_stations=None, hidden=False):
    # The command for it, checked.
    ssid = raw(ssid)
    key = raw(key or b"")
    if security is None:
        security = 3 if key else 0
    if security not in (0, 2, 3, 4):
        raise ValueError("security: 0, 2, 3 or 4")
    check("ssid", len(ssid), 1, 32)
    if security or key:
        check("key", len(key), 8 if security else 0, 64 if security else 0)
    check("channel", channel, 1, 14)
    check("max_stations", max_stations, 1, 10)
    # What is not told is as it comes from the factory.
    args = ssid, key, channel, security, max_stations, 1 if hidden else None
    return build(b"AT+CWSAP", args)


def shown(line):
    # "name","key",5,3,10,0: nothing is escaped, both may hold quotes and commas.
    numbers = line.split(b",")[-4:]
    line = line[: -len(b",".join(numbers)) - 1]
    i = line.find(b'","')
    while i >= 0:
        ssid = line[1:i]
        key = line[i + 3 : -1]
        if 1 <= len(ssid) <= 32 and (not key or 8 <= len(key) <= 64):
            break
        i = line.find(b'","', i + 1)
    else:
        raise ValueError
    return ssid, key, int(numbers[0]), int(numbers[1]), int(numbers[2]), numbers[3] == b"1"


async def protocol(m, bits=None):
    """The 802.11 variants of the access point: b 1, g 2, n 4 (AT+CWAPPROTO, guide 3.2.16)."""
    return await switch(m, b"AT+CWAPPROTO", bits, 1, 7, True)
