# needs: sim
# runs-on: cpython
# How fast the module's own HTTP client fills a file at 921600 baud, on the simulator's clock: the
# share of the line's rate that is body. The heap that it takes is test_services_heap.py's.
import os

import espat
from system import rig

FILE = "espat-test-rate-%d.bin" % os.getpid()  # several may run at a time
SIZE = 1 << 20


def test_a_megabyte_by_http_at_95_percent_of_the_line():
    rig.needs("AT+HTTPGETSIZE")
    rig.control("uart", baud=115200)
    uart = rig.uart(rxbuf=4096)
    m = espat.Modem(uart)
    m.wifi.connect(*rig.LAB)
    m.command("AT+UART_CUR", 921600, 8, 1, 0, 0)
    uart.init(baudrate=921600, rxbuf=4096)
    start = rig.now_ms()
    try:
        got = m.http.download("http://web.test/file/%d" % SIZE, FILE)
        took_ms = rig.since_ms(start)
        with open(FILE, "rb") as f:
            assert f.read() == rig.pattern(SIZE)
    finally:
        os.remove(FILE)
    share = got * 10 * 1000 / took_ms / 921600
    assert got == SIZE and share >= 0.95, (got, took_ms, share)
