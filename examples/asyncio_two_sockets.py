# Two connections at once with asyncio, while another task goes on with its own work.
import asyncio

import settings

from espat import aio


async def fetch(modem, name):
    s = modem.socket()
    s.settimeout(10)
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
    print("%s: %d bytes" % (name, size))
    return size


async def work(counts):
    while True:
        counts[0] += 1
        await asyncio.sleep(0.01)


async def main():
    modem = aio.Modem(settings.uart())
    await modem.wifi.connect(settings.ssid, settings.key)
    counts = [0]
    worker = asyncio.create_task(work(counts))
    sizes = await asyncio.gather(fetch(modem, "first"), fetch(modem, "second"))
    worker.cancel()
    print("the same page twice:", sizes[0] == sizes[1])
    print("the other task went on meanwhile:", counts[0] > 2)


if __name__ == "__main__":
    asyncio.run(main())
