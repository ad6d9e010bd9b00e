# A longer line buffer for one answer whose lines are long: hex, lists. Loaded for the call.


async def lines(m, cmd, prefix, size, ms=5000, data=None):
    """Send cmd; gives the answer's lines that begin with prefix, each at most size bytes."""
    e = m.engine
    found = []
    old = e.line
    if size > len(old):
        change(e, bytearray(size))
    try:
        await m.at(cmd, ms, found.append, prefix, data)
    finally:
        if e.line is not old and len(e.line) == size:
            change(e, old)
    return found


def change(e, line):
    # With what has come of a line that is under way.
    n = min(e.n, len(line))
    line[:n] = e.line[:n]
    e.n = n
    e.line = line
    e.width = len(line)
