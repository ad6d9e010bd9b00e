# Lines of answers of the ESP8266's first firmware, turned into ESP-AT's. Loaded for one command.


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
