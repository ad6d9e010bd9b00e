# An access point with a captive portal: whoever joins the network "espat-setup" is led to a page
# (every name leads to us, every page to ours) that asks for the name and key of the network at
# home; then the module joins it. modem.provision.web() does the like with the module's own pages.
import asyncio

import settings

from espat import aio

HOME = "192.168.4.1"
FORM = """<!doctype html><title>Set-up</title><h1>Which network?</h1>
<form method="post" action="/join"><p><input name="ssid" placeholder="name">
<p><input name="key" type="password" placeholder="key"><p><button>Join</button></form>"""


async def names(modem):
    """A DNS server that knows one answer to everything."""
    s = modem.socket(2, 2)
    await s.bind(("", 53))
    ip = bytes([int(part) for part in HOME.split(".")])
    while True:
        query, sender = await s.recvfrom(512)
        end = query.find(b"\0", 12) + 5  # of the question
        if len(query) < end or end < 17:
            continue
        head = query[:2] + b"\x81\x80\0\1\0\1\0\0\0\0"
        answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + ip
        await s.sendto(head + query[12:end] + answer, sender)


def decoded(text):
    """The fields of a form: name=value&..., with + and %XX."""
    fields = {}
    for field in text.split("&"):
        name, _, value = field.partition("=")
        parts = value.replace("+", " ").split("%")
        data = parts[0].encode()
        for part in parts[1:]:
            data += bytes([int(part[:2], 16)]) + part[2:].encode()
        fields[name] = data
    return fields


async def page(reader, writer, found):
    request = await reader.readline()
    size = 0
    line = await reader.readline()
    while line.strip():
        if line.lower().startswith(b"content-length:"):
            size = int(line[15:])
        line = await reader.readline()
    if request.startswith(b"POST /join"):
        fields = decoded((await reader.readexactly(min(size, 400))).decode())
        found.update(fields)
        status, body = "200 OK", "<p>Thank you. This network goes away now."
    elif request.startswith(b"GET / "):
        status, body = "200 OK", FORM
    else:  # what phones ask to see whether there is a portal
        status, body = "302 Found\r\nLocation: http://%s/" % HOME, ""
    head = "HTTP/1.1 %s\r\nContent-Type: text/html\r\nContent-Length: %d\r\n" % (status, len(body))
    await writer.write(head + "Connection: close\r\n\r\n" + body)
    await writer.close()


async def main():
    modem = aio.Modem(settings.uart())
    await modem.ap.config("espat-setup", None, 6)
    found = {"ssid": b"", "key": b""}
    dns = asyncio.create_task(names(modem))
    server = await aio.start_server(modem, lambda r, w: page(r, w, found), "", 80)
    print("join the network espat-setup and open any page")
    while not found["ssid"]:
        await asyncio.sleep(0.2)
    await asyncio.sleep(2)  # the page that says so is on its way
    await server.stop(True)
    dns.cancel()
    await modem.ap.active(False)
    await modem.wifi.connect(found["ssid"], found["key"] or None)
    print("joined %s" % found["ssid"].decode())


if __name__ == "__main__":
    asyncio.run(main())
