# Name servers, names and time servers in the words of the ESP8266's first command set. Loaded for
# one command.
from ..compat import load


def say(sp, name, a, answer, prefix, force):
    own = prefix
    text = name
    if name[:6] == "CIPDNS":
        nothing = None, answer, prefix, 0
        if a == [b"0"] and not sp.later or a[1:] == [b'"0.0.0.0"']:
            return nothing  # as it is
        if sp.later:
            text = "CIPDNS_%s%s" % ("DEF" if sp.keep and a else "CUR", name[6:])
            own = b"+CIPDNS_CUR:"
        elif a:
            raise sp.lacks("choice of name servers")
        else:
            answer(b'+CIPDNS:0,"0.0.0.0"')  # it does not say
            return nothing
    elif not sp.later:
        raise load("once.old_lacks").command(sp, name)
    elif name == "CIPDOMAIN=":
        if a[1:2] == [b"3"]:
            raise sp.lacks("IPv6")
        a = a[:1]
    else:
        zone = int(a[1])
        if not -13 < zone < 15:  # hours and minutes there, hours here
            hours = abs(zone) // 100
            if abs(zone) % 100:
                raise sp.lacks("time zone with minutes")
            a[1] = b"%d" % (hours if zone > 0 else -hours)

    def turned(line):
        line = line[len(own) :]
        answer(prefix + (b'"%s"' % line if name == "CIPDOMAIN=" else line))

    return b"AT+%s%s\r\n" % (text.encode(), b",".join(a)), answer and turned, own, force
