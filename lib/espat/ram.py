# modem.ram: some of the module's memory, for a host that has little. Loaded when it is used.
from .compat import const

_MS = const(10000)
_TOP = const(0x3FFFFFFF)


async def allocate(m, size):
    """Take size bytes of the module's memory (AT+USERRAM=1, guide 3.11.2), filled with zeros.
    ATError: there are not so many, or some are taken already."""
    await m.at(b"AT+USERRAM=1,%d\r\n" % within(size, 1))


async def free(m):
    """Give them back (AT+USERRAM=0)."""
    await m.at(b"AT+USERRAM=0\r\n")


async def clear(m):
    """Fill them with zeros (AT+USERRAM=4)."""
    await m.at(b"AT+USERRAM=4\r\n")


async def get_size(m):
    """How many bytes are taken; 0: none (AT+USERRAM?)."""
    found = []
    await m.at(b"AT+USERRAM?\r\n", _MS, found.append, b"+USERRAM:")
    return int(found[0][9:])


async def write(m, data, offset=0):
    """Write bytes at offset (AT+USERRAM=2)."""
    n = within(len(data), 1)
    cmd = b"AT+USERRAM=2,%d,%d\r\n" % (n, within(offset, 0))
    await m.at(cmd, _MS, None, b"", data)


async def readinto(m, buf, offset=0):
    """Fill buf with what stands at offset; returns how many bytes (AT+USERRAM=3)."""
    from .once.into import take

    cmd = b"AT+USERRAM=3,%d,%d\r\n" % (within(len(buf), 1), within(offset, 0))
    return (await take(m, cmd, b"+USERRAM:", buf, _MS)).got


async def read(m, length, offset=0):
    """As readinto(), into new bytes."""
    buf = bytearray(within(length, 1))
    n = await readinto(m, buf, offset)
    return bytes(memoryview(buf)[:n])


def within(n, low):
    if not low <= n <= _TOP:
        raise ValueError("size, offset: out of range")
    return n
