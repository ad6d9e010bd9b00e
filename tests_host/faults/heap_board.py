# Runs on MicroPython: so many connections, one after the other; what stays on the heap.
import gc
import sys

from machine import UART, Pin

import espat


def main(count):
    m = espat.Modem(UART(1, 115200, tx=Pin(4), rx=Pin(5), rxbuf=2048))
    m.wifi.connect("espat-lab", "espat-pass")
    for i in range(1, count + 1):
        s = m.socket()
        s.connect(("echo.test", 7))
        s.write(b"x")
        assert s.read(1) == b"x"
        s.close()
        s = None
        if i == 100 or i == count:
            gc.collect()
            print("heap", i, gc.mem_alloc())


main(int(sys.argv[1]))
