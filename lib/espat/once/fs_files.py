# modem.fs: the module's files by their names. Loaded for a call.
from ..compat import const
from .quote import build, check

_WRITE_MS = const(20000)
_PIECE = const(1024)  # bytes of one write
_LIST = const(2048)  # longest answer of listdir()
_TOP = const(0x3FFFFFFF)


async def listdir(m):
    """The names of all files (AT+FS=0,4, guide 3.6.2); the module has a root folder only. A name
    with a blank in it cannot be told from two."""
    found = await m.brief("wide", "lines", line(4, "."), b"+FS:", _LIST, _WRITE_MS)
    names = []
    for text in found:
        names.extend([x.decode() for x in text[4:].split(b" ") if x])
    return names


async def stat(m, name):
    """The file's size in bytes (AT+FS=0,3). ATError: there is no such file."""
    found = []
    await m.at(line(3, name), _WRITE_MS, found.append, b"+FS:")
    return int(found[0][4:])


async def remove(m, name):
    """Delete a file (AT+FS=0,0)."""
    await m.at(line(0, name), _WRITE_MS)


async def readinto(m, name, buf, offset=0):
    """Fill buf with what stands at offset; returns how many bytes there were (AT+FS=0,2)."""
    from .into import take

    check("offset", offset, 0, _TOP)
    check("buf: bytes", len(buf), 1, _TOP)
    cmd = line(2, name, offset, len(buf))
    return (await take(m, cmd, b"+FS:", buf, _WRITE_MS)).got


async def read(m, name, offset=0, length=None):
    """Bytes of a file, in memory: length of them, or all from offset on."""
    if length is None:
        length = await stat(m, name) - offset
    if length <= 0:
        return b""
    buf = bytearray(length)
    n = await readinto(m, name, buf, offset)
    return bytes(memoryview(buf)[:n])


async def write(m, name, data, offset=0):
    """Write bytes at offset (AT+FS=0,1), in pieces of 1 KB. A file that is not there is made.
    ATError: the file system is full, say: what was written before stays."""
    check("offset", offset, 0, _TOP)
    view = memoryview(data.encode() if isinstance(data, str) else data)
    i = 0
    while i < len(view):
        piece = view[i : i + _PIECE]
        await m.at(line(1, name, offset + i, len(piece)), _WRITE_MS, None, b"", piece)
        i += len(piece)


async def mount(m, on=True):
    """Mount the file system, or let go of it: that frees much of the module's memory (AT+FSMOUNT,
    guide 3.6.3). The other calls mount it by themselves."""
    await m.at(b"AT+FSMOUNT=%d\r\n" % (1 if on else 0), _WRITE_MS)


def line(operation, name, *more):
    n = len(name.encode() if isinstance(name, str) else name)
    check("name: bytes", n, 1, 128)
    return build(b"AT+FS", (0, operation, name) + more)
