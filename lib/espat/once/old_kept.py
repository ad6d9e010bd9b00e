# The commands of the ESP8266's first set that exist three times: AT+X_CUR for now, AT+X_DEF for the
# flash, too, and AT+X from before there were those. Loaded for one command. Owns their arguments
# and answers.

# How many arguments there are here, and what ESP-AT has behind them.
_MOST = {"CWMODE": 1, "CWJAP": 3, "CWSAP": 4}
_MORE = {
    "CWJAP": "pci reconnect_s listen_interval scan_all timeout_s pmf",
    "CWSAP": "max_conn hidden",
}


def say(sp, name, a, answer, prefix, force):
    base = name[:-1]
    text = base if sp.early else base + ("_DEF" if sp.keep and name[-1] == "=" else "_CUR")
    if name[-1] == "=":
        return (
            b"AT+%s=%s\r\n" % (text.encode(), b",".join(args(sp, base, a))),
            answer,
            prefix,
            force,
        )
    own = b"+%s:" % text.encode()
    if base == "CIPSTA" and answer:
        answer(prefix + b'ip:"0.0.0.0"')  # it says ERROR where ESP-AT has zeros
        force = True

    def turned(line):
        turn(base, line[len(own) :], prefix, answer)

    return b"AT+%s?\r\n" % text.encode(), turned if answer else None, own, force


def args(sp, base, a):
    most = _MOST.get(base, 3)
    if base == "CWMODE" and a[0] == b"0":
        raise sp.lacks("Wi-Fi mode 0")
    if base == "CWDHCP":
        # <on>,<bits: 1 station, 2 soft-AP> there; <0 soft-AP, 1 station, 2 both>,<on> here.
        return {b"1": b"1", b"2": b"0"}.get(a[1], b"2"), a[0]
    # How long a join may take is the firmware's own affair.
    for i in range(most, len(a)):
        if a[i] and base in _MORE and i - most != 4:
            raise sp.lacks("%s in AT+%s" % (_MORE[base].split(" ")[i - most], base))
    return a[:most]


def turn(base, text, prefix, answer):
    # A line of an answer, its own prefix cut off, as ESP-AT says it.
    if base == "CIPAP":
        for word, x in zip((b"ip:", b"gateway:", b"netmask:"), text.split(b",")):
            answer(prefix + word + x)
        return
    if base == "CWDHCP":
        text = {b"1": b"2", b"2": b"1"}.get(text, text)
    elif base == "CIPSTA" and text[:1] == b'"':
        text = b"ip:" + text
    elif base == "CWSAP":
        text += b",4,0"
    answer(prefix + text)
