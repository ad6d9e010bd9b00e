# `network` of programs that know nothing of espat (dropin.py): MicroPython's names and return
# values, over modem.wifi and modem.ap. What the methods do is in once/dropin_wlan.py and
# once/dropin_config.py.
import sys

from .compat import drop, load, run

STA_IF = 0
AP_IF = 1

# As on the RP2040 and most boards.
STAT_IDLE = 0
STAT_CONNECTING = 1
STAT_GOT_IP = 3
STAT_CONNECT_FAIL = -1
STAT_NO_AP_FOUND = -2
STAT_WRONG_PASSWORD = -3

AUTH_OPEN = 0
AUTH_WEP = 1
AUTH_WPA_PSK = 2
AUTH_WPA2_PSK = 3
AUTH_WPA_WPA2_PSK = 4


def installed(modem):
    WLAN.modem = modem
    WLAN.last = STAT_IDLE
    return sys.modules[__name__]


def wait(f, *args, **kw):
    # f(*args) of the modem, with its result.
    m = WLAN.modem
    if m.face is run:
        return f(*args, **kw)
    return load("once.at_once").at_once(m, lambda: f(*args, **kw))


def __getattr__(name):
    # hostname(), country()
    return _more(name, wait, WLAN.modem)


def _more(name, *first):
    file = "config" if name in ("config", "ipconfig") else "wlan"
    f = getattr(load("once.dropin_" + file), name)
    drop()
    return lambda *args, **kw: f(*first, *args, **kw)


class WLAN:
    IF_STA = STA_IF
    IF_AP = AP_IF
    last = STAT_IDLE  # how the last join ended

    def __init__(self, interface_id=STA_IF):
        if interface_id not in (STA_IF, AP_IF):
            raise ValueError("interface: STA_IF or AP_IF")
        self.ap = interface_id == AP_IF
        self.part = self.modem.ap if self.ap else self.modem.wifi

    def __getattr__(self, name):
        if name[0] == "_":
            raise AttributeError(name)
        return _more(name, wait, self)

    def isconnected(self):
        return bool(wait(self.part.stations if self.ap else self.part.isconnected))
