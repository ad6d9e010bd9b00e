# modem.http: a HEAD request, whose answer is lines. Loaded for it, dropped after it.


async def ask_headers(m, r, ms):
    lines = []
    r.e.code = 0
    if await m.at(r.cmd, ms, lines.append, b"+HTTPCLIENT:", None, True) in (0, 4):
        r.status_code = 200
    r.over = True
    r.code = code = r.e.code
    for text in lines:
        # +HTTPCLIENT:35,Date: ... The guide prints a blank after the comma.
        key, _, value = text[text.find(b",") + 1 :].partition(b":")
        try:
            r.headers[key.strip().decode()] = value.strip().decode()
        except UnicodeError:
            pass  # bytes from the network that are no text
    if not r.status_code:
        if code >> 12 in (7, 0x010A7) and code & 0xFFF:
            r.status_code = code & 0xFFF
        else:
            r.err = 5 if r.e.result == 1 else 110
            await m.brief("http_end", "refused", r)
