# needs: sim
# profile: esp8266-0.30
# The send queue of the ESP8266's first command set with asyncio: the same names, awaitable; a task
# that is cancelled in the middle of a send.
import asyncio

from espat import aio
from system import rig

FAR = ("192.0.2.10", 80)


async def queued(latency_ms):
    rig.control("latency", ms=latency_ms)
    number = rig.control("serve", host=FAR[0], port=FAR[1])["id"]
    m = aio.Modem(rig.uart())
    await m.wifi.connect(*rig.LAB)
    s = m.socket()
    await s.connect(FAR)
    end = rig.control("far", id=number)["connections"][-1]
    await s.queue()
    return m, s, end


def arrived(end):
    return bytes.fromhex(rig.control("far", id=end)["data_hex"])


def test_the_same_awaitable():
    async def main():
        m, s, end = await queued(150)
        data = rig.pattern(8000)
        await s.sendall(data)
        assert await s.room() < 2920
        await s.flush()
        assert await s.room() == 2920
        assert arrived(end) == data
        await s.send(b"more")
        await s.close()
        assert arrived(end) == b"more"

    rig.run(main())


def test_two_tasks():
    async def main():
        m, s, end = await queued(50)
        other = m.socket()
        await other.connect(rig.ECHO)
        data = rig.pattern(6000)

        async def talk():
            for i in range(20):
                text = b"message %d" % i
                await other.send(text)
                assert await other.readexactly(len(text)) == text

        task = asyncio.create_task(talk())
        await s.sendall(data)
        await s.flush()
        await task
        assert arrived(end) == data

    rig.run(main())


def test_a_send_that_is_cancelled_ends_the_link():
    async def main():
        m, s, end = await queued(150)
        task = asyncio.create_task(s.sendall(bytes(20000)))
        await asyncio.sleep(1)
        task.cancel()
        try:
            await task
            raise AssertionError("not cancelled")
        except asyncio.CancelledError:
            pass
        try:
            await s.send(b"more")
            raise AssertionError("a stream with a hole")
        except OSError:
            pass
        try:
            await s.close()
        except OSError:
            pass
        s = m.socket()
        await s.connect(rig.ECHO)
        await s.send(b"again")
        assert await s.readexactly(5) == b"again"

    rig.run(main())
