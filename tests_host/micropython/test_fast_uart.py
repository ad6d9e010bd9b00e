# runs-on: micropython
# The benchmarks' UART: owns the proof that it behaves like a UART and adds no heap.
import array
import socket
import time

import ffi

import micropython
from bench.board.fast_uart import FastUART


def _pair(**kw):
    # unix MicroPython has no getsockname: ask the C library for the port.
    server = socket.socket()
    server.bind(socket.getaddrinfo("127.0.0.1", 0)[0][-1])
    server.listen(1)
    address = bytearray(16)
    length = array.array("i", [16])
    ffi.open("libc.so.6").func("i", "getsockname", "iPP")(server.fileno(), address, length)
    uart = FastUART("127.0.0.1", (address[2] << 8) | address[3], **kw)
    peer, _ = server.accept()
    server.close()
    return uart, peer


def _until_some(uart):
    deadline = time.ticks_add(time.ticks_ms(), 5000)
    while not uart.any():
        assert time.ticks_diff(deadline, time.ticks_ms()) > 0
    return uart.any()


def _use(**kw):
    uart, peer = _pair(**kw)
    buffer = bytearray(8)
    assert uart.any() == 0
    assert uart.readinto(buffer) is None
    peer.write(b"0123456789")
    assert _until_some(uart) == 10
    micropython.heap_lock()
    try:
        uart.any()
        first = uart.readinto(buffer, 3)
        rest = uart.any()
        second = uart.readinto(buffer)
        sent = uart.write(buffer, 1, 2)
    finally:
        micropython.heap_unlock()
    assert (first, rest, second, sent) == (3, 7, 7, 2)
    assert bytes(buffer) == b"3456789\0"
    assert peer.read(2) == b"45"
    uart.deinit()


def test_any_by_machine_code():
    _use()


def test_any_that_waits():
    _use(wait_ms=5)


def test_any_by_ioctl():
    _use(machine_code=False)
