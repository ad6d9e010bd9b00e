# Addresses that an interface may have, and what AT+CIPSTA and AT+CIPAP say.
from .fields import words
from .quote import query


def dotted(text):
    """An IPv4 address, checked."""
    parts = text.split(".")
    if len(parts) != 4:
        raise ValueError("IPv4 address: " + text)
    for part in parts:
        if not part.isdigit() or len(part) > 3 or int(part) > 255:
            raise ValueError("IPv4 address: " + text)
    return text


async def addresses(m, name):
    """What AT+CIPSTA? or AT+CIPAP? says: a dictionary of texts."""
    found = {}
    for line in await query(m, name):
        name, _, value = line.partition(b":")
        found[name] = words((value,))[0]
    return found


def three(found):
    """(ip, netmask, gateway) of such a dictionary."""
    return tuple([found.get(name, "0.0.0.0") for name in (b"ip", b"netmask", b"gateway")])
