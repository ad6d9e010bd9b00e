# One receive mode for all links (AT+CIPRECVMODE of ESP-AT 2.x and AT 1.7): while there are datagram
# sockets it is active, since passive reads run datagrams together. Loaded when the first one opens
# and when the last one has closed. Owns what becomes of the streams that are open meanwhile.

_EBUSY = 16


async def active(m):
    """Streams that are open go on in active receive. OSError(EBUSY): the module holds data of
    one, of which nobody knows what becomes."""
    p = m.profile
    w = m.wire.dinfo
    links = m.engine.links
    if any(s is not None and s.passive for s in links):
        found = []
        await m.at(b"AT+CIPRECVLEN?\r\n", 5000, found.append, b"+CIPRECVLEN:")
        # What an unused link shows depends on the firmware: 0, -1.
        if any(int(n) > 0 for n in found[0][12:].split(b",")) if found else True:
            raise OSError(_EBUSY, "read what the other sockets have received, then open this one")
    await m.at(p.passive + b"=0\r\n")
    w.kept = p.passive
    p.passive = None
    for s in links:
        if s is not None:
            s.passive = False


async def passive(m):
    w = m.wire.dinfo
    await m.at(w.kept + b"=1\r\n")
    m.profile.passive = w.kept
    w.kept = None
    for s in m.engine.links:
        if s is not None and s.up and not s.comes_from:
            s.passive = s.hint = True
