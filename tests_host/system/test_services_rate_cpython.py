# needs: sim
# runs-on: cpython
# How fast the module's own HTTP client fills a file at 921600 baud, on the simulator's clock: the
# share of the line's rate that is body. The heap that it takes is bench/board/services.py's.
import os

import espat
from system import rig

FILE = "espat-test-rate.bin"
SIZE = 1 << 20


def test_a_megabyte_by_http_at_95_percent_of_the_line():
    rig.control("uart", baud=115200)
    uart = rig.uart(rxbuf=4096)
    m = espat.Modem(uart)
    m.wifi.connect(*rig.LAB)
    m.command("AT+UART_CUR", 921600, 8, 1, 0, 0)
    uart.init(baudrate=921600, rxbuf=4096)
    start = rig.now_ms()
    r = m.http.get("http://web.test/file/%d" % SIZE)
    buf = bytearray(768)  # as test_services_heap.py, which holds the heap against it
    view = memoryview(buf)
    got = 0
    try:
        with open(FILE, "wb") as f:
            n = 768
            while n == 768:
                n = r.readinto(buf)
                f.write(view[:n])
                got += n
        took_ms = rig.since_ms(start)
        with open(FILE, "rb") as f:
            assert f.read() == rig.pattern(SIZE)
    finally:
        os.remove(FILE)
    share = got * 10 * 1000 / took_ms / 921600
    assert got == SIZE and share >= 0.95, (got, took_ms, share)
