# Fetch a page over plain HTTP and print it.
import settings

import espat


def get(modem, host, port, path):
    """Yields the lines of the page (bytes); raises OSError if the server has no such page."""
    with modem.socket() as s:
        s.settimeout(10)
        s.connect((host, port))
        s.write(("GET %s HTTP/1.0\r\nHost: %s\r\n\r\n" % (path, host)).encode())
        status = s.readline()
        if b" 200 " not in status:
            raise OSError("server says: " + status.decode().strip())
        rest = -1  # bytes still to come, if the server tells
        line = s.readline()
        while line.strip():
            if line.lower().startswith(b"content-length:"):
                rest = int(line[15:])
            line = s.readline()
        while True:
            line = s.readline()
            if not line:
                break
            rest -= len(line)
            yield line
        if rest > 0:
            raise OSError("the page is incomplete")


if __name__ == "__main__":
    modem = espat.Modem(settings.uart())
    modem.wifi.connect(settings.ssid, settings.key)
    for line in get(modem, settings.host, settings.port, settings.path):
        print(line.decode(), end="")
