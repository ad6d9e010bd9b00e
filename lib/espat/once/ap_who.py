# modem.ap: who is connected, and who it is itself. Loaded for a call.
from ..compat import load
from .fields import words
from .quote import keep, query, tell


async def stations(m):
    """Who is connected and has an address of ours: [(mac, ip)] (AT+CWLIF, guide 3.2.11)."""
    found = []
    await m.at(b"AT+CWLIF\r\n", 5000, found.append, b"+CWLIF:")
    mac_bytes = load("once.mac").mac_bytes
    both = [line[7:].split(b",") for line in found]
    return [(mac_bytes(x[1]), words(x)[0]) for x in both]


async def kick(m, mac=None):
    """Throw a station out (6 bytes or text), or all of them (AT+CWQIF, guide 3.2.12)."""
    if mac is None:
        await m.at(b"AT+CWQIF\r\n")
    else:
        await tell(m, b"AT+CWQIF", load("once.mac").mac_text(mac))


async def mac(m, value=None):
    """The access point's address, 6 bytes (AT+CIPAPMAC, guide 3.2.19); sets it if a value is
    given (6 bytes or text with colons)."""
    if value is None:
        return load("once.mac").mac_bytes((await query(m, b"AT+CIPAPMAC?"))[0])
    await keep(m, b"AT+CIPAPMAC", load("once.mac").own_mac(value))
