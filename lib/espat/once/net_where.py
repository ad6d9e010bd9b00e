# modem.net: what the module has: addresses, links.
from .fields import words
from .quote import query


async def addresses(m):
    """All addresses that the module has (AT+CIFSR, guide 3.3.14): a dictionary with "STAIP",
    "STAMAC", "APIP", "APMAC", "STAIP6LL", "STAIP6GL" ..., as far as they exist."""
    lines = []
    await m.at(b"AT+CIFSR\r\n", 5000, lines.append, b"+CIFSR:")
    found = [words(text[7:].split(b",", 1)) for text in lines]
    if m.speak and [x for x in found if len(x) < 2]:
        # AT 0.30 has no names: the access point comes first, if it is on.
        names = ["APIP", "STAIP"]
        if (await query(m, b"AT+CWMODE?"))[0] == b"1":
            del names[0]
        return dict(zip(names, [x[-1] for x in found]))
    return dict([x[:2] for x in found if len(x) > 1])


async def connections(m):
    """What the module says of its links (AT+CIPSTATE, guide 3.3.3): a list of (link, kind, remote
    address, remote port, local port, is the module the server?)."""
    if m.state != 2:
        await m.brief("start", "up")
    if (0, 0) < m.profile.version < (2, 2):
        return (await status(m))[1]
    return [_link(text) for text in await query(m, b"AT+CIPSTATE?", 0)]


def _link(text):
    f = text.split(b",")
    kind, address = words(f[1:3])
    return int(f[0]), kind, address, int(f[3]), int(f[4]), f[5] == b"1"


async def status(m):
    """The older question (AT+CIPSTATUS, guide 3.3.4): (state, what connections() gives). state:
    0 not initialised, 1 idle, 2 has an address, 3 has links, 4 all links closed, 5 not joined."""
    lines = []
    await m.at(b"AT+CIPSTATUS\r\n", 5000, lines.append)
    state = None
    found = []
    for text in lines:
        if text[:7] == b"STATUS:" and text[7:8].isdigit():
            state = int(text[7:8])
        elif text[:11] == b"+CIPSTATUS:":
            found.append(_link(text[11:]))
    if state is None:
        raise OSError(5, "AT+CIPSTATUS: no state")
    return state, found
