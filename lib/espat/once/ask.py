# Settings of one number, and answers of numbers: for the parts that have many of them.
from .quote import check, keep, query


def unfinished(m, text, n):
    """text[:n]. Some answers have no line end: what the module says by itself then stands behind
    them, and goes where it belongs."""
    rest = text[n:]
    if rest:
        if len(rest) < 5 or rest[0] not in b"+ABCDEFGHIJKLMNOPQRSTUVWXYZs":
            return b""  # no message begins so: noise
        for prefix, f in m.engine.hooks:
            if rest.startswith(prefix):
                f(rest)
                break
    return text[:n]


async def numbers(m, name):
    """The first answer line of `name` (b"AT+SYSRAM?") as a list of integers."""
    line = (await query(m, name))[0]
    n = 0
    while line[n : n + 1] and line[n] in b"-0123456789,":
        n += 1
    return [int(x) for x in unfinished(m, line, n).split(b",")]


async def switch(m, name, value, low=0, high=1, outlives=False):
    """A setting of one number: told, or, with value None, asked for. outlives: a reboot of the
    module, too."""
    if value is None:
        return (await numbers(m, name + b"?"))[0]
    check("value", value, low, high)
    if outlives:
        await keep(m, name, value)
    else:
        await m.at(b"%s=%d\r\n" % (name, value))
