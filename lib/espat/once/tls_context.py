# What the methods of a TLS context do (tls.py): look at their arguments, give a socket its TLS.
# Sends nothing itself; a socket that is connected already is opened again by connect.py.
from ..compat import const, run
from .quote import check, plain

_EOPNOTSUPP = const(95)


def data(ctx, name, content=None):
    """Bytes of certificates: content, or of the file called name; None if there is neither."""
    if content is None and name is not None:
        if isinstance(name, str) and name[:5] != "-----":
            with open(name, "rb") as f:
                content = f.read()
        else:
            content = name
    if content is None:
        return None
    if isinstance(content, str):
        content = content.encode()
    if not content:
        raise ValueError("an empty certificate")
    return content


def slot(ctx, n):
    check("slot", n, 0, 255)
    return n


def names(ctx, protocols):
    protocols = tuple(protocols)
    check("protocols", len(protocols), 0, 5)
    for name in protocols:
        check("protocol: characters", len(name), 1, 255)
        plain(name.encode())
    return protocols


def secret(ctx, key, identity):
    if key is None and identity is None:
        return None
    check("key: bytes", len(key.encode() if isinstance(key, str) else key), 1, 32)
    check("identity: bytes", len(identity.encode()), 1, 32)
    if isinstance(key, str):
        plain(key.encode())
    plain(identity.encode())
    return key, identity


def wrap(ctx, s, server_side, now, name):
    if bool(server_side) != ctx.server:
        raise ValueError("server_side: PROTOCOL_TLS_SERVER, else PROTOCOL_TLS_CLIENT")
    if name is not None:
        check("server_hostname: bytes", len(name.encode()), 1, 64)
        plain(name.encode())
    if s.kind[:3] == "SSL":
        if s.up:  # of a TLS server; or wrapped twice
            return s
    elif s.kind[:3] != "TCP":
        raise OSError(_EOPNOTSUPP, "TLS needs a TCP socket")
    if ctx.server:
        if s.up:
            raise OSError(_EOPNOTSUPP, "accepted without TLS: wrap before listen()")
        if s.server:
            raise OSError(_EOPNOTSUPP, "wrap before listen()")
        s.kind = "SSL"
        s.ca = ctx.verify // 2  # CERT_REQUIRED
        s.tls = ctx
        s.secure = ctx.secure(None)
        return s
    again = s.up or s.job
    if again and (s.hint or s.got or s.ring and s.ring.n):
        raise OSError(_EOPNOTSUPP, "the module cannot begin TLS on a link that is in use")
    if again and s.m.face is not run:
        raise OSError(_EOPNOTSUPP, "with an aio.Modem: wrap before connect()")
    if again:
        run(s.drop())
    s.kind = "SSL"
    s.tls = ctx
    s.secure = ctx.secure(name)
    if again:
        run(s.open_link(s.peer, s.timeout != 0))
    elif s.late and now and s.timeout != 0:
        s.open_now()
    return s


def wrap_once(
    kind,
    sock,
    server_side=False,
    key=None,
    cert=None,
    cert_reqs=0,
    cadata=None,
    server_hostname=None,
    do_handshake=True,
):
    """ssl.wrap_socket() of MicroPython."""
    ctx = kind(1 if server_side else 0)
    if cert or key:
        ctx.load_cert_chain(cert, key)
    if cadata:
        ctx.load_verify_locations(None, cadata)
    ctx.verify_mode = cert_reqs
    return ctx.wrap_socket(sock, server_side, do_handshake, server_hostname)
