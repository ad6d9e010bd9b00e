# WLAN.config() and WLAN.ipconfig() (dropin_network.py): loaded for a call. `wait` and `part` as in
# dropin_wlan.py.


# Other names for the same, and the order of modem.ap.config().
_SAME = {"essid": "ssid", "password": "key", "authmode": "security", "max_clients": "max_stations"}
_ORDER = ("ssid", "key", "channel", "security", "max_stations", "hidden")


def config(wait, wlan, *args, **kw):
    """config("mac"), config(hostname="x"): mac, ssid, channel, hostname, reconnects; of the access
    point mac, ssid, key, channel, security, max_clients, hidden."""
    if args and (kw or len(args) > 1):
        raise TypeError("config: one name, or name=value")
    part = wlan.part
    if args:
        return ask(wait, part, wlan.ap, _SAME.get(args[0], args[0]))
    more = {}
    for name in kw:
        value = kw[name]
        name = _SAME.get(name, name)
        if name == "mac":
            wait(part.mac, value)
        elif wlan.ap and name in _ORDER:
            more[name] = value
        elif wlan.ap:
            raise ValueError("unknown config param")
        elif name == "hostname":
            wait(part.hostname, value)
        elif name == "reconnects":
            # As on a board: -1 is for ever, 0 never.
            wait(part.reconnect, 1 if value else 0, value if value > 0 else 0)
        else:
            raise ValueError("unknown config param")
    if more:
        now = list(wait(part.config))
        if "key" in more and "security" not in more:
            now[3] = None if more["key"] else 0
        wait(part.config, *[more.get(_ORDER[i], now[i]) for i in range(6)])
    return None


def ask(wait, part, ap, name):
    if name == "mac":
        return wait(part.mac)
    if ap and name in _ORDER:
        value = wait(part.config)[_ORDER.index(name)]
        return value.decode() if isinstance(value, bytes) else value
    if ap:
        raise ValueError("unknown config param")
    if name == "ssid":
        return (wait(part.ssid) or b"").decode()
    if name == "hostname":
        return wait(part.hostname)
    if name == "channel":
        found = wait(part.info)
        return found[2] if found else 0
    if name == "reconnects":
        return wait(part.reconnect)[1]
    raise ValueError("unknown config param")


def ipconfig(wait, wlan, param=None, **kw):
    """ipconfig("addr4") -> (ip, netmask), ipconfig("gw4"), ipconfig("dhcp4");
    ipconfig(addr4=(ip, netmask) or "ip/24" or "dhcp", gw4=ip, dhcp4=True)."""
    part = wlan.part
    if param is not None:
        ip, mask, gateway, _ = wait(part.ifconfig)
        if param == "addr4":
            return ip, mask
        if param == "gw4":
            return gateway
        if param == "dhcp4" and not wlan.ap:
            return bool(wait(part.dhcp))
        raise ValueError("unknown ipconfig param")
    for name in kw:
        if name not in ("addr4", "gw4", "dhcp4"):
            raise ValueError("unknown ipconfig param")
    addr = kw.get("addr4")
    if kw.get("dhcp4") or addr == "dhcp":
        return wait(part.ifconfig, "dhcp")
    ip, mask, gateway, dns = wait(part.ifconfig)
    if isinstance(addr, str):
        addr, _, bits = addr.partition("/")
        ip = addr
        if bits:
            n = (0xFFFFFFFF << (32 - int(bits))) & 0xFFFFFFFF
            mask = ".".join([str(n >> k & 255) for k in (24, 16, 8, 0)])
    elif addr:
        ip, mask = addr
    return wait(part.ifconfig, (ip, mask, kw.get("gw4", gateway), dns))
