# modem.http: the body of a POST or PUT on its way to the module. Loaded for it, dropped after it.
from ..compat import const

_FED = const(4)  # engine.py


async def feed(m, r, ms, data, source, length):
    e = r.e
    buf = None
    view = data
    left = length
    if source is not None:
        if hasattr(source, "readinto"):
            buf = bytearray(512)
            view = memoryview(buf)
        else:
            source = iter(source)
        data = b""
    await r.begin(ms, data)
    wrong = None
    if source is None:
        left = 0
    while left:
        if not r.settle():
            return  # it has given up
        if e.out is not None or e.stage != _FED:
            await m.idle()
            continue
        # Here it waits for more. Bytes it must get, whatever happens to their source.
        try:
            if wrong:
                piece = bytes(min(left, 64))
            elif buf is not None:
                n = source.readinto(buf)
                piece = view[:n]
            else:
                piece = next(source)
            n = min(len(piece), left)
            if not n:
                raise ValueError("the source has %d bytes too few" % left)
        except StopIteration:
            wrong = ValueError("the source has %d bytes too few" % left)
            continue
        except Exception as x:
            wrong = x
            continue
        left -= n
        e.i = 0
        e.stop = n
        e.out = piece
    if wrong:
        r.waste = True
        while r.settle():
            await m.idle()
        raise wrong
