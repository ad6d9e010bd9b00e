# Calls of recv_into() or send() with so many bytes each, for counting instructions per call.
# usage: pieces.py HOST PORT CALLS passive|send BYTES
import sys

from fast_uart import FastUART

import espat

host, port, calls, mode, size = sys.argv[1:6]
size = int(size)
calls = int(calls)
uart = FastUART(host, int(port), wait_ms=1)
modem = espat.Modem(uart)
modem.wifi.connect("espat-lab", "espat-pass")
s = modem.socket()
s.connect(("10.0.0.2", 1000 + (0 if mode == "send" else calls * size // 1024 + 8)))
uart.patience(1000)
buffer = bytearray(i % 251 for i in range(size))
for _ in range(calls):
    if mode == "send":
        s.send(buffer)
    else:
        s.recv_into(buffer)
print("done", calls)
