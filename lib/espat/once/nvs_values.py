# modem.nvs: values under a name and a namespace. Owns the types that the module has for them.
from ..compat import const
from .quote import build, check, query, unquote

_STRING = const(7)
_BINARY = const(8)
_KINDS = ("u8", "i8", "u16", "i16", "u32", "i32", "string", "binary")
_NAME = const(15)  # longest name or namespace of the ESP-IDF
_MOST = const(4000)


async def namespaces(m):
    """The namespaces of the manufacturing store (AT+SYSMFG, guide 3.1.19)."""
    return [unquote(text).decode() for text in await query(m, b"AT+SYSMFG?", 0)]


async def keys(m, namespace):
    """What a namespace holds: a dictionary of name -> kind, "u8", "i8", "u16", "i16", "u32",
    "i32", "string" or "binary". ATError if there is no such namespace."""
    cmd = build(b"AT+SYSMFG", (1, name_of(namespace)))
    found = {}

    def line(text):
        i = text.rfind(b",")
        j = text.rfind(b',"', 0, i)
        found[text[j + 2 : i - 1].decode()] = _KINDS[int(text[i + 1 :]) - 1]

    await m.at(cmd, 5000, line, b"+SYSMFG:")
    return found


async def get(m, namespace, name, into=None, offset=0):
    """A value: an int, or bytes for "string" and "binary". into: a buffer; then as many bytes as
    it holds, from offset on, and the result is their number. ATError if there is no such name."""
    from .into import take

    args = [1, name_of(namespace), name_of(name)]
    if into is not None:
        check("offset", offset, 0, 1 << 20)
        args += [offset, len(into)]
    head = b'+SYSMFG:"%s","%s",' % (args[1].encode(), args[2].encode())
    # +SYSMFG:"namespace","name",<kind>,<length>,<value>
    kinds = []
    x = await take(m, build(b"AT+SYSMFG", args), head, into, note=kinds.append)
    if into is not None:
        return x.got
    if not kinds:
        raise OSError(5, "AT+SYSMFG: no value")
    value = bytes(x.buf or b"")
    return value if kinds[0] >= _STRING else int(value)


async def set(m, namespace, name, value, kind=None):
    """Write a value; it stays when the power goes. An int is "i32" unless kind says otherwise,
    str is "string", bytes are "binary" (1..4000 bytes)."""
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


async def erase(m, namespace, name=None):
    """Remove a value, or, without a name, the whole namespace."""
    args = [0, name_of(namespace)]
    if name is not None:
        args.append(name_of(name))
    await m.at(build(b"AT+SYSMFG", args), 10000)


def name_of(text):
    check("name: bytes", len(text.encode()), 1, _NAME)
    return text
