# modem.nvs: reading values under a name and a namespace. Owns the types that the module has.
from ..compat import const
from .fields import answers, words
from .quote import build, check, query

_STRING = const(7)
_KINDS = ("u8", "i8", "u16", "i16", "u32", "i32", "string", "binary")
_NAME = const(15)  # longest name or namespace of the ESP-IDF


async def namespaces(m):
    """The namespaces of the manufacturing store (AT+SYSMFG, guide 3.1.19)."""
    return words(await query(m, b"AT+SYSMFG?", 0))


async def keys(m, namespace):
    """What a namespace holds: a dictionary of name -> kind, "u8", "i8", "u16", "i16", "u32",
    "i32", "string" or "binary". ATError if there is no such namespace."""
    lines = await answers(m, build(b"AT+SYSMFG", (1, name_of(namespace))))
    return dict([_key(text) for text in lines])


def _key(text):
    i = text.rfind(b",")
    j = text.rfind(b',"', 0, i)
    kind = int(text[i + 1 :])
    if not 0 < kind < 9:
        raise ValueError
    return text[j + 2 : i - 1].decode(), _KINDS[kind - 1]


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


def name_of(text):
    check("name: bytes", len(text.encode()), 1, _NAME)
    return text
