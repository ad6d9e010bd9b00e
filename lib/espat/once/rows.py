# The lines of one answer, handed out one at a time while they come in: for answers that are too
# long to be kept. Owns the command in flight until its last line; other commands wait meanwhile.
from ..compat import const, load, run

_UP = const(2)  # __init__.py
_EIO = const(5)


class Rows:
    """What parse(line) makes of each answer line of cmd: for `for`, and for `async for` on the
    asyncio face. The command is sent when the first one is asked for. Errors of the command come
    in place of the end; so does OSError(EIO), if parse gave None for a line."""

    sent = False
    ended = None  # the command's result

    def __init__(self, m, cmd, prefix, parse, ms=10000):
        self.m = m
        self.cmd = cmd
        self.prefix = prefix
        self.parse = parse
        self.ms = ms
        self.found = []
        self.bad = False

    def __iter__(self):
        return self

    def __aiter__(self):
        return self

    def __next__(self):
        x = run(self.step())
        if x is None:
            raise StopIteration
        return x

    async def __anext__(self):
        x = await self.step()
        if x is None:
            raise StopAsyncIteration
        return x

    async def begin(self):
        m = self.m
        e = m.engine
        while e.settle() or e.lost or m.state != _UP:  # as Modem.at()
            if e.stage:
                await m.idle()
            else:
                await m.brief("start", "resync" if m.state == _UP else "up")
        self.sent = True
        e.answer = self.note
        e.prefix = self.prefix
        # Nobody fetches the result: the loop may be left early, or use the modem inside. The
        # engine is free at the end, and we are told of it.
        e.finish = self.finish
        e.ms = self.ms
        e.start(None, self.cmd, len(self.cmd))

    def note(self, text):
        try:
            x = self.parse(text)
        except ValueError:
            x = None
        if x is None:
            self.bad = True
        else:
            self.found.append(x)

    def finish(self, result):
        e = self.m.engine
        del e.finish
        e.finish(result)
        e.answer = None
        e.prefix = b""
        self.ended = result

    async def step(self):
        if not self.sent:
            await self.begin()
        while not self.found:
            if self.ended is not None:
                n = self.ended
                bad = self.bad
                self.ended = 0
                self.bad = False
                if n:
                    raise load("errors").error(self.cmd, n, self.m.engine.code)
                if bad:
                    raise OSError(_EIO, "an answer line that means nothing")
                return None
            await self.m.idle()
        return self.found.pop(0)
