# A bridge: what comes over USB (stdin) goes to a TCP server, and back. In passthrough the UART and
# one link are a plain stream, at the whole line rate. Ctrl-D, or the end of the input, ends it.
import select
import sys

import settings

import espat


def main():
    modem = espat.Modem(settings.uart())
    modem.wifi.connect(settings.ssid, settings.key)
    far = modem.passthrough.connect((settings.echo_host, settings.echo_port))
    far.setblocking(False)
    print("connected")
    poller = select.poll()
    poller.register(sys.stdin, select.POLLIN)
    poller.register(far, select.POLLIN)
    buf = bytearray(256)
    more = True
    while more or poller.poll(1000):  # at the end: until a second was silent
        for stream, _ in poller.poll():
            if stream is far:
                n = far.readinto(buf) or 0
                sys.stdout.write(buf[:n].decode())
            else:
                line = sys.stdin.readline()
                if line in ("", "\x04"):
                    poller.unregister(sys.stdin)
                    more = False
                else:
                    far.write(line)
    far.close()
    print("closed")


if __name__ == "__main__":
    main()
