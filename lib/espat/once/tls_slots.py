# Certificates and keys in the module's flash (AT+SYSMFG, guide 3.1.19): looked at before they are
# written, so that the flash is not worn out. Loaded for it. Knows nothing of links.
from ..compat import const
from ..engine import number
from .quote import build

_WRITES = const(8)  # so often one program may change a slot
_NO_CA = const(-30336)  # as MicroPython's own ssl
_ENOENT = const(2)
_EIO = const(5)


async def put(m, ctx, space, slot, data):
    """Slot `slot` of "client_ca", "server_key" ... is to hold data (None: anything)."""
    name = await name_of(m, space, slot)
    mark, writes = ctx.slots.get((m, name), (None, 0))
    now = None if data is None else (len(data), hash(bytes(data)))
    if mark is not None and mark == (now or mark):
        return
    if data is None:
        await there(m, space, name)
        now = 0, 0
    elif not await same(m, space, name, data):
        if writes >= _WRITES:
            raise OSError(_EIO, name + " is changed again and again: give each context its slot")
        writes += 1
        # Type 8: bytes. The slot is whole or not there, whatever happens meanwhile.
        await m.at(build(b"AT+SYSMFG", (2, space, name, 8, len(data))), 10000, None, b"", data)
    ctx.slots[m, name] = now, writes


async def name_of(m, space, slot):
    """What a slot is called: "client_ca.0". Where a firmware has one of a kind only, its name has
    no number ("mqtt_ca"); with the server's that depends on the firmware."""
    if space[:4] in ("mqtt", "wpa2") or space[:4] == "serv" and await listed(m, space, space):
        return space
    return "%s.%d" % (space, slot)


async def serve(m, ctx):
    """Before the module's server starts."""
    if ctx.own is None:
        raise OSError(_ENOENT, "a TLS server needs load_cert_chain()")
    if ctx.verify and ctx.ca is None:
        raise OSError(_NO_CA, "CERT_REQUIRED: load_verify_locations() says who may come in")
    slot, cert, key = ctx.own
    if slot or ctx.verify and ctx.ca[0]:
        raise ValueError("the certificates of a server are in slot 0")
    await put(m, ctx, "server_cert", 0, cert)
    await put(m, ctx, "server_key", 0, key)
    if ctx.verify:
        await put(m, ctx, "server_ca", 0, ctx.ca[1])


async def there(m, space, name):
    if not await listed(m, space, name):
        number = _NO_CA if space[-2:] == "ca" else _ENOENT
        raise OSError(number, "the module's flash has no %s" % name)


async def listed(m, space, name):
    found = []
    await m.at(build(b"AT+SYSMFG", (1, space)), 5000, found.append, b"+SYSMFG:", force=True)
    for line in found:
        if line.find(b',"' + name.encode() + b'",') > 0:
            return True
    return False


async def same(m, space, name, data):
    """Does the slot hold data?"""
    sink = Same(m.engine, space, name, data)
    head = sink.prefix, sink.header
    m.engine.heads.insert(0, head)
    try:
        # ERROR: there is no such slot.
        result = await m.at(build(b"AT+SYSMFG", (1, space, name)), 10000, None, b"", None, True)
    finally:
        m.engine.heads.remove(head)
        if m.engine.tag is sink:
            m.engine.tag = m.engine
        m.engine.memo = b""
    return not result and sink.ok and sink.at == len(data)


class Same:
    # Takes the counted payload of the answer and compares it as it comes.
    dst = None
    want = 0
    job = 1
    ok = False
    at = 0

    def __init__(self, engine, space, name, data):
        self.e = engine
        self.prefix = ('+SYSMFG:"%s","%s",' % (space, name)).encode()
        self.data = memoryview(data)
        self.buf = bytearray(64)

    def header(self, line, n):
        # <type>,<length>,
        i = line.find(b",", len(self.prefix), n - 1)
        if i < 0:
            return -1
        self.e.tag = self
        self.ok = True
        return number(line, i + 1, n - 1)

    def on_room(self, spare):
        e = self.e
        e.dst = self.buf
        e.off = 0
        e.end = len(self.buf)
        return True

    def on_bytes(self, off):
        if self.data[self.at : self.at + off] != memoryview(self.buf)[:off]:
            self.ok = False
        self.at += off

    def on_short(self):
        self.ok = False
        self.e.lost = True
        self.e.finish(2)
