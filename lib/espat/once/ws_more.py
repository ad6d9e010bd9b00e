# modem.ws's less frequent calls: states, headers, the end of a connection. Loaded for a call.
from .quote import check, query, raw, unquote


async def status(m):
    """[(link, state, uri)] of the connections that the module knows: 0 closed, 1 connecting
    again, 2 open, 3 no answer to a ping, 4 closing (AT+WSOPEN?, guide 3.7.4)."""
    result = []
    for line in await query(m, b"AT+WSOPEN?", 0):
        f = line.split(b",", 2)
        result.append((int(f[0]), int(f[1]), unquote(f[2]).decode()))
    return result


async def get_headers(m):
    """The headers of the last connect(), as the module has them: [b"key:value"] (AT+WSHEAD?)."""
    return [unquote(x[x.find(b",") + 1 :]) for x in await query(m, b"AT+WSHEAD?", 0)]


async def end(m, s, code, reason):
    check("code", code, 1000, 4999)
    text = raw(reason)
    check("reason: bytes", len(text), 0, 123)
    links = m.ws.links
    if links[s.link] is not s:
        return
    if not s.state():
        try:
            if s.up and len(text) + 2 <= s.most:
                data = bytes((code >> 8, code & 255)) + text
                await s.put(data, 8, 2000)
        except OSError:
            pass  # it is on its way to the end anyway
        await m.at(b"AT+WSCLOSE=%d\r\n" % s.link, 15000, force=True)
    s.over = True
    s.up = False
    s.forget()
    links[s.link] = None
