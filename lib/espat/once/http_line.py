# modem.http: how a request is written, and what the module must know before it: headers, a long
# URL. Loaded for a request, dropped after it.
from ..compat import const, load
from .quote import build, check, plain

_ERROR = const(1)  # engine.py


async def compose(m, name, args, headers):
    # The command line; by then the module has the headers, and the URL if that is too long.
    lines = list(m.http.wanted)
    for key, value in (headers or {}).items():
        lines.append(header_line(key, value))
    i = 2 if name == "AT+HTTPCLIENT" else 0
    text = args[i]
    try:
        cmd = build(name, args)
    except ValueError:
        cmd = None
        args[i] = ""
        after = build(name, args)
    await set_up(m, tuple(lines))
    if not cmd:
        await m.at(b"AT+HTTPURLCFG=%d\r\n" % len(text), 5000, None, b"", text)
    return cmd or after


def header_line(key, value):
    text = "%s: %s" % (key, value)
    text = text.encode()
    plain(text)
    check("header: bytes", len(text), 1, 4096)
    return text


async def set_up(m, lines):
    # Give the module the headers of this request (AT+HTTPCHEAD), where it has others.
    part = m.http
    if m.state != 2:
        await m.brief("start", "up")
    if part.boots != m.boots or part.present != lines:
        part.boots = -1  # until all of them are there
        boots = m.boots
        # ESP-AT before 3.0 has no such command, and needs none where there are no headers.
        cmd = b"AT+HTTPCHEAD=0\r\n"
        result = await m.at(cmd, force=True)
        if result and (lines or result != _ERROR):
            raise load("errors").error(cmd, result, m.engine.code)
        for text in lines:
            await m.at(b"AT+HTTPCHEAD=%d\r\n" % len(text), 5000, None, b"", text)
        part.present = lines
        part.boots = boots
