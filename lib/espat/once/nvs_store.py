# modem.nvs: writing and removing values.
from ..compat import const
from .quote import build, check

_EIO = const(5)
_STRING = const(7)
_KINDS = ("u8", "i8", "u16", "i16", "u32", "i32", "string", "binary")
_NAME = const(15)  # longest name or namespace of the ESP-IDF
_MOST = const(4000)


async def set(m, namespace, name, value, kind=None):
    """Write a value; it stays when the power goes. An int is "i32" unless kind says otherwise,
    str is "string", bytes are "binary" (1..4000 bytes). The last two are read back: OSError(EIO) if
    the module has not stored just that."""
    if kind is None:
        kind = "i32" if isinstance(value, int) else "string" if isinstance(value, str) else "binary"
    if kind not in _KINDS:
        raise ValueError("kind: " + " ".join(_KINDS))
    number = _KINDS.index(kind) + 1
    raw = None
    if number < _STRING:
        bits = int(kind[1:])
        low = 0 if kind[0] == "u" else -(1 << bits - 1)
        check("value", value, low, low + (1 << bits) - 1)
    else:
        raw = value.encode() if isinstance(value, str) else value
        value = len(raw)
        check("value: bytes", value, 1, _MOST)
    cmd = build(b"AT+SYSMFG", (2, name_of(namespace), name_of(name), number, value))
    await m.at(cmd, 10000, None, b"", raw)
    if raw is None:
        return
    # A length that lost a digit on the way stores a part, and says OK.
    from .nvs_values import get

    buf = memoryview(bytearray(min(value, 128)))
    raw = memoryview(raw)
    for off in range(0, value, 128):
        part = raw[off : off + 128]
        n = len(part)
        if await get(m, namespace, name, buf[:n], off) != n or buf[:n] != part:
            raise OSError(_EIO, "AT+SYSMFG: not what was written")


async def erase(m, namespace, name=None):
    """Remove a value, or, without a name, the whole namespace."""
    args = [0, name_of(namespace)]
    if name is not None:
        args.append(name_of(name))
    await m.at(build(b"AT+SYSMFG", args), 10000)


def name_of(text):
    check("name: bytes", len(text.encode()), 1, _NAME)
    return text
