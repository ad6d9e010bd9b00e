# The asyncio half of transfer.py: the loops of a user's program that waits for its data.
import asyncio
import gc

WARM = 16 * 1024  # bytes before the steady state is measured


async def receive(s, total, buffer, check):
    moved = 0
    mark = 0
    start = 0
    while moved < total:
        n = await s.recv_into(buffer)
        if not n:
            raise OSError("closed after " + str(moved))
        if check:
            check(n, moved)
        moved += n
        if not mark and moved >= WARM:
            gc.collect()
            gc.disable()
            mark = moved
            start = gc.mem_alloc()
    return (gc.mem_alloc() - start) * 1024 // (moved - mark)


async def send(s, total, buffer):
    moved = 0
    mark = 0
    start = 0
    while moved < total:
        await s.sendall(buffer)
        moved += len(buffer)
        if not mark and moved >= WARM:
            gc.collect()
            gc.disable()
            mark = moved
            start = gc.mem_alloc()
    return (gc.mem_alloc() - start) * 1024 // (moved - mark)


async def waiting(uart, total, mode, buffer, check, peer):
    from espat import aio

    modem = aio.Modem(uart, passive=mode != "active")
    await modem.wifi.connect("espat-lab", "espat-pass")
    s = modem.socket()
    await s.connect(peer)
    if mode == "send":
        return await send(s, total, buffer)
    return await receive(s, total, buffer, check)


def run(*args):
    return asyncio.run(waiting(*args))
