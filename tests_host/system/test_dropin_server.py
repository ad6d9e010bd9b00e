# runs-on: micropython
# needs: sim
# heap: 320K
# asyncio's own start_server over the drop-ins: four clients at once, TLS, an aio
# modem, a module that reboots. Owns nothing of the driver.
import asyncio
from binascii import hexlify, unhexlify

from espat import aio, dropin
from system import rig

PORT = 8080


async def echo(r, w):
    while True:
        data = await r.read(512)
        if not data:
            break
        w.write(data)
        await w.drain()
    w.close()
    await w.wait_closed()


def far(number, **options):
    return rig.control("far", id=number, **options)


async def heard(number, data):
    """What the far end sends comes back to it."""
    for _ in range(500):
        if far(number)["connected"]:
            break
        await asyncio.sleep_ms(10)
    rig.control("far", id=number, send_hex=hexlify(data).decode())
    got = b""
    for _ in range(2000):
        got += unhexlify(far(number)["data_hex"])
        if len(got) >= len(data):
            break
        await asyncio.sleep_ms(10)
    return got == data


async def four_clients(tls=False):
    clients = [rig.control("client", port=PORT, tls=tls)["id"] for _ in range(4)]
    for n in (1, 300, 2000):
        data = rig.pattern(n)
        results = await asyncio.gather(*[heard(number, data) for number in clients])
        assert results == [True] * 4, (n, results)
    far(clients[0], end="close")
    await asyncio.sleep_ms(500)
    again = rig.control("client", port=PORT, tls=tls)["id"]
    assert await heard(again, b"a new one")
    assert await heard(clients[3], b"an old one")


def test_four_clients():
    dropin.install(rig.joined())

    async def main():
        server = await asyncio.start_server(echo, "0.0.0.0", PORT)
        await four_clients()
        server.close()
        await server.wait_closed()

    asyncio.run(main())


def test_four_clients_of_an_asyncio_modem():
    async def main():
        m = aio.Modem(rig.uart())
        await m.wifi.connect(*rig.LAB)
        dropin.install(m)
        server = await asyncio.start_server(echo, "0.0.0.0", PORT)
        await asyncio.sleep_ms(500)
        await four_clients()
        assert await m.wifi.isconnected()
        server.close()
        await server.wait_closed()

    asyncio.run(main())


def certificate(space):
    key = space + ".0"
    return unhexlify(rig.control("mfg", namespace=space, key=key)["value_hex"])


def test_with_tls():
    dropin.install(rig.joined())
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate("server_cert"), certificate("server_key"))

    async def main():
        server = await asyncio.start_server(echo, "0.0.0.0", PORT, ssl=context)
        await four_clients(tls=True)
        server.close()
        await server.wait_closed()

    asyncio.run(main())


def test_a_port_that_is_taken():
    m = rig.joined()
    dropin.install(m)
    first = m.socket()
    first.bind(("", 80))
    first.listen()

    async def main():
        await asyncio.start_server(echo, "0.0.0.0", PORT)

    rig.fails(98, asyncio.run, main())
