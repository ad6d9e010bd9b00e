# runs-on: micropython
# needs: sim
# heap: 320K
# The drop-ins over an aio.Modem: asyncio's own streams beside tasks that use the modem. Owns
# nothing of the driver.
import asyncio

from espat import aio, dropin
from system import rig


async def installed():
    m = aio.Modem(rig.uart())
    await m.wifi.connect(*rig.LAB)
    dropin.install(m)
    return m


async def through(host, port, n, **options):
    r, w = await asyncio.open_connection(host, port, **options)
    data = rig.pattern(n)
    w.write(data)
    await w.drain()
    got = await r.readexactly(n)
    w.close()
    await w.wait_closed()
    return got == data


def test_streams_beside_the_modems_own_calls():
    async def main():
        m = await installed()
        busy = [True]

        async def asks():
            n = 0
            while busy:
                assert await m.wifi.isconnected()
                assert (await m.command("AT+CWMODE?"))[0] == b"+CWMODE:1"
                n += 1
                await asyncio.sleep_ms(5)
            return n

        task = asyncio.create_task(asks())
        results = await asyncio.gather(
            through("echo.test", 7, 3000),
            through("tls.test", 7, 2000, ssl=True),
            through("echo.test", 7, 1000),
        )
        assert results == [True] * 3, results
        assert await through("tls.test", 7, 100, ssl=True), "links are free again"
        busy.clear()
        assert await task > 3

    asyncio.run(main())


def test_errors_come_at_the_first_use():
    async def one(host, port, **options):
        r, w = await asyncio.open_connection(host, port, **options)
        try:
            w.write(b"hello")
            await w.drain()
            return await r.read(5)
        except OSError as e:
            w.close()
            return e.errno

    async def main():
        await installed()
        assert await one("refuse.test", 1) == rig.ECONNREFUSED
        assert await one("nowhere.test", 443, ssl=True) == -2
        assert await one("mutual.test", 443, ssl=True) == -30592
        assert await one("echo.test", 7) == b"hello"

    asyncio.run(main())


def test_what_would_stop_the_other_tasks_is_refused():
    async def main():
        await installed()
        import socket

        s = socket.socket()
        rig.fails(95, s.connect, rig.ECHO)
        s.close()

    asyncio.run(main())
