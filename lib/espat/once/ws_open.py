# modem.ws.connect. Loaded for it, dropped after it.
from .quote import build, check, plain, raw


async def connect(
    m,
    uri,
    link=None,
    subprotocol=None,
    headers=None,
    auth=None,
    ping_s=10,
    ping_timeout_s=120,
    buffer=1024,
    queue=None,
    timeout_s=15,
):
    """Open a WebSocket connection (AT+WSCFG, AT+WSHEAD, AT+WSOPEN, guide 3.7.2..3.7.4).

    uri: ws://... or wss://.... link: 0..2, None: the first free one. subprotocol, auth ("user:
    password"): text. headers: a dict. ping_s, ping_timeout_s: 1..7200. buffer: 1..8192, the
    module's: a longer frame comes in pieces, and 10 bytes less can be sent. queue: bytes for
    frames that nobody has taken yet, None: twice the buffer. timeout_s: 0..180. ValueError
    before anything is sent; OSError ENOMEM: three are open; ATError: it did not open."""
    check("link", link, 0, 2)
    check("ping_s", ping_s, 1, 7200)
    check("ping_timeout_s", ping_timeout_s, 1, 7200)
    check("buffer", buffer, 1, 8192)
    check("timeout_s", timeout_s, 0, 180)
    queue = 2 * buffer + 64 if queue is None else queue
    check("queue", queue, buffer + 16, 1 << 20)
    text = raw(uri)
    if text[:5].lower() != b"ws://" and text[:6].lower() != b"wss://":
        raise ValueError("uri: ws://... or wss://...")
    lines = []
    for key, value in (headers or {}).items():
        x = ("%s: %s" % (key, value)).encode()
        plain(x)
        check("header: bytes", len(x), 1, 4096)
        lines.append(x)
    args = (0, text, subprotocol, int(timeout_s * 1000), auth)
    build(b"AT+WSOPEN", args)
    from ..ws import WebSocket, watch

    if m.state != 2:
        await m.brief("start", "up")
    part = m.ws
    if part.links is None:
        part.links = watch(m.engine, [None] * 3)
    links = part.links
    for i in range(3) if link is None else (link,):
        if links[i] is None or links[i].state():
            break
    else:
        raise OSError(12, "")  # ENOMEM
    if links[i] is not None or link is not None:
        await m.at(b"AT+WSCLOSE=%d\r\n" % i, force=True)
    s = WebSocket(m, i, queue, buffer - 10)
    s.boots = m.boots
    await m.at(build(b"AT+WSCFG", (i, ping_s, ping_timeout_s, buffer)))
    await m.at(b"AT+WSHEAD=0\r\n")
    for x in lines:
        await m.at(b"AT+WSHEAD=%d\r\n" % len(x), 5000, None, b"", x)
    links[i] = s
    try:
        await m.at(build(b"AT+WSOPEN", (i,) + args[1:]), int(timeout_s * 1000) + 15000)
    except BaseException:
        s.over = True
        links[i] = None
        s.forget()
        raise
    s.up = True
    return s
