# How the ESP8266's first command set says what ESP-AT says. Loaded for one command. Owns which
# commands are the same; old_kept.py has those with _CUR and _DEF, old_link.py the ones that open
# something, old_other.py the rest.
from ..compat import load

# Said as it is; what is set is not kept in flash.
_SAME = (
    " AT AT+RST AT+GMR AT+GSLP= ATE0 ATE1 AT+RESTORE AT+RFVDD? AT+RFVDD= AT+RFVDD AT+CWMODE?"
    " AT+CWLAP AT+CWQAP AT+CWAUTOCONN= AT+CIPSTATUS AT+CIPSEND AT+CIPSEND= AT+CIPSENDEX="
    " AT+CIPCLOSE AT+CIPCLOSE= AT+CIFSR AT+CIPMUX? AT+CIPMUX= AT+CIPMODE? AT+CIPMODE= AT+CIPSTO?"
    " AT+CIPSTO= AT+CIUPDATE AT+CIPDINFO= "
)
# Not before AT 0.22.
_NEWER = (
    " AT+CWSTARTSMART AT+CWSTOPSMART AT+UART_CUR= AT+UART_DEF= AT+CIPBUFRESET= AT+CIPBUFSTATUS="
    " AT+CIPCHECKSEQ= "
)
# AT 1.7 has these too.
_LATER = (
    " AT+CIPRECVMODE? AT+CIPRECVMODE= AT+CIPRECVDATA= AT+CIPRECVLEN?"
    " AT+CIPSNTPCFG? AT+CIPSNTPTIME? AT+CWHOSTNAME? AT+CWHOSTNAME= AT+CIPSERVERMAXCONN?"
    " AT+CIPSERVERMAXCONN= AT+SYSRAM? "
)
_KEPT = " CWMODE CWJAP CWSAP CWDHCP CIPSTA CIPAP CIPSTAMAC CIPAPMAC "
_LINK = " CIPSTART= CIPSERVER= SAVETRANSLINK= "
_NAMES = " CIPDNS? CIPDNS= CIPDOMAIN= CIPSNTPCFG= "


def say(sp, cmd, answer, prefix, force):
    i = cmd.find(b"=") + 1 or len(cmd) - 2
    name = cmd[3:i].decode()
    word = " %s " % cmd[:i].decode()
    if word in _SAME or not sp.early and word in _NEWER or sp.later and word in _LATER:
        return cmd, answer, prefix, force
    file = "other"
    if " %s " % name[:-1] in _KEPT:
        file = "kept"
    elif " %s " % name in _LINK:
        file = "link"
    elif " %s " % name in _NAMES:
        file = "names"
    args = cut(cmd, i) if cmd[i - 1] == 61 else []
    return load("once.old_" + file).say(sp, name, args, answer, prefix, force)


def cut(cmd, i):
    """The arguments from cmd[i] on, as they are written."""
    args = []
    start = i
    n = len(cmd) - 2
    quoted = False
    while i < n:
        c = cmd[i]
        if c == 92:
            i += 1
        elif c == 34:
            quoted = not quoted
        elif c == 44 and not quoted:
            args.append(cmd[start:i])
            start = i + 1
        i += 1
    args.append(cmd[start:n])
    return args
