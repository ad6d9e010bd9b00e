# Some answers have no line end of their own: what the module says by itself may stand behind them.


def cut(m, text, n):
    """text[:n]. The rest goes where it belongs; b"" if it is noise."""
    rest = text[n:]
    if len(rest) < 5 or rest[0] != 43 and not 65 <= rest[0] <= 122:
        return b""  # no message begins so
    m.engine.hear(rest)
    return text[:n]
