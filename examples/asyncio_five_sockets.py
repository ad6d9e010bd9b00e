# Five connections at once with asyncio, as many as a module has, while another task goes on with
# its own work.
import asyncio

import settings

from espat import aio


async def fetch(modem):
    s = modem.socket()
    s.settimeout(20)
    async with s:
        await s.connect((settings.host, settings.port))
        request = "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n" % (settings.path, settings.host)
        await s.write(request.encode())
        while (await s.readline()).strip():
            pass  # the header of the answer
        size = 0
        while True:
            line = await s.readline()
            if not line:
                break
            size += len(line)
    return size


async def work(counts):
    while True:
        counts[0] += 1
        await asyncio.sleep(0.01)


async def main():
    modem = aio.Modem(settings.uart(), ring=256)
    await modem.wifi.connect(settings.ssid, settings.key)
    counts = [0]
    worker = asyncio.create_task(work(counts))
    sizes = await asyncio.gather(*[fetch(modem) for _ in range(5)])
    worker.cancel()
    for number in range(5):
        print("socket %d: %d bytes" % (number, sizes[number]))
    print("the other task went on meanwhile:", counts[0] > 2)


if __name__ == "__main__":
    asyncio.run(main())
