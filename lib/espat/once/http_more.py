# modem.http's less frequent calls: size, headers for every request. Loaded for a call.
from .http_line import header_line
from .quote import check, plain, query, raw, unquote


async def set_headers(m, headers=None):
    """Headers (a dict) for every request from now on; None: none (AT+HTTPCHEAD, guide 3.5.8)."""
    m.http.wanted = [header_line(key, value) for key, value in (headers or {}).items()]


async def get_headers(m):
    """The headers that the module has now: [b"key:value"] (AT+HTTPCHEAD?)."""
    return [unquote(x[x.find(b",") + 1 :]) for x in await query(m, b"AT+HTTPCHEAD?", 0)]


async def get_url(m):
    """The long URL that the module holds, None if there is none (AT+HTTPURLCFG?)."""
    buf = bytearray(8192)
    n = await m.brief("more", "command", "AT+HTTPURLCFG?", into=buf)
    return bytes(memoryview(buf)[:n]).decode() if n else None


async def get_size(m, url, headers=None, timeout_s=15):
    """The size of what a GET would give, in bytes (AT+HTTPGETSIZE, guide 3.5.3). ATError: its
    .status says what the server said; 0: no answer of a server."""
    text = raw(url)
    check("url: bytes", len(text), 8, 8192)
    check("timeout_s", timeout_s, 0, 180)
    plain(text)
    ms = int(timeout_s * 1000)
    args = [text, None, None, ms]
    cmd = await m.brief("http_line", "compose", "AT+HTTPGETSIZE", args, headers)
    lines = []
    await m.at(cmd, ms + 15000, lines.append, b"+HTTPGETSIZE:")
    return int(lines[0][13:])
