# Fetch a page over TLS, done by the module: nothing of it costs memory on the board. The server's
# certificate is checked against settings.ca_file; the module needs the time for that.
import settings

import espat
from espat import tls


def main():
    modem = espat.Modem(settings.uart())
    modem.wifi.connect(settings.ssid, settings.key)
    context = tls.SSLContext(modem)
    if settings.ca_file:
        modem.net.sntp(0, settings.time_host, wait_s=30)
        context.load_verify_locations(settings.ca_file)
    else:
        context.verify_mode = tls.CERT_NONE  # anybody may be the server
    with context.wrap_socket(modem.socket(), server_hostname=settings.tls_host) as s:
        s.connect((settings.tls_host, settings.tls_port))
        s.write(b"GET / HTTP/1.0\r\nHost: " + settings.tls_host.encode() + b"\r\n\r\n")
        line = s.readline()
        while line:
            print(line.decode().rstrip())
            line = s.readline()


if __name__ == "__main__":
    main()
