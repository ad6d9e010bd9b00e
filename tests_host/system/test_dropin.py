# runs-on: micropython
# needs: sim
# heap: 256K
# Programs that know nothing of espat, over espat: MicroPython's own asyncio streams and the
# `requests` that is frozen into the interpreter. Owns nothing of the driver.
import asyncio

from espat import dropin
from system import rig


def installed():
    m = rig.joined()
    dropin.install(m)
    return m


def test_asyncio_open_connection():
    installed()

    async def main():
        r, w = await asyncio.open_connection("echo.test", 7)
        for n in (1, 100, 3000):
            data = rig.pattern(n)
            w.write(data)
            await w.drain()
            got = await r.readexactly(n)
            assert got == data, n
        w.write(b"line one\nline two\n")
        await w.drain()
        assert await r.readline() == b"line one\n"
        assert await r.readline() == b"line two\n"
        w.close()
        await w.wait_closed()

    asyncio.run(main())


def test_two_streams_at_once():
    installed()

    async def one(n):
        r, w = await asyncio.open_connection("echo.test", 7)
        data = rig.pattern(n)
        w.write(data)
        await w.drain()
        got = await r.readexactly(n)
        w.close()
        await w.wait_closed()
        return got == data

    async def main():
        return await asyncio.gather(one(2000), one(3000))

    assert asyncio.run(main()) == [True, True]


def test_end_of_stream():
    installed()

    async def main():
        r, w = await asyncio.open_connection("pattern.test", 19)
        w.write(b"5000\n")
        await w.drain()
        got = await r.read(-1)
        assert len(got) == 5000
        w.close()
        await w.wait_closed()

    asyncio.run(main())


def test_requests():
    installed()
    import requests

    r = requests.get("http://http.test/")
    assert r.status_code == 200, r.status_code
    assert b"<" in r.content
    r.close()
