# asyncio's own open_connection: five streams at once, with and without TLS, on either face.
import asyncio

import board


async def through(port, n, **options):
    r, w = await asyncio.open_connection("localhost", port, **options)
    data = board.pattern(n)
    for off in range(0, n, 1000):
        w.write(data[off : off + 1000])
        await w.drain()
    got = await r.readexactly(n)
    w.write(b"one line\n")
    await w.drain()
    assert await r.readline() == b"one line\n"
    w.close()
    await w.wait_closed()
    return got == data


async def main(a):
    if a["face"] == "aio":
        await board.install_aio()
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=a["ca"])
    results = await asyncio.gather(
        through(a["port"], 20000),
        through(a["port"], 7777),
        through(a["tls_port"], 5000, ssl=True),
        through(a["tls_port"], 20000, ssl=context),
        through(a["port"], 1),
    )
    assert results == [True] * 5, results


if board.arguments["face"] != "aio":
    board.install()
asyncio.run(main(board.arguments))
print("ALL DONE")
