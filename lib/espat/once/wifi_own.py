# modem.wifi: who the station is, and what it has joined. Loaded for a call.
from ..compat import load
from .ask import numbers
from .quote import check, keep, query, unquote


async def mac(m, value=None):
    """The station's address, 6 bytes (AT+CIPSTAMAC, guide 3.2.18); sets it if a value is given (6
    bytes or text with colons; not while it is connected)."""
    if value is None:
        return load("once.mac").mac_bytes((await query(m, b"AT+CIPSTAMAC?"))[0])
    await keep(m, b"AT+CIPSTAMAC", load("once.mac").own_mac(value))


async def hostname(m, name=None):
    """The DHCP host name, 1..32 bytes (AT+CWHOSTNAME, guide 3.2.26)."""
    if name is None:
        return unquote((await query(m, b"AT+CWHOSTNAME?"))[0]).decode()
    name = name.encode() if isinstance(name, str) else name
    check("hostname", len(name), 1, 32)
    await keep(m, b"AT+CWHOSTNAME", name)


async def dhcp(m, on=None):
    """Switch the station's DHCP client on or off; without an argument: is it on? (AT+CWDHCP, guide
    3.2.13). Static addresses, see ifconfig(), switch it off."""
    if on is None:
        return bool((await numbers(m, b"AT+CWDHCP?"))[0] & 1)
    await keep(m, b"AT+CWDHCP", bool(on), 1)


async def info(m):
    """(ssid, bssid, channel, rssi, pci, reconnect_s, listen_interval, scan_all, pmf) of the network
    that the station has joined, None if there is none (AT+CWJAP?, guide 3.2.5). ssid and bssid are
    bytes; the others what connect() was told."""
    f = await load("once.wifi_more").joined(m)
    return parsed(f) if f else None


def parsed(f):
    return (f[0], load("once.mac").mac_bytes(f[1])) + tuple([int(x) for x in f[2:]])
