# What espat keeps on the heap after each stage of a user's program.
# Owns the stages; prints "NAME BYTES" lines, counted after a full collection. Few names of its own:
# the interpreter's table of names, which doubles when it is full, is among what is counted.
# usage: heap.py HOST PORT SERVER_HOST SERVER_PORT blocking|aio RINGS [IMAGE]
# (RINGS: what `rings` is called in these .mpy files, tools/rom_names.py; IMAGE: a ROM file system
# with the driver in it)
import gc
import select
import socket
import sys

import micropython

host, port = sys.argv[1:3]
server = sys.argv[3], int(sys.argv[4])
face = sys.argv[5]
stream = socket.socket()
stream.connect(socket.getaddrinfo(host, int(port))[0][-1])
stream.setblocking(False)
look = select.poll()
look.register(stream, select.POLLIN)
sockets = []
base = 0
if len(sys.argv) > 7:
    import vfs

    with open(sys.argv[7], "rb") as stage:
        vfs.mount(vfs.VfsRom(stage.read()), "/rom")
    sys.path[:] = ["/rom"]


class UART:  # the methods that the driver takes of machine.UART
    readinto = stream.readinto
    write = stream.write

    def any(self):
        return 64 if look.poll(0) else 0

    def __repr__(self):
        return "UART(0, baudrate=115200)"


def scrub(n):
    # Overwrites what calls have left on the machine's stack: the collector would take it for
    # pointers and keep what is garbage.
    x = [n] * 3
    return scrub(n - 1) if n else x


def heap(stage):
    # Every way leaves gaps in what it overwrites: the least is what is really in use.
    n = 1 << 30
    for x in range(3, 33, 3):
        scrub(x)
        sorted((1, 2), key=lambda s: scrub(x) and s)
        gc.collect()
        n = min(n, gc.mem_alloc() - base)
    print(stage, n)


def rings(modem):
    # Receive rings are the user's choice of size: shown apart.
    x = list(getattr(modem, sys.argv[6])) + [s.ring for s in sockets if s.ring]
    return sum(len(ring.buf) for ring in x)


def make():
    import espat

    return espat.Modem(UART())


def join(modem):
    # A frame of its own: what a call has left in its caller's frame counts as in use, too.
    modem.wifi.connect("espat-lab", "espat-pass")


async def waiting():
    from espat import aio

    heap("import")
    modem = aio.Modem(UART())
    heap("construct")
    await modem.wifi.connect("espat-lab", "espat-pass")
    heap("join")
    for x in range(5):
        s = modem.socket()
        await s.connect(server)
        sockets.append(s)
        heap("socket%d" % (x + 1))
    await s.sendall(b"x")
    heap("send")
    if await s.recv(10) != b"x":
        raise OSError("the echo differs")
    heap("recv")
    print("rings", rings(modem))
    for s in sockets:
        await s.close()
    heap("closed")


if face == "aio":
    import asyncio

gc.collect()
base = gc.mem_alloc()
if face == "aio":
    asyncio.run(waiting())
else:
    import espat  # noqa: F401

    heap("import")
    modem = make()
    heap("construct")
    join(modem)
    heap("join")
    for x in range(5):
        s = modem.socket()
        s.connect(server)
        sockets.append(s)
        heap("socket%d" % (x + 1))
    sockets[0].send(b"x")
    heap("send")
    if sockets[0].recv(10) != b"x":
        raise OSError("the echo differs")
    heap("recv")
    print("rings", rings(modem))
    for s in sockets:
        s.close()
    heap("closed")
micropython.qstr_info(1)  # among the names are those of the files that were imported
print("done")
