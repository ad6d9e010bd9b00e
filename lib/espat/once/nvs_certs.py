# modem.nvs.load_certs: certificates and keys into the slots from which the module's own clients and
# its server take them. Looks at each before anything is sent; writes what differs; reads it back.
import sys

from ..compat import const, load
from .quote import build, check

_MOST = const(4000)  # bytes of a value (nvs_store.py)
_SEQUENCE = const(48)
_INTEGER = const(2)
_USES = "client server mqtt https wss wpa2"
_PARTS = ("ca", "cert", "key")


async def load_certs(m, use, ca=None, cert=None, key=None, slot=0):
    """Certificates and keys for use by the module itself (AT+SYSMFG, guide 3.1.19, 6.8).

    use: "client" (sockets, ws), "server", "mqtt", "wpa2" (enterprise), "https", "wss" (firmware
    from 2025 on). ca: whom to trust; cert, key: our own, both or neither. Each PEM or DER, as
    bytes or the name of a file; 1..4000 bytes. slot: 0..255 for client, https, wss. What is there
    already is not written again. Returns the names of what was written: ["mqtt_ca"].

    ValueError, before anything is sent: it is no certificate, no key, or a key with a password.
    OSError: EIO, the flash does not hold what was written. ATError: the module has no room."""
    if use not in _USES.split():
        raise ValueError("use: " + _USES)
    check("slot", slot, 0, 255 if use in ("client", "https", "wss") else 0)
    if (cert is None) != (key is None):
        raise ValueError("a certificate needs its key")
    todo = []
    for part, x in zip(_PARTS, (ca, cert, key)):
        if x is not None:
            x = load("once.tls_context").data(None, x)
            look(part, x)
            todo.append((use + "_" + part, x))
    if not todo:
        raise ValueError("ca, or cert and key")
    if m.state != 2:
        await m.brief("start", "up")
    same = load("once.tls_slots").same
    written = []
    for space, x in todo:
        name = await load("once.tls_slots").name_of(m, space, slot)
        if await same(m, space, name, x):
            continue
        await m.at(build(b"AT+SYSMFG", (2, space, name, 8, len(x))), 10000, None, b"", x)
        if not await same(m, space, name, x):
            raise OSError(5, name + " is not what was written")
        written.append(name)
        tls = sys.modules.get("espat.tls")
        if tls:  # it remembers what it has put there
            tls.SSLContext.slots.pop((m, name), None)
    return written


def look(part, x):
    # Is it what it shall be? Not whether it is a good one: that the module says when it uses it.
    wrong = ValueError(
        part + ": no key, PEM or DER" if part == "key" else part + ": no certificate"
    )
    check(part + ": bytes", len(x), 1, _MOST)
    if x[0] != _SEQUENCE:
        return pem(part, x, wrong)
    # DER: a sequence as long as all of it; a certificate begins with another one, a key with its
    # version.
    at = size = 2
    if len(x) > 8:
        size = x[1]
        if size > 128:
            at = size - 126
            size = 0
            for c in x[2:at]:
                size = size << 8 | c
    if at + size != len(x) or x[at] != (_INTEGER if part == "key" else _SEQUENCE):
        raise wrong


def pem(part, x, wrong):
    from binascii import a2b_base64

    label = b"KEY-----" if part == "key" else b"CERTIFICATE-----"
    rest = bytes(x)
    n = 0
    while True:
        i = rest.find(b"-----BEGIN ")
        if i < 0:
            break
        j = rest.find(b"-----", i + 11) + 5
        name = rest[i + 11 : j]
        end = rest.find(b"-----END " + name, j)
        if end < 0:
            raise wrong
        if b"ENCRYPTED" in rest[i:end]:
            raise ValueError("a key with a password: the module cannot use it")
        if name.endswith(label):
            n += 1
            try:
                data = a2b_base64(rest[j:end].replace(b"\r", b"").replace(b"\n", b""))
            except ValueError:
                raise wrong
            look(part, data)
        rest = rest[end + 9 :]
    if not n or part == "key" and n > 1:
        raise wrong
