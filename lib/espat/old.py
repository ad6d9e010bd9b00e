# The ESP8266's first command set (AT 0.30 to 1.7): what the features say in ESP-AT's words is said
# in its own, and its answers come back in ESP-AT's. Loaded only where that firmware was found.
# Owns the words; what this firmware cannot do is refused here before a byte is sent.

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
# The name gets _CUR, and takes so many arguments (3 CWJAP ...); then those that it has not.
_CUR = {
    "CWMODE=": 1,
    "CWJAP=": 3,
    "CWSAP=": 4,
    "CIPSTA=": 3,
    "CIPAP=": 3,
    "CIPSTAMAC=": 1,
    "CIPAPMAC=": 1,
    "CIPSTA?": 0,
    "CWJAP?": 0,
    "CWSAP?": 0,
    "CIPAP?": 0,
    "CIPSTAMAC?": 0,
    "CIPAPMAC?": 0,
    "CWDHCP?": 0,
}
_MORE = {
    "CWJAP=": "pci reconnect_s listen_interval scan_all timeout_s pmf",
    "CWSAP=": "max_conn hidden",
}
# What else is said otherwise: the command, and how its answer begins ("": lines without a prefix).
_OTHER = {
    "CWSTATE?": ("CIPSTATUS", ""),
    "CIPSTATE?": ("CIPSTATUS", "+CIPSTATUS:"),
    "CWLIF": ("CWLIF", ""),
    "PING=": ("PING=%s", "+"),
    "SLEEP?": ("SLEEP?", "+SLEEP:"),
}
# What a command belongs to, for the error: it begins so.
_FEATURES = (
    "CIPSSL TLS,MQTT MQTT,HTTP HTTP,WS WebSocket,FS files,SYSMFG certificates,SYSFLASH flash,"
    "CIPRECV passive receive,CIPSNTP time,MDNS mDNS,CIPDOMAIN DNS look-up,CIPV6 IPv6,"
    "USERWK wake pin of the host,USERMCU wake pin of the host,SLEEPWK wake pin,DRV pins,WPS WPS,"
    "CIPTCPOPT socket options,CWJEAP enterprise networks"
)


def listen(m, lines):
    """After AT+GMR, whose lines these are: does it speak so? (ESP32's AT 1.x does not.)"""
    for line in lines:
        if line[:13] == b"SDK version:v":
            return
    p = m.profile
    m.speak = s = Speak(p.version)
    if not s.later:
        p.passive = None
    e = m.engine
    if [h for h in e.hooks if h[0] == b"ALREADY CONNECT"]:
        return  # again, after a reboot

    def exists(text):
        # Of AT 0.30 this is all that CIPSTART says: no ERROR follows.
        if e.stage > 1 and not m.speak.later:
            e.finish(1)

    def came(text):
        # A client of our server: who it is, is not said.
        i = text[0] - 48
        s = e.links[i]
        if m.server and (s is None or not s.job and (s.eof or s.err)):
            m.server.said(b'+LINK_CONN:0,%d,"TCP",1,"0.0.0.0",0,0' % i)

    e.hooks.append((b"ALREADY CONNECT", exists))
    for i in range(5):
        e.hooks.append((b"%d,CONNECT" % i, came))


class Speak:
    """speak(cmd, answer, prefix, force) of Modem.at(): the same four as this firmware has them;
    cmd None: nothing to send, the last one is the result. NotImplementedError names the firmware
    and what it lacks."""

    def __init__(self, version):
        self.name = "AT %d.%d" % version
        self.later = version >= (1, 7)

    def lacks(self, what):
        return NotImplementedError("%s (ESP8266) has no %s" % (self.name, what))

    def __call__(self, cmd, answer=None, prefix=b"", force=False):
        word, a = cut(cmd)
        later = self.later
        name = word[3:]
        word = " %s " % word
        if word in _SAME or later and word in _LATER:
            return cmd, answer, prefix, force
        if word in _NOTHING or cmd == b"AT+CIPDNS=0\r\n":
            return None, answer, prefix, 0
        if name == "CWLAPOPT=" and force:
            return None, answer, prefix, 1
        if name in _CUR:
            own = "+%s_CUR:" % name[:-1]
            text = own[1:-1] + name[-1]
            if name[-1] == "=":
                own = prefix.decode()  # a join that fails says +CWJAP:
            self.check(name, a, _CUR[name])
            a = a[: _CUR[name]]
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
            a = self.rewrite(name, a)
            if a is None:
                raise self.lacks(feature(name))
            if name == "CWDHCP=":
                text = "CWDHCP_CUR="
            elif not a:
                text = name[:-1]
        cmd = b"AT+%s%s\r\n" % (text.encode(), b",".join(a))
        own = own.encode()
        if answer is None or own == prefix and name != "CIPDOMAIN=" and name != "SLEEP?":
            return cmd, answer, own, force

        def turned(text):
            turn(name, text[len(own) :], prefix, answer)

        return cmd, turned, own, force

    def check(self, name, a, most):
        if name == "CWMODE=" and a[0] == b"0":
            raise self.lacks("Wi-Fi mode 0")
        # How long a join may take is the firmware's own affair.
        for i in range(most, len(a)):
            if a[i] and name in _MORE and i - most != 4:
                what = _MORE[name].split(" ")[i - most]
                raise self.lacks("%s in AT+%s" % (what, name[:-1]))

    def rewrite(self, name, a):
        # Other arguments for the same command; None: there is no such command.
        if name == "CWLAP=":
            if not a[0] or len(a) > 3:
                raise self.lacks("scan of one channel" if len(a) == 3 else "passive scan")
        elif name == "SLEEP=":
            # Light and modem sleep have each other's numbers.
            if a[0] == b"3":
                raise self.lacks("sleep mode 3")
            a = [{b"1": b"2", b"2": b"1"}.get(a[0], a[0])]
        elif name == "CWDHCP=":
            # <on>,<bits: 1 station, 2 soft-AP> there; <0 soft-AP, 1 station, 2 both>,<on> here.
            a = [{b"1": b"1", b"2": b"0"}.get(a[1], b"2"), a[0]]
        elif name == "CIPSTART=":
            kind = a[1][1:-1]
            if kind[-2:] == b"v6":
                raise self.lacks("IPv6")
            if kind[:3] == b"SSL" and not self.later:
                raise self.lacks("TLS")
            more = 6 if kind == b"UDP" else 5
            if b"" != b"".join(a[more:]):
                raise self.lacks("local address of a link")
            a = a[:more]
            if more == 5 and len(a) == 5 and a[4]:
                a[4] = b"%d" % (2 * int(a[4]))  # half seconds
            while not a[-1]:
                a.pop()
        elif name == "CIUPDATE=":
            if b"".join(a) not in (b"0", b"00"):
                raise self.lacks("choice of an update")
            a = []
        elif name == "SAVETRANSLINK=":
            if len(a) > 3 and a[3] not in (b'"TCP"', b'"UDP"'):
                raise self.lacks("passthrough over " + a[3].decode())
            if len(a) > 4:
                a[4:] = [b"0", a[4]] if a[3] == b'"UDP"' else [b"%d" % (2 * int(a[4]))]
        elif name == "CIPSERVER=":
            if a[0] == b"0":
                return a[:1]
            if len(a) > 2 and a[2] not in (b"", b'"TCP"'):
                raise self.lacks("TLS")
            a = a[:2]
        else:
            return None
        return a


def turn(name, text, prefix, answer):
    # A line of an answer, its own prefix cut off, as ESP-AT says it.
    if name == "CWSTATE?":
        if text[:7] == b"STATUS:":
            answer(b'+CWSTATE:%d,""' % (4 if text[7:] == b"5" else 2))
    elif name == "CWLIF" or name == "PING=":
        if 48 <= text[0] <= 57:
            answer(prefix + text)
    elif name == "CIPAP?":
        for word, x in zip((b"ip:", b"gateway:", b"netmask:"), text.split(b",")):
            answer(prefix + word + x)
    elif name == "CWDHCP?":
        answer(prefix + {b"1": b"2", b"2": b"1"}.get(text, text))
    elif name == "SLEEP?":
        answer(prefix + {b"1": b"2", b"2": b"1"}.get(text, text))
    elif name == "CIPSTA?" and text[:1] == b'"':
        answer(prefix + b"ip:" + text)
    elif name == "CIPDOMAIN=":
        answer(prefix + b'"%s"' % text)
    else:
        answer(prefix + text + (b",4,0" if name == "CWSAP?" else b""))


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


def feature(name):
    for entry in _FEATURES.split(","):
        start, _, what = entry.partition(" ")
        if name[: len(start)] == start:
            return "%s: AT+%s" % (what, name)
    return "AT+" + name
