# The shapes that settings of one number, and answers of several, have in common: for the parts that
# have many of them.
from .quote import check, keep, query, unquote


def sense(parse, answer):
    """parse(answer); OSError(EIO) where noise has spoilt what the module said."""
    try:
        return parse(answer)
    except (ValueError, IndexError):  # UnicodeError is a ValueError
        raise OSError(5, "an answer that means nothing")


def words(fields):
    """Quoted fields as texts."""
    return [unquote(x).decode() for x in fields]


async def numbers(m, name):
    """The first answer line of `name` (b"AT+SYSRAM?") as a list of integers."""
    line = (await query(m, name))[0]
    return sense(lambda x: [int(n) for n in x.split(b",")], line)


async def answers(m, cmd, ms=5000):
    """The answer lines of a command that is whole (build()), without their prefix."""
    prefix = b"+" + cmd[3 : cmd.find(b"=")] + b":"
    lines = []
    await m.at(cmd, ms, lines.append, prefix)
    return [text[len(prefix) :] for text in lines]


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
