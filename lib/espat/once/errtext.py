# What the module's ERR CODE means (guide 3.1.24 and the code tables of MQTT, HTTP, EAP).
# Loaded when an error is raised, dropped after it.

_CORE = (
    "ERROR",
    "reserved error",
    "line without CR LF",
    "line does not begin with AT",
    "argument %d has the wrong length",
    "argument %d has the wrong type",
    "%d arguments needed, %d given",
    "argument %d is not allowed",
    "argument %d cannot be parsed",
    "unknown command",
    "the command failed",
    "the module is busy",
    "the command has no such form",
)


def meaning(code):
    if not code:
        return "ERROR"
    sub = code >> 16 & 255
    low = code & 0xFFFF
    if code >> 12 in (6, 7, 8):  # the codes of MQTT, HTTP, EAP may come alone
        code |= 0x010A0000
        sub = 10
    if code >> 24 != 1 or sub >= len(_CORE):
        return "ERROR"
    text = _CORE[sub]
    if sub == 6:
        return text % (low >> 8, low & 255)
    if "%d" in text:
        return text % low
    if sub == 10 and low:
        if low >> 12 == 7:
            return "HTTP status %d" % (low - 0x7000) if low > 0x7000 else "no connection to server"
        if low >> 12 == 6:
            return "MQTT error 0x%04x" % low
        if low >> 12 == 8:
            try:
                from .eaptext import meaning as eap

                return eap(low)
            except ImportError:  # a part
                return "EAP error 0x%04x" % low
        return "the command failed (%d)" % low
    return text
