# modem.ap: its own address, and those that its DHCP server gives. Loaded for a call.
from .address import addresses, dotted, three
from .quote import check, keep, query, unkeep, unquote


async def ifconfig(m, config=None):
    """(ip, netmask, gateway, dns) of the access point (AT+CIPAP, guide 3.2.21); it has no DNS, so
    that is 0.0.0.0. With such a tuple (dns may be missing) the address is set: who is connected is
    thrown out, and the firmware switches the DHCP server off. With "dhcp" the address is again as
    it comes from the factory, and the DHCP server on."""
    if config == "dhcp":
        unkeep(m, b"AT+CIPAP")
        await keep(m, b"AT+CWDHCP", 1, 2)
        return None
    if config is not None:
        ip, mask, gateway = [dotted(x) for x in config[:3]]
        await keep(m, b"AT+CIPAP", ip, gateway, mask)
        return None
    return three(await addresses(m, b"AT+CIPAP?")) + ("0.0.0.0",)


async def ipv6(m):
    """The link-local IPv6 address of the access point, "" without (AT+CIPAP?)."""
    return (await addresses(m, b"AT+CIPAP?")).get(b"ip6ll", "")


async def dhcp(m, on=None):
    """Switch the access point's DHCP server on or off; without an argument: is it on? (AT+CWDHCP,
    guide 3.2.13). Switching it on undoes an address of one's own, see ifconfig()."""
    if on is None:
        return bool(int((await query(m, b"AT+CWDHCP?"))[0]) & 2)
    await keep(m, b"AT+CWDHCP", bool(on), 2)


async def dhcp_range(m, lease_min=None, first=None, last=None):
    """The addresses that the DHCP server gives, first..last of the access point's own network, for
    lease_min minutes (1..2880) (AT+CWDHCPS, guide 3.2.14). "default": as from the factory.
    Without arguments: what is set. ATError without a DHCP server, or for another network."""
    if lease_min is None:
        f = (await query(m, b"AT+CWDHCPS?"))[0].split(b",")
        return int(f[0]), unquote(f[1]).decode(), unquote(f[2]).decode()
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
