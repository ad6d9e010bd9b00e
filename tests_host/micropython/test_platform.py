# runs-on: micropython
# What the driver takes for granted of a MicroPython: owns these facts, tests no driver code.
# When one of them fails on a new release, the driver's memory figures are in doubt too.
import gc
import io
import select
import sys

import micropython


def test_version_is_supported():
    assert sys.implementation.version[:2] >= (1, 22)


def test_readinto_a_window_and_find_allocate_nothing():
    stream = io.BytesIO(bytes(1000))
    buffer = bytearray(64)
    pattern = b"\r\n"

    def work():
        stream.readinto(buffer)
        buffer.find(pattern, 3, 60)
        return buffer[5]

    work()
    micropython.heap_lock()
    try:
        work()
    finally:
        micropython.heap_unlock()


def test_a_memoryview_slice_costs_two_blocks():
    view = memoryview(bytearray(100))
    block = 16 if sys.maxsize < 1 << 32 else 32
    gc.collect()
    before = gc.mem_alloc()
    kept = view[10:20]
    cost = gc.mem_alloc() - before
    assert len(kept) == 10
    assert cost == 2 * block, cost


def test_poll_accepts_a_stream_written_in_python():
    class Stream(io.IOBase):
        def ioctl(self, request, arg):
            return arg & select.POLLIN if request == 3 else 0

    poller = select.poll()
    stream = Stream()
    poller.register(stream, select.POLLIN)
    assert poller.poll(0)[0][1] == select.POLLIN


def test_underscored_constants_leave_no_global():
    scope = {}
    exec("from micropython import const\n_A = const(1)\nB = const(2)\n", scope)
    assert "_A" not in scope and scope["B"] == 2
