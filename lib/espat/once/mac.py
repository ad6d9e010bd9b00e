# MAC addresses, as the module writes them and as programs do.


def mac_bytes(text):
    """b'"02:..:05"' as 6 bytes; ValueError if it is none."""
    mac = bytes([int(x, 16) for x in bytes(text).strip(b'"').split(b":")])
    if len(mac) != 6:
        raise ValueError("MAC address: 6 bytes")
    return mac


def mac_text(mac):
    if isinstance(mac, str):
        mac = mac_bytes(mac.encode())
    if len(mac) != 6:
        raise ValueError("MAC address: 6 bytes")
    return ":".join(["%02x" % x for x in mac])


def own_mac(mac):
    """One that an interface may have: not a group's, not empty (guide 3.2.18)."""
    text = mac_text(mac)
    if int(text[:2], 16) & 1 or text == "00:00:00:00:00:00":
        raise ValueError("MAC address: not of a group, not empty")
    return text
