# The body of a response as a whole, or in pieces. Loaded for it, dropped after it.
from ..compat import run


class Pieces:
    def __init__(self, response, n):
        if n < 1:
            raise ValueError("chunk_size: 1 or more")
        self.r = response
        self.buf = memoryview(bytearray(n))

    def __iter__(self):
        return self

    __aiter__ = __iter__

    async def piece(self):
        buf = self.buf
        n = await self.r.fill(buf, len(buf))
        return buf if n == len(buf) else buf[:n]

    def __next__(self):
        x = run(self.piece())
        if not len(x):
            raise StopIteration
        return x

    async def __anext__(self):
        x = await self.piece()
        if not len(x):
            raise StopAsyncIteration
        return x


async def read(m, r):
    # All that is left, once; kept for the next time.
    if r.kept is None:
        out = bytearray()
        buf = bytearray(512)
        view = memoryview(buf)
        n = len(buf)
        while n == len(buf):
            n = await r.fill(buf, n)
            out.extend(view[:n])
        r.kept = bytes(out)
    return r.kept


async def text(m, r):
    return (await read(m, r)).decode()


async def json(m, r):
    import json

    return json.loads(await read(m, r))


async def close(m, r):
    r.waste = True
    while r.settle():
        await m.idle()
