# espat doing the benchmark's transfers, over FastUART. Owns the loops of a user's program;
# knows of the driver only what its documentation says.
# (transfer_aio.py has those of asyncio, so that the others need no heap for them.)
# usage: transfer.py HOST PORT KIB active|passive|send BUFFER VERIFY [aio|RING]
# Prints the heap after each stage and what the transfer itself allocated.
import gc
import sys

from fast_uart import FastUART

PERIOD = 251
WARM = 16 * 1024  # bytes before the steady state is measured

host, port, kib, mode, size, verify = sys.argv[1:7]
face = sys.argv[7] if len(sys.argv) > 7 else "blocking"
ring = int(face) if face.isdigit() else 1024
total = int(kib) * 1024
size = int(size)
if mode == "send":
    # Whole periods, so that one block serves for every send.
    size = size - size % PERIOD or PERIOD
verify = verify == "1"
buffer = bytearray(size)
for i in range(size):
    buffer[i] = i % PERIOD
table = memoryview(bytes(range(PERIOD)) * (size // PERIOD + 2)) if verify else None
peer = ("10.0.0.2", 1000 + (0 if mode == "send" else int(kib)))
uart = FastUART(host, int(port), wait_ms=0 if face == "aio" else 1)
gc.collect()
base = gc.mem_alloc()


def heap(stage):
    gc.collect()
    print("heap_" + stage, gc.mem_alloc() - base)


def steady(moved, start):
    # What was allocated per KiB since the warm-up; nothing is collected in between.
    return (gc.mem_alloc() - start) * 1024 // moved


def check(n, offset):
    start = offset % PERIOD
    if memoryview(buffer)[:n] != table[start : start + n]:
        raise ValueError("payload differs at " + str(offset))


def receive(s):
    moved = 0
    mark = 0
    start = 0
    while moved < total:
        n = s.recv_into(buffer)
        if not n:
            raise OSError("closed after " + str(moved))
        if verify:
            check(n, moved)
        moved += n
        if not mark and moved >= WARM:
            gc.collect()
            gc.disable()
            mark = moved
            start = gc.mem_alloc()
    return steady(moved - mark, start)


def send(s):
    moved = 0
    mark = 0
    start = 0
    while moved < total:
        n = s.send(buffer)
        if n != size:
            raise OSError("a blocking send took " + str(n))
        moved += n
        if not mark and moved >= WARM:
            gc.collect()
            gc.disable()
            mark = moved
            start = gc.mem_alloc()
    return steady(moved - mark, start)


def blocking():
    import espat

    heap("imported")
    modem = espat.Modem(uart, passive=mode != "active", ring=ring)
    heap("constructed")
    modem.wifi.connect("espat-lab", "espat-pass")
    heap("joined")
    s = modem.socket()
    s.connect(peer)
    heap("socket")
    uart.patience(1000)
    return send(s) if mode == "send" else receive(s)


if face == "aio":
    import transfer_aio

    per_kib = transfer_aio.run(uart, total, mode, buffer, check if verify else None, peer)
else:
    per_kib = blocking()
gc.enable()
print("heap_per_kib", per_kib)
print("done", total)
