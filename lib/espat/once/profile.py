# What a firmware can do and how it words things. Feature code asks the profile, never the chip's
# name. A firmware is a row of data; start.py refines the row by what the module itself answers.
from ..compat import const

ESP_AT = const(0)


class Profile:
    """name: the family; version: (major, minor) of AT; text: the answer of AT+GMR.
    passive: the command that selects passive receive, None where there is none.
    send_max: most bytes of one AT+CIPSEND. sendl: it has AT+CIPSENDL."""

    def __init__(self, name, passive, send_max, sendl):
        self.name = name
        self.passive = passive
        self.send_max = send_max
        self.sendl = sendl
        self.version = (0, 0)
        self.text = b""


# (family, lowest AT version, passive-receive command, AT+CIPSEND limit, has AT+CIPSENDL)
_FAMILIES = (
    ("esp-at", (3, 0), b"AT+CIPRECVTYPE", 8192, True),
    ("esp-at", (2, 0), b"AT+CIPRECVMODE", 2048, False),
)


def choose(lines):
    """The profile for the lines of AT+GMR; the smallest one if they name no firmware we know."""
    version = (0, 0)
    for line in lines:
        if line.startswith(b"AT version:"):
            version = _version(line[11:])
    for name, low, passive, send_max, sendl in _FAMILIES:
        if version >= low:
            break
    p = Profile(name, passive, send_max, sendl)
    p.version = version
    p.text = b"\n".join(lines)
    return p


def _version(text):
    # "2.4.0.0(s-4c6eb5e - ...": major and minor; "s-" before a hash is a silent build.
    parts = text.strip().split(b".")
    try:
        return (int(parts[0]), int(parts[1]))
    except (IndexError, ValueError):
        return (0, 0)
