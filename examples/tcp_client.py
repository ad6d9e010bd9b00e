# A TCP client: sends blocks to an echo server, receives them into one buffer, compares.
import settings

import espat

SIZE = 1024
BLOCKS = 8

modem = espat.Modem(settings.uart())
modem.wifi.connect(settings.ssid, settings.key)

s = modem.socket()
s.settimeout(10)  # seconds; without it a call waits for ever
s.connect((settings.echo_host, settings.echo_port))
sent = bytearray(SIZE)
received = bytearray(SIZE)
for block in range(BLOCKS):
    for i in range(SIZE):
        sent[i] = (block + i) & 255
    s.sendall(sent)
    n = s.readinto(received)  # waits until the buffer is full, or the other side closes
    if n != SIZE or received != sent:
        raise SystemExit("block %d came back changed" % block)
    print("block %d: %d bytes there and back" % (block, n))
s.close()
