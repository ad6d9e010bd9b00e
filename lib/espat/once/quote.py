# How a command line is written: the one place that quotes and escapes. Refuses, with ValueError,
# what the module could misread, before a byte is sent. And the two shapes most commands have.
from ..compat import const

_LIMIT = const(256)  # bytes of a command line, CR LF included


def build(name, args=()):
    """The command line as bytes, CR LF included. Strings and bytes are quoted and escaped,
    integers and booleans written in decimal, None is left out (its comma stays, unless
    nothing follows)."""
    out = bytearray(name.encode() if isinstance(name, str) else name)
    plain(out)
    n = len(args)
    while n and args[n - 1] is None:
        n -= 1
    for i in range(n):
        out.append(44 if i else 61)
        a = args[i]
        if a is None:
            continue
        if a is True or a is False or isinstance(a, int):  # MicroPython's bool is no int
            out.extend(str(int(a)).encode())
            continue
        if isinstance(a, str):
            a = a.encode()
        elif not isinstance(a, (bytes, bytearray, memoryview)):
            raise TypeError("argument %d: %s" % (i + 1, type(a)))
        plain(a)
        out.append(34)
        for c in a:
            if c == 34 or c == 44 or c == 92:
                out.append(92)
            out.append(c)
        out.append(34)
    out.extend(b"\r\n")
    if len(out) > _LIMIT:
        raise ValueError("command longer than %d bytes" % _LIMIT)
    return bytes(out)


def raw(text):
    """A text or bytes as bytes."""
    return text.encode() if isinstance(text, str) else bytes(text)


def plain(text):
    for c in text:
        if c == 13 or c == 10 or c == 0:
            raise ValueError("CR, LF or NUL in a command")


def unquote(text):
    """The content of a quoted field; answers are not escaped (esp-at issue 290)."""
    return text[1:-1] if text[:1] == b'"' and text[-1:] == b'"' and len(text) > 1 else text


async def tell(m, name, *args):
    """A setting: name=args, then OK."""
    await m.at(build(name, args))


async def query(m, name, least=1):
    """The answer lines of `name` (b"AT+CWMODE?"), without their prefix; at least so many, else it
    is asked once more (noise may have spoilt a line), and then OSError(EIO)."""
    prefix = b"+" + name[3:-1] + b":"
    for _ in range(2):
        lines = []
        await m.at(name + b"\r\n", 5000, lines.append, prefix)
        if len(lines) >= least:
            return [text[len(prefix) :] for text in lines]
        m.engine.lost = True  # or it was another command's OK
    raise OSError(5, name.decode() + ": no answer line")


def check(name, value, low, high):
    if value is not None and not low <= value <= high:
        raise ValueError("%s: only %d..%d" % (name, low, high))


# Settings that are lost when the module reboots (nothing is written to its flash): m.kept has the
# commands, in the order in which they were given, to give them again (kept.py), and their limits.


async def keep(m, name, *args):
    """A setting: name=args, then OK. It outlives a reboot of the module."""
    cmd = build(name, args)
    await m.at(cmd)
    remember(m, cmd)


def remember(m, cmd, ms=5000):
    unkeep(m, cmd)
    kept = m.kept
    i = len(kept)
    if cmd[:9] == b"AT+CWMODE":
        i = 0  # others need the mode
    elif i and kept[i - 2][:6] == b"AT+CWJ":
        i -= 2  # the join comes last
    m.kept = kept[:i] + (cmd, ms) + kept[i:]


def unkeep(m, cmd):
    """Drop what an earlier command of that name has set."""
    kept = m.kept
    for i in range(0, len(kept), 2):
        if same_setting(kept[i].strip(), cmd.strip()):
            m.kept = kept[:i] + kept[i + 2 :]
            return


def same_setting(cmd, text):
    if cmd[:6] == b"AT+CWJ" == text[:6]:
        return True  # one way of joining replaces the other
    # AT+CWDHCP has one setting for the station and one for the access point.
    name = cmd.split(b"=")[0]
    return name == text.split(b"=")[0] and (name != b"AT+CWDHCP" or cmd[-1:] == text[-1:])


async def mode(m, on, off=0):
    """Switch the station (1) or the access point (2) on or off; the other one stays as it is.
    Returns what was on."""
    # Noise gives -1, and then a mode that the module refuses.
    was = b"0123".find((await query(m, b"AT+CWMODE?"))[0])
    new = was & ~off | on
    cmd = b"AT+CWMODE=%d,0\r\n" % new
    if new != was:
        await m.at(cmd)
    unkeep(m, cmd)
    if new != 1:  # what again() takes for granted
        remember(m, cmd)
    return was
