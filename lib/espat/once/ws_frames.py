# modem.ws: the frames of a connection, one by one to a loop, until it is closed. Loaded for it.
from ..compat import run


class Frames:
    def __init__(self, s):
        self.s = s

    def __iter__(self):
        return self

    __aiter__ = __iter__

    async def frame(self):
        try:
            return await self.s.take_in(None)
        except OSError as e:
            if e.errno != 107:
                raise
        return None

    def __next__(self):
        x = run(self.frame())
        if x is None:
            raise StopIteration
        return x

    async def __anext__(self):
        x = await self.frame()
        if x is None:
            raise StopAsyncIteration
        return x
