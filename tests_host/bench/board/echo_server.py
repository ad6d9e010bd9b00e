# asyncio's own start_server over espat: an echo for so many clients, then the end.
# usage: echo_server.py HOST PORT CLIENTS
import asyncio
import gc
import sys

from fast_uart import FastUART

import espat
from espat import dropin

host, port, clients = sys.argv[1:4]
modem = espat.Modem(FastUART(host, int(port)))
modem.wifi.connect("espat-lab", "espat-pass")
dropin.install(modem)
served = 0


async def echo(reader, writer):
    global served
    buf = bytearray(512)
    view = memoryview(buf)
    while True:
        n = await reader.readinto(buf)
        if not n:
            break
        writer.write(view[:n])
        await writer.drain()
    writer.close()
    await writer.wait_closed()
    served += 1


async def main():
    await asyncio.start_server(echo, "0.0.0.0", 8080)
    print("listening")
    while served < int(clients):
        await asyncio.sleep_ms(50)
    gc.collect()
    print("heap", gc.mem_alloc(), gc.mem_free())
    print("done")


asyncio.run(main())
