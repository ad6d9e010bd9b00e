# modem.trace: what goes over the wire, a line each, for a log; keys and passwords are left away.
# Owns where they stand. Payload is no line and never shown.

_MASK = b"****"
# Commands, and answers, behind whose first comma a key may stand.
_SECRET = b"CWJAP CWSAP CWJEAP CWSTARTSMART CIPSSLCPSK CIPSSLCPSKHEX MQTTUSERCFG".split()


def _hide(text):
    """The line (bytes) without secrets."""
    i = text.find(b"+") + 1
    n = i
    while n < len(text) and (65 <= text[n] <= 90):
        n += 1
    name = text[i:n]
    if text[n : n + 4] in (b"_CUR", b"_DEF"):
        n += 4
    if i and name in _SECRET and text[n : n + 1] in (b"=", b":"):
        k = n if name[:10] == b"CIPSSLCPSK" else text.find(b",", n)
        if k > 0:
            text = text[: k + 1] + _MASK
    for word in (b"assword:", b"uthorization:", b"ookie:", b"PRIVATE KEY"):
        k = text.find(word)
        if k >= 0:
            text = text[: k + len(word)] + _MASK
    i = text.find(b"://") + 3
    k = text.find(b"@", i)
    if i > 2 and k > 0 and b"/" not in text[i:k]:  # http://name:password@host
        text = text[:i] + _MASK + text[k:]
    return text


class _Log:
    def __init__(self, handler):
        self.handler = handler
        self.key = False  # inside a key in PEM

    def tap(self, way, text):
        if way == b">":
            text = text[:-2]
        if b"-----" in text:
            self.key = b"-----BEGIN" in text and b"PRIVATE KEY" in text
        elif self.key:
            text = _MASK
        self.handler("%s %s" % (way.decode(), repr(_hide(text))[2:-1]))


async def start(m, handler=None):
    """Have handler(text) called with each line that goes over the wire: "> AT+GMR", "< ready";
    print will do. None: debug() of the log "espat" of `logging` (micropython-lib's, CPython's).
    What a busy link says again and again is left away, and so is payload; keys and passwords are
    four stars. It is called while the wire is read: be quick."""
    if handler is None:
        import logging

        handler = logging.getLogger("espat").debug
    m.engine.tap = _Log(handler).tap


async def stop(m):
    """No more of it."""
    m.engine.tap = None
