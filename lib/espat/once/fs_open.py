# modem.fs.open: a file of the module as a stream. Loaded for the call that opens it.


async def open(m, name, mode="rb"):
    """A file as a stream: "rb" to read, "wb" to write it anew, "ab" to write on at its end.
    readinto(buf), read(n), write(data), seek(offset), tell(), close(), `with`; nothing is held
    back, each call is a command of its own. With asyncio all but tell() are awaited."""
    if mode not in ("rb", "wb", "ab"):
        raise ValueError("mode: rb, wb, ab")
    size = 0
    if mode != "wb":
        try:
            size = await m.brief("fs_files", "stat", name)
        except OSError:
            if mode == "rb" or m.engine.lost:
                raise
    else:
        try:
            await m.brief("fs_files", "remove", name)
        except OSError:
            if m.engine.lost:
                raise
    return File(m, name, size, mode)


class File:
    def __init__(self, m, name, size, mode):
        self.m = m
        self.name = name
        self.mode = mode
        self.length = size
        self.at = size if mode == "ab" else 0

    async def load(self, buf):
        n = 0
        if self.mode != "rb":
            raise OSError(9, "")  # EBADF
        if len(buf) and self.at < self.length:
            n = await self.m.brief("fs_files", "readinto", self.name, buf, self.at)
            self.at += n
        return n

    async def some(self, n):
        left = self.length - self.at
        if n < 0 or n > left:
            n = left
        buf = bytearray(max(n, 0))
        n = await self.load(buf)
        return bytes(memoryview(buf)[:n])

    async def store(self, data):
        if self.mode == "rb":
            raise OSError(9, "")
        await self.m.brief("fs_files", "write", self.name, data, self.at)
        self.at += len(data)
        if self.at > self.length:
            self.length = self.at
        return len(data)

    async def nothing(self):
        self.mode = ""

    def readinto(self, buf):
        return self.m.face(self.load(buf))

    def read(self, n=-1):
        return self.m.face(self.some(n))

    def write(self, data):
        return self.m.face(self.store(data))

    def seek(self, offset, whence=0):
        """Go to offset; whence 0: from the start, 1: from here, 2: from the end."""
        self.at = max(0, offset + (0, self.at, self.length)[whence])
        return self.at

    def tell(self):
        return self.at

    def close(self):
        return self.m.face(self.nothing())

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.mode = ""
