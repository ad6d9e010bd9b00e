# modem.ap: its own address, and those that its DHCP server gives. Loaded for a call.
from .address import addresses, dotted, three
from .quote import keep, unkeep


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
