# modem.wifi: the station's addresses. Loaded for a call.
from .address import addresses, dotted, three
from .fields import words
from .quote import keep, query


async def ifconfig(m, config=None):
    """(ip, netmask, gateway, dns) of the station (AT+CIPSTA, guide 3.2.20; AT+CIPDNS, 3.3.29). With
    such a tuple the addresses are set and DHCP is off; with "dhcp" it is on again."""
    if config == "dhcp":
        await keep(m, b"AT+CWDHCP", 1, 1)
        await keep(m, b"AT+CIPDNS", 0)
        return None
    if config is not None:
        ip, mask, gateway, dns = [dotted(x) for x in config]
        await keep(m, b"AT+CIPDNS", 1, dns)
        await keep(m, b"AT+CIPSTA", ip, gateway, mask)
        return None
    dns = "0.0.0.0"
    found = await addresses(m, b"AT+CIPSTA?")
    for line in await query(m, b"AT+CIPDNS?"):
        f = line.split(b",")
        if len(f) > 1:
            dns = words(f)[1]
    return three(found) + (dns,)


async def ipv6(m, on=None):
    """(link-local, global) address of the station, "" for one that it has not got (AT+CIPSTA?).
    on: switch IPv6 on or off (AT+CIPV6, guide 3.3.2); a station gets its addresses when it joins
    the next time."""
    if on is not None:
        await keep(m, b"AT+CIPV6", bool(on))
        return None
    found = await addresses(m, b"AT+CIPSTA?")
    return found.get(b"ip6ll", ""), found.get(b"ip6gl", "")
