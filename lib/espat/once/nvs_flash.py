# modem.nvs: the module's user partitions as raw flash.
from ..compat import const
from .fields import words
from .quote import build, check, query

_ERASE_MS = const(30000)
_TOP = const(0x3FFFFFFF)


async def partitions(m):
    """The partitions that can be reached (AT+SYSFLASH, guide 3.1.18): a list of (name, type,
    subtype, address, size)."""
    return [_partition(text) for text in await query(m, b"AT+SYSFLASH?", 0)]


def _partition(text):
    f = words(text.split(b","))
    return (f[0],) + tuple([int(f[i], 0) for i in range(1, 5)])


async def read(m, partition, offset, buf):
    """Fill buf with what stands at offset; returns how many bytes came."""
    from .into import take

    args = where(partition, offset, len(buf))
    return (await take(m, build(b"AT+SYSFLASH", [2] + args), b"+SYSFLASH:", buf, _ERASE_MS)).got


async def write(m, partition, offset, data):
    """Write bytes. Erased flash is 0xFF, writing only clears bits: erase before."""
    args = where(partition, offset, len(data))
    await m.at(build(b"AT+SYSFLASH", [1] + args), _ERASE_MS, None, b"", data)


async def erase_partition(m, partition, offset=None, length=None):
    """Erase a partition, or length bytes of it from offset on; the module may insist on whole
    sectors of 4096."""
    args = [0, partition]
    if offset is not None:
        args = [0] + where(partition, offset, length)
    elif length is not None:
        raise ValueError("length without offset")
    await m.at(build(b"AT+SYSFLASH", args), _ERASE_MS)


def where(partition, offset, length):
    check("partition: bytes", len(partition.encode()), 1, 16)
    check("offset", offset, 0, _TOP)
    check("length", length, 1, _TOP)
    return [partition, offset, length]
