# Settings of one number, and answers of numbers: for the parts that have many of them.
from .quote import check, keep, query


async def numbers(m, name):
    """The first answer line of `name` (b"AT+SYSRAM?") as a list of integers."""
    line = (await query(m, name))[0]
    n = 0
    while n < len(line) and line[n] in b"-0123456789,":
        n += 1
    if n < len(line):
        from .behind import cut

        line = cut(m, line, n)
    return [int(x) for x in line.split(b",")]


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
