# modem.ap: its DHCP server. Loaded for a call.
from .address import dotted
from .ask import numbers
from .fields import words
from .quote import check, keep, query


async def dhcp(m, on=None):
    """Switch the access point's DHCP server on or off; without an argument: is it on? (AT+CWDHCP,
    guide 3.2.13). Switching it on undoes an address of one's own, see ifconfig()."""
    if on is None:
        return bool((await numbers(m, b"AT+CWDHCP?"))[0] & 2)
    await keep(m, b"AT+CWDHCP", bool(on), 2)


async def dhcp_range(m, lease_min=None, first=None, last=None):
    """The addresses that the DHCP server gives, first..last of the access point's own network, for
    lease_min minutes (1..2880) (AT+CWDHCPS, guide 3.2.14). "default": as from the factory.
    Without arguments: what is set. ATError without a DHCP server, or for another network."""
    if lease_min is None:
        f = (await query(m, b"AT+CWDHCPS?"))[0].split(b",")
        return (int(f[0]),) + tuple(words(f[1:3]))
    if lease_min == "default":
        await keep(m, b"AT+CWDHCPS", 0)
        return None
    check("lease_min", lease_min, 1, 2880)
    if number(first) > number(last):
        raise ValueError("first above last")
    await keep(m, b"AT+CWDHCPS", 1, lease_min, first, last)


def number(ip):
    value = 0
    for part in dotted(ip or "").split("."):
        value = value << 8 | int(part)
    return value
