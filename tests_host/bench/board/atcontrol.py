# The peer: adafruit_espatcontrol as it comes from PyPI, doing the benchmark's transfers.
# Owns the few methods of busio.UART that it needs, on top of FastUART.
# usage: atcontrol.py HOST PORT KIB active|send BUFFER VERIFY
import gc
import sys

from fast_uart import FastUART

PERIOD = 251


class UART(FastUART):
    baudrate = 115200

    @property
    def in_waiting(self):
        return self.any()

    def reset_input_buffer(self):
        while self.any():
            self.read(self.any())


host, port, kib, mode, size, verify = sys.argv[1:7]
total = int(kib) * 1024
size = int(size)
uart = UART(host, int(port), wait_ms=20)
gc.collect()
start_heap = gc.mem_alloc()

from adafruit_espatcontrol.adafruit_espatcontrol import ESP_ATcontrol  # noqa: E402 - its heap is measured

esp = ESP_ATcontrol(uart, 115200)
gc.collect()
print("heap_constructed", gc.mem_alloc() - start_heap)
esp.begin()
esp.socket_connect("TCP", "10.0.0.2", 1000 + (int(kib) if mode == "active" else 0))
gc.collect()
print("heap_socket", gc.mem_alloc() - start_heap)
moved = 0
if mode == "active":
    table = bytes(range(PERIOD)) * (8192 // PERIOD + 2)
    while moved < total:
        data = esp.socket_receive()
        n = len(data)
        if not n:
            raise OSError("no more data after " + str(moved))
        start = moved % PERIOD
        if verify == "1" and data != memoryview(table)[start : start + n]:
            raise ValueError("payload differs at " + str(moved))
        moved += n
else:
    size -= size % PERIOD
    block = bytes(range(PERIOD)) * (size // PERIOD)
    while moved < total:
        esp.socket_send(block)
        moved += size
print("done", total)
