# Runs on MicroPython: so many connections, one after the other; what stays on the heap.
import gc
import sys

from machine import UART, Pin

import espat

RATE = 2_000_000  # fewer looks at the wire for each line


def main(count):
    m = espat.Modem(UART(1, 115200, tx=Pin(4), rx=Pin(5), rxbuf=2048))
    m.wifi.connect("espat-lab", "espat-pass")
    m.uart.configure(RATE)
    data = bytearray(1)
    look = 100
    for i in range(1, count + 1):
        s = m.socket()
        s.connect(("echo.test", 7))
        s.write(b"x")
        assert s.readinto(data) == 1 and data == b"x"
        s.close()
        s = None
        data[0] = 0
        if i == look or i == count:
            look *= 10
            gc.collect()
            print("heap", i, gc.mem_alloc())


main(int(sys.argv[1]))
