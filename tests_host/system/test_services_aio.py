# needs: sim
# profile: esp32s2-3.4-full
# The services inside the module with asyncio: the same names, awaited, while other tasks run.
import asyncio

from espat import aio
from system import rig

WEB = "http://web.test"


async def joined():
    m = aio.Modem(rig.uart())
    await m.wifi.connect(*rig.LAB)
    return m


def test_mqtt():
    async def main():
        m = await joined()
        await m.mqtt.connect("mqtt.test")
        await m.mqtt.subscribe("a/#", 1)
        assert await m.mqtt.isconnected()
        got = []

        async def reader():
            async for topic, data in m.mqtt.messages():
                got.append((topic, bytes(data)))
                if len(got) == 3:
                    return

        task = asyncio.create_task(reader())
        await m.mqtt.publish("a/1", b"one", 1)
        rig.control("broker", topic="a/2", data="two")
        await m.mqtt.publish("a/3", b"\0three", 1)
        await asyncio.wait_for(task, 10)
        assert got == [(b"a/1", b"one"), (b"a/2", b"two"), (b"a/3", b"\0three")], got

        seen = []

        async def handler(topic, data):
            await m.mqtt.publish("out", data, 1)
            seen.append(bytes(data))

        task = asyncio.create_task(m.mqtt.listen(handler))
        rig.control("broker", topic="a/4", data="four")
        while not seen:
            await asyncio.sleep(0.05)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass
        assert seen == [b"four"]
        assert await m.mqtt.receive(100) is None
        await m.mqtt.disconnect()

    rig.run(main())


def test_http():
    async def main():
        m = await joined()
        r = await m.http.get(WEB + "/get?a=1")
        assert r.status_code == 200 and (await r.json())["args"] == {"a": "1"}
        got = bytearray()
        async for piece in (await m.http.get(WEB + "/file/5000")).iter_content(512):
            got.extend(piece)
        assert got == rig.pattern(5000)
        r = await m.http.get(WEB + "/file/3000")
        buf = bytearray(2000)
        assert await r.readinto(buf) == 2000
        await asyncio.sleep(1.5)  # a reader that takes its time
        assert await r.readinto(buf) == 1000 and await r.readinto(buf) == 0
        assert (await m.http.post(WEB + "/post", b"x=1")).status_code == 200
        assert await m.http.get_size(WEB + "/file/77") == 77
        assert await (await m.http.get(WEB + "/status/404")).content
        s = m.socket()
        await s.connect(rig.ECHO)
        await s.write(b"side by side")
        assert await s.readexactly(12) == b"side by side"

    rig.run(main())


def test_ws():
    async def main():
        m = await joined()
        s = await m.ws.connect("ws://ws.test/echo")
        await s.send("text")
        assert bytes(await s.receive(2000)) == b"text"
        buf = bytearray(10)
        await s.send(b"more")
        assert await s.recv_into(buf, 2000) == 4
        await s.close()
        s = await m.ws.connect("ws://ws.test/close/1000")
        await s.send(b"x")
        async for _ in s:
            pass
        assert len(await m.ws.status()) <= 1

    rig.run(main())


def test_files_memory_and_pins():
    async def main():
        m = await joined()
        await m.fs.write("a", b"hello")
        assert await m.fs.read("a") == b"hello" and await m.fs.listdir() == ["a"]
        f = await m.fs.open("a")
        assert await f.read(2) == b"he"
        await f.close()
        await m.ram.allocate(100)
        await m.ram.write(b"abc", 5)
        assert await m.ram.read(3, 5) == b"abc"
        rig.control("adc", channel=0, mv=475)
        adc = await m.gpio.ADC(0, 0)
        assert abs(await adc.read() - 2048) <= 2
        rig.control("i2c", address=0x20, memory_hex="0102")
        i2c = await m.gpio.I2C(0, 25, 26)
        assert await i2c.readfrom_mem(0x20, 0, 2) == b"\x01\x02"

    rig.run(main())
