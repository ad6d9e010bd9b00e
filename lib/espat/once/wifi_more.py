# modem.wifi: the state of the station, and leaving. Loaded for a call.
from .quote import query, unkeep, unquote


async def disconnect(m):
    """Leave the network, and do not join it again by itself (AT+CWQAP, guide 3.2.9)."""
    unkeep(m, b"AT+CWJAP")
    await m.at(b"AT+CWQAP\r\n")
    m.wifi_state = 0  # WIFI DISCONNECT comes after the OK


async def status(m, param=None):
    """0 idle, 1 joined but no address yet, 2 joined with an address, 3 joining, 4 not joined, -1
    when noise spoilt the answer (AT+CWSTATE, guide 3.2.4). status("rssi"): the signal in dBm;
    status("ssid"): the network that it has joined, joins or had last (bytes)."""
    if param == "rssi":
        return await rssi(m)
    if param not in (None, "ssid"):
        raise ValueError('"rssi", "ssid"')
    try:
        line = (await named(m, b"AT+CWSTATE?", 1))[0]
    except Exception:
        if m.profile.version > (2, 1):
            raise
        return await m.brief("old_state", "status", param)
    if line[2:3] == b'"' and (len(line) < 4 or line[-1:] != b'"'):
        m.engine.lost = True
    if param:
        return unquote(line[2:])
    state = b"01234".find(line[:1])
    m.wifi_state = state if state < 3 else 0
    return state


async def named(m, cmd, least):
    # The network's name in an answer may hold line ends, and what looks like OK or ERROR: whoever
    # sees that it does sets `lost`, so that the next command finds out where answers begin.
    try:
        return await query(m, cmd, least)
    except OSError:
        m.engine.lost = True
        raise


async def joined(m):
    # The fields of AT+CWJAP?, cut from the right: nothing is escaped in an answer, and an SSID may
    # hold anything.
    lines = await named(m, b"AT+CWJAP?", 0)
    if not lines:
        return None
    line = lines[0]
    i = line.rfind(b'"')
    j = line.rfind(b'"', 0, i)
    if j < 1:
        m.engine.lost = True
    return [unquote(line[: j - 1]), line[j + 1 : i]] + line[i + 2 :].split(b",")


async def rssi(m):
    """The signal of the access point that we have joined, in dBm; None if there is none."""
    try:
        return int((await joined(m))[3])
    except (TypeError, ValueError, IndexError):
        return None


async def ssid(m):
    """The network that we have joined (bytes), or None."""
    return (await joined(m) or (None,))[0]
