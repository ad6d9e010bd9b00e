# The errors of AT commands. Their explanations live in errtext.py, which is loaded when one is
# raised and dropped again. Keys never get here: an error carries the command's name only.
from .compat import const, drop

_EIO = const(5)


class ATError(OSError):
    """The module answered ERROR. command: the command's name ("AT+CWJAP"); code: the module's
    32-bit ERR CODE, 0 if it gave none (guide, AT+SYSLOG). errno is EIO unless a better one fits."""

    def __init__(self, command, code=0, errno=_EIO, text=None):
        if text is None:
            text = explain(code)
        if code:
            text += " (ERR CODE 0x%08x)" % code
        super().__init__(errno, command + ": " + text)
        self.command = command
        self.code = code
        # What an HTTP server said (guide 3.5.9: 0x7000 and the status): 404 ...; else 0.
        self.status = code & 0xFFF if code >> 12 in (7, 0x010A7) else 0


class WifiError(ATError):
    """Joining failed. reason: the number of +CWJAP:<reason>: 1 timeout (errno ETIMEDOUT),
    2 wrong key (EACCES), 3 no such access point (ENOENT), 4 and others: failed (ECONNABORTED)."""

    def __init__(self, command, code, errno, text, reason):
        super().__init__(command, code, errno, text)
        self.reason = reason


def explain(code):
    try:
        from .once.errtext import meaning
    except (ImportError, MemoryError):
        return "ERROR"
    text = meaning(code)
    drop()
    return text


def error(cmd, result, code):
    """The exception for a command that ended badly."""
    name = bytes(cmd).split(b"=")[0].split(b"\r")[0].decode()
    if 2 <= result <= 4:  # engine.py: ETIMEDOUT, ECONNRESET, ENOBUFS
        return OSError((110, 104, 105)[result - 2], name)
    return ATError(name, code)
