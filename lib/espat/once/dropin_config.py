# WLAN.config() and WLAN.ipconfig() (dropin_network.py): loaded for a call. `wait` and `part` as in
# dropin_wlan.py.


def config(wait, wlan, *args, **kw):
    """config("mac"), config(hostname="x"): mac, ssid, channel, hostname, reconnects; of the access
    point ssid, key, security, channel, hidden, max_clients, mac."""
    if args and (kw or len(args) > 1):
        raise TypeError("config: one name, or name=value")
    part = wlan.part
    if args:
        name = args[0]
        if name in ("ssid", "essid"):
            value = wait(part.config, "ssid") if wlan.ap else wait(part.ssid) or b""
            return value.decode() if isinstance(value, bytes) else value
        if name == "mac":
            return wait(part.mac)
        if wlan.ap:
            return wait(part.config, name)
        if name == "hostname":
            return wait(part.hostname)
        if name == "channel":
            found = wait(part.info)
            return found[2] if found else 0
        if name == "reconnects":
            return wait(part.reconnect)[1]
        raise ValueError("unknown config param")
    more = {}
    for name in kw:
        value = kw[name]
        if name == "mac":
            wait(part.mac, value)
        elif wlan.ap:
            more[{"essid": "ssid", "password": "key", "authmode": "security"}.get(name, name)] = (
                value
            )
        elif name == "hostname":
            wait(part.hostname, value)
        elif name == "reconnects":
            # As on a board: -1 is for ever, 0 never.
            wait(part.reconnect, 1 if value else 0, value if value > 0 else 0)
        else:
            raise ValueError("unknown config param")
    if more:
        wait(part.config, **more)
    return None


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
