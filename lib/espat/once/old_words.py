# How the ESP8266's first command set says what ESP-AT says. Loaded for one command. Owns the names
# of commands; arguments are old_args.py's, the lines of answers old_turn.py's.
from ..compat import load

# Said as it is; what is set is not kept in flash.
_SAME = (
    " AT AT+RST AT+GMR AT+GSLP= ATE0 ATE1 AT+RESTORE AT+UART_CUR= AT+UART_DEF= AT+RFPOWER="
    " AT+CWMODE? AT+CWLAP AT+CWQAP AT+CWAUTOCONN= AT+CWSTARTSMART AT+CWSTOPSMART AT+CIPSTATUS"
    " AT+CIPSEND AT+CIPSEND= AT+CIPSENDEX= AT+CIPCLOSE AT+CIPCLOSE= AT+CIPMUX? AT+CIPMUX="
    " AT+CIPMODE? AT+CIPMODE= AT+CIPSTO? AT+CIPSTO= AT+CIUPDATE AT+CIPDINFO= "
)
# AT 1.7 has these too.
_LATER = (
    " AT+CWLAPOPT= AT+CIPRECVMODE? AT+CIPRECVMODE= AT+CIPRECVDATA= AT+CIPRECVLEN? AT+CIPSNTPCFG="
    " AT+CIPSNTPCFG? AT+CIPSNTPTIME? AT+CWHOSTNAME? AT+CWHOSTNAME= AT+CIPSERVERMAXCONN?"
    " AT+CIPSERVERMAXCONN= AT+SYSRAM? "
)
# Settings of ESP-AT that this firmware has not and needs not.
_NOTHING = " AT+SYSLOG= AT+SYSSTORE= AT+SYSMSG= AT+CIPSERVERMAXCONN= AT+CIPRECONNINTV= "
# The name gets _CUR, and takes so many arguments (3 CWJAP ...).
_CUR = {
    "CWMODE": 1,
    "CWJAP": 3,
    "CWSAP": 4,
    "CIPSTA": 3,
    "CIPAP": 3,
    "CIPSTAMAC": 1,
    "CIPAPMAC": 1,
}
# What else is said otherwise: the command, and how its answer begins ("": lines without a prefix).
_OTHER = {
    "CWSTATE?": ("CIPSTATUS", ""),
    "CIPSTATE?": ("CIPSTATUS", "+CIPSTATUS:"),
    "CWLIF": ("CWLIF", ""),
    "PING=": ("PING=%s", "+"),
    "SLEEP?": ("SLEEP?", "+SLEEP:"),
}


def say(sp, cmd, answer, prefix, force):
    word, a = cut(cmd)
    later = sp.later
    name = word[3:]
    word = " %s " % word
    if word in _SAME or later and word in _LATER:
        return cmd, answer, prefix, force
    if word in _NOTHING or cmd == b"AT+CIPDNS=0\r\n":
        return None, answer, prefix, 0
    if name == "UART_CUR?" and answer:
        # Only we know: both ends have the same.
        rate = load("once.wire").rate(sp.m.serial)
        answer(prefix + b"%d,8,1,0,%d" % (rate, sp.m.options[7]))
        return None, answer, prefix, 0
    if name == "CWLAPOPT=" and force:
        return None, answer, prefix, 1
    base = name[:-1]
    if base in _CUR or name == "CWDHCP?":
        own = "+%s_CUR:" % base
        text = own[1:-1] + name[-1]
        if name[-1] == "=":
            own = prefix.decode()  # a join that fails says +CWJAP:
            load("once.old_args").check(sp, name, a, _CUR[base])
            a = a[: _CUR[base]]
        if name == "CIPSTA?" and answer:
            answer(b'+CIPSTA:ip:"0.0.0.0"')  # it says ERROR where ESP-AT has zeros
            force = True
    elif name in _OTHER:
        text, own = _OTHER[name]
        text = text.replace("%s", "")
    elif name == "CIPDNS?" and not later:
        if answer:
            answer(b'+CIPDNS:0,"0.0.0.0"')  # it does not say
        return None, answer, prefix, 0
    elif name[:6] == "CIPDNS" and later:
        own = "+CIPDNS_CUR:"
        text = "CIPDNS_CUR" + name[6:]
    elif name == "CIPDOMAIN=" and later:
        text = name
        own = "+CIPDOMAIN:"
        a = a[:1]
    else:
        text = name
        own = prefix.decode()
        a = load("once.old_args").rewrite(sp, name, a)
        if a is None:
            raise load("once.old_lacks").command(sp, name)
        if name == "CWDHCP=":
            text = "CWDHCP_CUR="
        elif not a:
            text = base
    cmd = b"AT+%s%s\r\n" % (text.encode(), b",".join(a))
    own = own.encode()
    if answer is None or own == prefix and name != "CIPDOMAIN=" and name != "SLEEP?":
        return cmd, answer, own, force

    turn = load("once.old_turn").turn

    def turned(text):
        turn(name, text[len(own) :], prefix, answer)

    return cmd, turned, own, force


def cut(cmd):
    """b'AT+X=1,"a"' as ("AT+X=", [b'1', b'"a"']): arguments stay as they are written."""
    n = len(cmd) - 2
    i = cmd.find(b"=")
    if i < 0:
        return cmd[:n].decode(), []
    args = []
    start = k = i + 1
    quoted = False
    while k < n:
        c = cmd[k]
        if c == 92:
            k += 1
        elif c == 34:
            quoted = not quoted
        elif c == 44 and not quoted:
            args.append(cmd[start:k])
            start = k + 1
        k += 1
    args.append(cmd[start:n])
    return cmd[: i + 1].decode(), args
