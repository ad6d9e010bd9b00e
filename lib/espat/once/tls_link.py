# What a TLS link of the module is to check and to say: AT+CIPSSLC..., told before it opens. Loaded
# for this moment. Certificates in the flash are tls_slots.py's; why it did not open, tls_fail.py's.
from ..compat import const, load
from .quote import build

_CERT_REQUIRED = const(2)  # tls.py
_OWN = const(1)  # bits of the mode of AT+CIPSSLCCONF
_CHECK = const(2)
_CLOCK_IS_SET = const(1577836800)  # 2020: no clock that was ever set says less

# The numbers of MicroPython's own ssl (mbedTLS).
_NOT_ACCEPTED = const(-9984)
_NO_CA = const(-30336)
_EINVAL = const(22)


async def tell(m, ctx, i, name):
    """Link i is to be opened with what ctx says; name: of the host. Tells the module what differs
    from the last time. Raises OSError if a check that is wanted cannot be made."""
    if len(name.encode()) > 64:
        raise OSError(_EINVAL, "the module checks names of at most 64 bytes: server_hostname?")
    psk = ctx.psk
    verify = ctx.verify == _CERT_REQUIRED and not psk  # who has the key is the right one
    mode = pki = ca = 0
    if m.speak and verify:  # AT 1.7: TLS, and nothing to say about it
        raise m.speak.lacks("checks of certificates (verify_mode = CERT_NONE does without)")
    if verify:
        if ctx.ca is None:
            raise OSError(
                _NO_CA,
                "no authority to check the certificate against: load_verify_locations(cadata=...)"
                ", or (slot=0) for what the module has; or verify_mode = CERT_NONE",
            )
        await clock(m)
        mode = _CHECK
        ca = ctx.ca[0]
        await load("once.tls_slots").put(m, ctx, "client_ca", ca, ctx.ca[1])
    if ctx.own is not None:
        mode |= _OWN
        pki, cert, key = ctx.own
        await load("once.tls_slots").put(m, ctx, "client_cert", pki, cert)
        await load("once.tls_slots").put(m, ctx, "client_key", pki, key)
    want = (
        (b"AT+CIPSSLCCONF", mode, pki, ca),
        (b"AT+CIPSSLCCN", name if verify and ctx.check_hostname else ""),
        (b"AT+CIPSSLCSNI", "" if ":" in name or name.replace(".", "").isdigit() else name),
        (b"AT+CIPSSLCALPN", len(ctx.alpn)) + ctx.alpn,
        (b"AT+CIPSSLCPSK", "", "")
        if not psk
        else (b"AT+CIPSSLCPSK",) + psk
        if isinstance(psk[0], str)
        else (b"AT+CIPSSLCPSKHEX", "".join(["%02x" % c for c in psk[0]]), psk[1]),
    )
    boots, have = ctx.told.pop((m, i), (None, None))
    if boots != m.boots:
        have = None
    for k in range(len(want)):
        x = want[k]
        # What is checked is told each time: it is no place to trust one's memory.
        if m.speak and (k == 2 or x[1] in ("", 0)):
            continue
        if k < 2 or have is None or have[k] != x:
            # Taking back what nobody set may be refused: then there is nothing to take back, or
            # the module asks for more than we want and the link does not open.
            await m.at(build(x[0], (i,) + x[1:]), force=x[1] in ("", 0) and k > 0)
    ctx.told[m, i] = m.boots, want
    # NO CA FOUND ...: said when the link shall open, and a slot holds nothing that is of use.
    ctx.told.pop(m, None)
    hook = b"NO ", ctx.heard
    hooks = m.engine.hooks
    hooks[:] = [h for h in hooks if h[0] != hook[0]]
    hooks.append(hook)


async def clock(m):
    # A module without the time takes every certificate for one of the future.
    found = []
    await m.at(b"AT+SYSTIMESTAMP?\r\n", 5000, found.append, b"+SYSTIMESTAMP:", force=True)
    if found and int(found[0][14:]) < _CLOCK_IS_SET:
        raise OSError(
            _NOT_ACCEPTED,
            "the module does not know the time and cannot check certificates: "
            "set it, modem.net.sntp(...)",
        )
