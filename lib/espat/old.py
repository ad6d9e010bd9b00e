# The ESP8266's first command set (AT 0.21 to 1.7): what the features say in ESP-AT's words is said
# in its own, and its answers come back in ESP-AT's. Loaded only where that firmware was found; the
# words lie in once/old_*.py. Owns what it hears by itself otherwise than ESP-AT's driver expects.
from .compat import drop, load


def listen(m, lines):
    """After AT+GMR, whose lines these are: does it speak so? (ESP32's AT 1.x does not.)"""
    for line in lines:
        if line[:13] == b"SDK version:v":
            return
    p = m.profile
    m.speak = s = Speak(m, p.version)
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

    def on_line(n):
        # The blank behind its prompt stands in front of what comes next.
        line = e.line
        if line[0] == 32 and n > 1:
            n -= 1
            line[:n] = line[1 : n + 1]
        e.usual(n)

    e.usual = e.on_line
    e.on_line = on_line
    e.hooks.append((b"ALREADY CONNECT", exists))
    for i in range(5):
        e.hooks.append((b"%d,CONNECT" % i, came))


class Speak:
    """speak(cmd, answer, prefix, force) of Modem.at(): the same four as this firmware has them;
    cmd None: nothing to send, the last one is the result. NotImplementedError names the firmware
    and what it lacks, before a byte is sent."""

    keep = False  # AT+SYSSTORE: what is set goes into the flash, too

    def __init__(self, m, version):
        self.m = m
        self.version = version
        self.later = version >= (1, 7)
        # AT 0.22 brought AT+X_CUR and AT+X_DEF; before, AT+X was all there was, and was kept.
        self.early = version < (0, 22)

    def __call__(self, cmd, answer=None, prefix=b"", force=False):
        try:
            return load("once.old_words").say(self, cmd, answer, prefix, force)
        finally:
            drop()

    def lacks(self, what):
        return load("once.old_lacks").lacks(self, what)
