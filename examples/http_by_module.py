# Fetch a page with the module's own HTTP client, which speaks TLS too, and print it in pieces.
import settings

import espat

if __name__ == "__main__":
    modem = espat.Modem(settings.uart())
    modem.wifi.connect(settings.ssid, settings.key)
    page = modem.http.get("http://%s:%d%s" % (settings.host, settings.port, settings.path))
    print("status", page.status_code)
    for piece in page.iter_content(256):
        print(bytes(piece).decode(), end="")
