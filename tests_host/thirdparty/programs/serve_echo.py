# asyncio's own start_server: echo, until a client says "enough". On either face.
import asyncio

import board

stop = asyncio.Event()


async def echo(r, w):
    while True:
        data = await r.read(512)
        if not data:
            break
        if data == b"enough":
            stop.set()
        w.write(data)
        await w.drain()
    w.close()
    await w.wait_closed()


async def main():
    if board.arguments["face"] == "aio":
        await board.install_aio()
    server = await asyncio.start_server(echo, "0.0.0.0", board.arguments["port"])
    await asyncio.sleep_ms(200)
    print("SERVING")
    await stop.wait()
    await asyncio.sleep_ms(200)
    server.close()
    await server.wait_closed()


if board.arguments["face"] != "aio":
    board.install()
asyncio.run(main())
print("ALL DONE")
