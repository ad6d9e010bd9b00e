# What has another name, other arguments or another answer in the ESP8266's first command set, and
# what there is no command for. Loaded for one command.
from ..compat import load

# Settings of ESP-AT that this firmware has not and needs not.
_NOTHING = "SYSLOG= SYSMSG= CIPSERVERMAXCONN= CIPRECONNINTV="
# The command, and how its answer begins ("": lines without a prefix).
_NAMES = {
    "CIPSTATE?": ("CIPSTATUS", b"+CIPSTATUS:"),
    "CWLIF": ("CWLIF", b""),
    "PING=": ("PING=", b"+"),
    "SLEEP?": ("SLEEP?", b"+SLEEP:"),
}
# Light and modem sleep have each other's numbers.
_SLEEP = {b"1": b"2", b"2": b"1"}


def say(sp, name, a, answer, prefix, force):
    nothing = None, answer, prefix, 0
    own = prefix
    text = name
    if name in _NAMES:
        text, own = _NAMES[name]
    elif name in _NOTHING.split(" "):
        return nothing
    elif name[:8] == "SYSSTORE":
        return store(sp, name, a, answer, prefix, force)
    elif name == "UART_CUR?":
        # Only we know: both ends have the same.
        rate = load("once.wire").rate(sp.m.serial)
        answer(prefix + b"%d,8,1,0,%d" % (rate, sp.m.options[7]))
        return nothing
    elif name[:8] == "UART_CUR" and force:
        return None, answer, prefix, 1  # before AT 0.22
    elif name == "UART_DEF=" and sp.early:
        text = "UART="
    elif name == "CWLAPOPT=":
        if not sp.later or len(a) > 2 or int(a[1]) > 127:
            if force:
                return None, answer, prefix, 1  # wifi_air.py asks again, in fewer words
            raise sp.lacks("details of a scan" if int(a[1]) > 511 else "filters of a scan")
    elif name == "CWLAP=":
        if not a[0] or len(a) > 3:
            raise sp.lacks("scan of one channel" if len(a) == 3 else "passive scan")
    elif name == "SLEEP=":
        if a[0] == b"3":
            raise sp.lacks("sleep mode 3")
        a = [_SLEEP.get(a[0], a[0])]
    elif name == "RFPOWER=":
        a = [b"%d" % min(int(a[0]), 82)]
    elif name == "CWSTARTSMART=" and not sp.early:
        raise sp.lacks("choice of a phone's SmartConfig")
    elif name == "CIUPDATE=":
        if b"".join(a) not in (b"0", b"00"):
            raise sp.lacks("choice of an update")
        text, a = "CIUPDATE", []
    elif name == "CWJAP":
        raise sp.lacks("join without a name")
    else:
        raise load("once.old_lacks").command(sp, name)
    cmd = b"AT+%s%s\r\n" % (text.encode(), b",".join(a))
    if answer is None or own == prefix and name != "SLEEP?":
        return cmd, answer, own, force

    def turned(line):
        turn(name, line[len(own) :], prefix, answer)

    return cmd, turned, own, force


def store(sp, name, a, answer, prefix, force):
    if a:
        sp.keep = a[0] != b"0"
        if sp.early and not sp.keep and not force:
            raise sp.lacks("setting that is not kept in flash")
    else:
        answer(prefix + b"%d" % (sp.keep or sp.early))
    return None, answer, prefix, 0


def turn(name, text, prefix, answer):
    # A line of an answer, its own prefix cut off, as ESP-AT says it.
    if name == "CWLIF" or name == "PING=":
        if 48 <= text[0] <= 57:
            answer(prefix + text)
    elif name == "SLEEP?":
        answer(prefix + _SLEEP.get(text, text))
    else:
        answer(prefix + text)
