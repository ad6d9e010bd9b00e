# Arguments of ESP-AT's commands as the ESP8266's first firmware takes them. Loaded for one command.
# Owns what of them it has not; names are old_words.py's.
from .old_lacks import lacks

_MORE = {
    "CWJAP=": "pci reconnect_s listen_interval scan_all timeout_s pmf",
    "CWSAP=": "max_conn hidden",
}


def check(sp, name, a, most):
    if name == "CWMODE=" and a[0] == b"0":
        raise lacks(sp, "Wi-Fi mode 0")
    # How long a join may take is the firmware's own affair.
    for i in range(most, len(a)):
        if a[i] and name in _MORE and i - most != 4:
            what = _MORE[name].split(" ")[i - most]
            raise lacks(sp, "%s in AT+%s" % (what, name[:-1]))


def rewrite(sp, name, a):
    # Other arguments for the same command; None: there is no such command.
    if name == "CWLAP=":
        if not a[0] or len(a) > 3:
            raise lacks(sp, "scan of one channel" if len(a) == 3 else "passive scan")
    elif name == "SLEEP=":
        # Light and modem sleep have each other's numbers.
        if a[0] == b"3":
            raise lacks(sp, "sleep mode 3")
        a = [{b"1": b"2", b"2": b"1"}.get(a[0], a[0])]
    elif name == "CWDHCP=":
        # <on>,<bits: 1 station, 2 soft-AP> there; <0 soft-AP, 1 station, 2 both>,<on> here.
        a = [{b"1": b"1", b"2": b"0"}.get(a[1], b"2"), a[0]]
    elif name == "CIPSTART=":
        kind = a[1][1:-1]
        if kind[-2:] == b"v6":
            raise lacks(sp, "IPv6")
        if kind[:3] == b"SSL" and not sp.later:
            raise lacks(sp, "TLS")
        more = 6 if kind == b"UDP" else 5
        if b"" != b"".join(a[more:]):
            raise lacks(sp, "local address of a link")
        a = a[:more]
        if more == 5 and len(a) == 5 and a[4]:
            a[4] = b"%d" % (2 * int(a[4]))  # half seconds
        while not a[-1]:
            a.pop()
    elif name == "CIUPDATE=":
        if b"".join(a) not in (b"0", b"00"):
            raise lacks(sp, "choice of an update")
        a = []
    elif name == "SAVETRANSLINK=":
        if len(a) > 3 and a[3] not in (b'"TCP"', b'"UDP"'):
            raise lacks(sp, "passthrough over " + a[3].decode())
        if len(a) > 4:
            a[4:] = [b"0", a[4]] if a[3] == b'"UDP"' else [b"%d" % (2 * int(a[4]))]
    elif name == "CIPSERVER=":
        if a[0] == b"0":
            return a[:1]
        if len(a) > 2 and a[2] not in (b"", b'"TCP"'):
            raise lacks(sp, "TLS")
        a = a[:2]
    else:
        return None
    return a
