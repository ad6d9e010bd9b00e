# Round trips of a command that does nothing, for counting their instructions; or the wake-ups of
# the asyncio loop while a task waits for data that never come.
# usage: calls.py HOST PORT COUNT KIND ENGINE FETCH STAGE AT PLAIN
#        KIND: engine: without coroutines, as reads and sends do; plain: by the function in the
#        file PLAIN; coroutine: as engine, in a coroutine that does nothing else; at: as the
#        driver's own files do; command; kept: modem.command, looked up once. The four names: what
#        these are called in .mpy files (tools/rom_names.py).
#        calls.py HOST PORT COUNT words WORDS
#        a coroutine that does nothing, with so many words of locals
#        calls.py HOST PORT SECONDS idle
import io
import sys
from time import ticks_ms

from fast_uart import FastUART

host, port, count, kind = sys.argv[1:5]


class PolledUART(io.IOBase):
    # As machine.UART: select.poll can wait for it.
    def __init__(self, uart):
        self.any = uart.any
        self.readinto = uart.readinto
        self.write = uart.write

    def ioctl(self, request, flags):
        if request != 3:
            return -1  # above all, no file descriptor
        return flags & 1 if self.any() else 0


def calls():
    import espat

    modem = espat.Modem(FastUART(host, int(port), wait_ms=100))
    s = modem.socket()
    s.connect(("10.0.0.2", 1000))
    run = modem.face
    e = getattr(modem, sys.argv[5])
    fetch = getattr(e, sys.argv[6])
    stage = sys.argv[7]
    place = {"clock": ticks_ms}
    if kind == "plain":
        with open(sys.argv[9]) as f:
            exec(f.read(), place)
    plain = place.get("lone")
    command = modem.command if kind == "kept" else None

    async def least():
        e.ms = 5000
        e.start(count, b"AT\r\n", 4)
        while getattr(e, stage) > 1:
            e.poll(ticks_ms())
        return fetch()

    for _ in range(int(count)):
        if kind == "engine":
            e.ms = 5000
            e.start(count, b"AT\r\n", 4)
            while getattr(e, stage) > 1:
                e.poll(ticks_ms())
            fetch()
        elif kind == "plain":
            plain(modem, b"AT\r\n")
        elif kind == "coroutine":
            run(least())
        elif kind == "kept":
            command("AT")
        elif kind == "at":
            run(getattr(modem, sys.argv[8])(b"AT\r\n"))
        else:
            modem.command("AT")


def words():
    import espat

    modem = espat.Modem(FastUART(host, int(port), wait_ms=100))
    s = modem.socket()
    s.connect(("10.0.0.2", 1000))
    run = modem.face
    place = {}
    names = "=".join("x%d" % i for i in range(int(sys.argv[5])))
    exec("async def f():\n " + names + "=1\n", place)
    f = place["f"]
    for _ in range(int(count)):
        run(f())


def counted(wait, turns):
    # The loop waits once for each time that it wakes.
    def wait_io_event(ms):
        turns.append(ms)
        wait(ms)

    return wait_io_event


async def idle():
    import asyncio
    from asyncio import core

    from espat import aio

    modem = aio.Modem(PolledUART(FastUART(host, int(port))))
    await modem.wifi.connect("espat-lab", "espat-pass")
    s = modem.socket()
    await s.connect(("10.0.0.2", 1000))
    task = asyncio.create_task(s.recv(10))
    await asyncio.sleep(1)
    turns = []
    core._io_queue.wait_io_event = counted(core._io_queue.wait_io_event, turns)
    await asyncio.sleep(int(count))
    print("wakeups", len([ms for ms in turns if ms]) - 1)  # one is that of this task
    task.cancel()


if kind == "idle":
    import asyncio

    asyncio.run(idle())
elif kind == "words":
    words()
else:
    calls()
print("done", count)
