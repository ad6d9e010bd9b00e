# modem.http's requests: how they are written, and what their end means. Loaded for a request.
from ..compat import const
from .quote import check, plain, raw

_MARGIN_MS = const(15000)  # name, connection, TLS: beyond the network's idle time


async def get(m, url, headers=None, timeout_s=15, rx_size=2048):
    """GET (AT+HTTPCGET, guide 3.5.4): a Response whose body is on its way. url: 8..8192 bytes.
    headers: a dict, for this request, beside those of set_headers(). timeout_s: 0..180, how long
    the network may be silent. rx_size: 1..10240, bytes of one record. ValueError before anything
    is sent; ATError (.status 0) or OSError without an answer of a server."""
    return await request(m, "GET", url, None, None, headers, None, timeout_s, rx_size)


async def head(m, url, headers=None, timeout_s=15):
    """HEAD (AT+HTTPCLIENT=1, guide 3.5.2): a Response with headers and no body."""
    return await request(m, "HEAD", url, None, None, headers, None, timeout_s)


async def delete(m, url, headers=None, timeout_s=15):
    """DELETE (AT+HTTPCLIENT=5, guide 3.5.2)."""
    return await request(m, "DELETE", url, None, None, headers, None, timeout_s)


async def post(m, url, data=None, json=None, headers=None, length=None, timeout_s=15):
    """POST (AT+HTTPCPOST, guide 3.5.5). data, json, length: as request()."""
    return await request(m, "POST", url, data, json, headers, length, timeout_s)


async def put(m, url, data=None, json=None, headers=None, length=None, timeout_s=15):
    """PUT (AT+HTTPCPUT, guide 3.5.6). data, json, length: as request()."""
    return await request(m, "PUT", url, data, json, headers, length, timeout_s)


async def request(
    m,
    method,
    url,
    data=None,
    json=None,
    headers=None,
    length=None,
    timeout_s=15,
    rx_size=2048,
):
    """method: GET, HEAD, POST, PUT or DELETE. data: the body of POST and PUT: bytes, str, an open
    binary file, or an iterator of bytes; length: how many bytes of it, needed for an iterator.
    json: an object to send instead. The others as get(). A source that ends too early raises
    ValueError; the module, which waits for its bytes, gets zeros instead of them."""
    text = raw(url)
    check("url: bytes", len(text), 8, 8192)
    plain(text)
    check("timeout_s", timeout_s, 0, 180)
    check("rx_size", rx_size, 1, 10240)
    if json is not None:
        import json as codec

        data = codec.dumps(json)
        headers = dict(headers or {})
        headers["Content-Type"] = "application/json"
    if isinstance(data, str):
        data = data.encode()
    source = None
    if data is not None and not isinstance(data, (bytes, bytearray, memoryview)):
        source = data
        if length is None:
            if not hasattr(source, "seek"):
                raise ValueError("length: needed for an iterator")
            here = source.tell()
            length = source.seek(0, 2) - here
            source.seek(here)
    elif data is not None:
        length = len(data)
    bodied = method in ("POST", "PUT")
    if length and not bodied:
        raise ValueError("data: only with POST, PUT")
    safe = 2 if text[:6].lower() == b"https:" else 1
    if method == "GET":
        name, args = "HTTPCGET", [text, None, rx_size, int(timeout_s * 1000)]
    elif bodied and length:
        name, args = "HTTPC" + method, [text, length]
    else:
        name = "HTTPCLIENT"
        i = ("", "HEAD", "GET", "POST", "PUT", "DELETE").index(method)  # ValueError
        args = [i, 0, text, None, None, safe] + ([""] if i == 3 else [])
    cmd = await m.brief("http_line", "compose", "AT+" + name, args, headers)
    ms = int(timeout_s * 1000) + _MARGIN_MS
    from ..http import Response

    r = Response(m, cmd, name.encode())
    if method == "HEAD":
        await m.brief("http_head", "ask_headers", r, ms)
        return r
    if bodied and length:
        await m.brief("http_feed", "feed", r, ms, data, source, length)
    else:
        await r.begin(ms)
    while r.k < 256 and r.settle():
        await m.idle()
    if r.over and not r.status_code:
        await m.brief("http_end", "refused", r)
    r.status_code = r.status_code or 200
    return r
