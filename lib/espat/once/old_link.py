# What opens something, in the words of the ESP8266's first command set: links, the server, the link
# of the next boot. Loaded for one command. Owns their arguments.
from ..compat import load


def say(sp, name, a, answer, prefix, force):
    if name == "CIPSTART=":
        k = a[0][:1] != b'"'  # passthrough's has no number
        kind = a[k][1:-1]
        if kind[-2:] == b"v6":
            raise sp.lacks("IPv6")
        if kind[:3] == b"SSL" and not sp.later:
            raise sp.lacks("TLS (the host may have it: dropin.install(modem, host_tls=True))")
        udp = kind == b"UDP"
        more = k + 4 + udp
        if b"".join(a[more:]):
            raise sp.lacks("local address of a link")
        a = a[:more]
        if not udp and len(a) == more and a[-1]:
            a[-1] = b"%d" % min(2 * int(a[-1]), 7200)  # half seconds, an hour at most
        while not a[-1]:
            a.pop()
    elif name == "CIPSERVER=":
        if a[0] == b"0":
            a = a[:1]
        elif len(a) > 2 and a[2] not in (b"", b'"TCP"'):
            raise sp.lacks("IPv6" if b"v6" in a[2] else "TLS")
        a = a[:2]
    elif sp.early:
        raise load("once.old_lacks").command(sp, name)
    elif len(a) > 1:
        if len(a) > 3 and a[3] not in (b'"TCP"', b'"UDP"'):
            raise sp.lacks("passthrough over " + a[3].decode())
        if len(a) > 4:
            a[4:] = [b"0", a[4]] if a[3] == b'"UDP"' else [b"%d" % min(2 * int(a[4]), 7200)]
    return b"AT+%s%s\r\n" % (name.encode(), b",".join(a)), answer, prefix, force
