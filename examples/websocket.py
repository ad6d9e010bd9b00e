# A WebSocket by the module's own client: sends text and bytes, prints what comes back.
# (The firmware must have it: docs/commands.md.)
import settings

import espat

if __name__ == "__main__":
    modem = espat.Modem(settings.uart())
    modem.wifi.connect(settings.ssid, settings.key)
    s = modem.ws.connect(settings.ws_uri)
    for data in ("text", b"\x00\x01\x02", "x" * 1000):
        s.send(data)
        answer = s.receive(5000)
        if answer is None:
            raise OSError("no answer")
        print("sent %d, received %d: %r" % (len(data), len(answer), bytes(answer[:8])))
    s.close()
