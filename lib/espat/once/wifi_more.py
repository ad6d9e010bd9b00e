# modem.wifi's less frequent calls: scan, addresses, names, settings. Loaded for a call.
from .quote import check, query, tell, unquote


async def disconnect(m):
    """Leave the network (AT+CWQAP)."""
    m.rejoin = None
    await m.at(b"AT+CWQAP\r\n")
    m.wifi_state = 0  # WIFI DISCONNECT comes after the OK


async def status(m, param=None):
    """0 idle, 1 joined but no address yet, 2 joined with an address, 3 joining, 4 not joined
    (AT+CWSTATE). status("rssi"): the signal in dBm."""
    if param == "rssi":
        return await rssi(m)
    if param is not None:
        raise ValueError('"rssi"')
    state = int((await query(m, b"AT+CWSTATE?"))[0][:1])
    m.wifi_state = state if state < 3 else 0
    return state


async def joined(m):
    # The fields of AT+CWJAP?, cut from the right: an SSID may hold quotes and commas.
    lines = await query(m, b"AT+CWJAP?", 0)
    if not lines:
        return None
    line = lines[0]
    i = line.rfind(b'"')
    j = line.rfind(b'"', 0, i)
    return unquote(line[: j - 1]), line[j + 1 : i], line[i + 2 :].split(b",")


async def rssi(m):
    """The signal of the access point that we have joined, in dBm; None if there is none."""
    f = await joined(m)
    return int(f[2][1]) if f else None


async def ssid(m):
    """The network that we have joined (bytes), or None."""
    f = await joined(m)
    return f[0] if f else None


async def ifconfig(m, config=None):
    """(ip, netmask, gateway, dns) of the station (AT+CIPSTA, AT+CIPDNS). With such a tuple the
    addresses are set and DHCP is off; with "dhcp" it is on again."""
    if config == "dhcp":
        await tell(m, b"AT+CWDHCP", 1, 1)
        return None
    if config is not None:
        ip, mask, gateway, dns = config
        await tell(m, b"AT+CIPSTA", ip, gateway, mask)
        await tell(m, b"AT+CIPDNS", 1, dns)
        return None
    ip = mask = gateway = dns = "0.0.0.0"
    for line in await query(m, b"AT+CIPSTA?"):
        name, _, value = line.partition(b":")
        value = unquote(value).decode()
        if name == b"ip":
            ip = value
        elif name == b"netmask":
            mask = value
        elif name == b"gateway":
            gateway = value
    for line in await query(m, b"AT+CIPDNS?"):
        f = line.split(b",")
        if len(f) > 1:
            dns = unquote(f[1]).decode()
    return ip, mask, gateway, dns


async def mac(m, value=None):
    """The station's address, 6 bytes (AT+CIPSTAMAC); sets it if a value is given."""
    if value is not None:
        await tell(m, b"AT+CIPSTAMAC", mac_text(value))
        return None
    return mac_bytes((await query(m, b"AT+CIPSTAMAC?"))[0])


async def hostname(m, name=None):
    """The DHCP host name, at most 32 bytes (AT+CWHOSTNAME)."""
    if name is None:
        return unquote((await query(m, b"AT+CWHOSTNAME?"))[0]).decode()
    check("hostname", len(name), 1, 32)
    await tell(m, b"AT+CWHOSTNAME", name)


async def reconnect(m, interval_s=None, count=0):
    """How the module joins again by itself after a loss (AT+CWRECONNCFG): every interval_s
    (0 never, ..7200), count times (0 endless, ..1000). Without arguments: what is set."""
    if interval_s is None:
        line = (await query(m, b"AT+CWRECONNCFG?"))[0].split(b",")
        return int(line[0]), int(line[1])
    check("interval_s", interval_s, 0, 7200)
    check("count", count, 0, 1000)
    await tell(m, b"AT+CWRECONNCFG", interval_s, count)


async def scan(m):
    """The networks in range, as network.WLAN.scan() gives them: tuples (ssid, bssid, channel,
    RSSI, security, hidden) (AT+CWLAP)."""
    mode = int((await query(m, b"AT+CWMODE?"))[0])
    if not mode & 1:
        await tell(m, b"AT+CWMODE", mode | 1, 0)
    # Fields 0..4: security, SSID, RSSI, BSSID, channel; no more than is told below.
    await tell(m, b"AT+CWLAPOPT", 1, 31)
    found = []

    def line(text):
        ap = entry(text)
        if ap:
            found.append(ap)

    await m.at(b"AT+CWLAP\r\n", 20000, line, b"+CWLAP:")
    return found


def entry(text):
    """+CWLAP:(3,"ssid",-50,"aa:bb:cc:dd:ee:ff",1) as a tuple of network.WLAN.scan(). Cut from
    both ends: nothing is escaped in an answer, and an SSID may hold anything."""
    a = text.find(b',"')
    j = text.rfind(b'"')
    i = text.rfind(b'"', 0, j)
    b = text.rfind(b'",', 0, i - 1)
    try:
        ssid = text[a + 2 : b]
        rssi = int(text[b + 2 : i - 1])
        channel = int(text[j + 2 : text.rfind(b")")].split(b",")[0])
        security = int(text[text.find(b"(") + 1 : a])
        return ssid, mac_bytes(text[i : j + 1]), channel, rssi, security, not ssid
    except ValueError:
        return None


def mac_bytes(text):
    return bytes([int(x, 16) for x in bytes(text).strip(b'"').split(b":")])


def mac_text(mac):
    if isinstance(mac, str):
        mac = mac_bytes(mac.encode())
    if len(mac) != 6:
        raise ValueError("MAC address: 6 bytes")
    return ":".join(["%02x" % x for x in mac])
