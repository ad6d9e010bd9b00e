# needs: sim
# modem.power.idle(): the host sleeps whenever every task of asyncio waits; none of them notices.
import time

from machine import Pin

from espat.once import at_once
from system import rig

WAKE_PIN = 7
HOST_WAKE_PIN = 8
RX_PIN = 5
WAKE_GPIO = 12
HOST_GPIO = 18


def modem(by_uart=False):
    from espat import aio

    pin = Pin(RX_PIN if by_uart else HOST_WAKE_PIN, Pin.IN)
    return aio.Modem(rig.uart(), wake=Pin(WAKE_PIN, Pin.OUT, value=1), host_wake=pin)


async def far_end(m):
    rig.control("host", name="far.test", ip="10.9.8.7")
    server = rig.control("serve", host="far.test", port=7700)["id"]
    s = m.socket()
    await s.connect(("far.test", 7700))
    return s, rig.control("far", id=server)["connections"][-1]


async def over(task):
    import asyncio

    task.cancel()
    try:
        await task
        raise AssertionError("it has ended by itself")
    except asyncio.CancelledError:
        pass


def test_idle_between_tasks():
    # Every task waits for something else; the host sleeps meanwhile, and none of them notices.
    async def main():
        import asyncio

        m = modem()
        await m.wifi.connect(*rig.LAB)
        await m.power.sleep("light", gpio=WAKE_GPIO)
        await m.power.host_wake(gpio=HOST_GPIO)
        s, peer = await far_end(m)
        for i in range(10):
            rig.control("far", id=peer, send="%d" % i, in_ms=7000 * (i + 1))
        ticks = []

        async def clock():
            for _ in range(14):
                await asyncio.sleep(5)
                ticks.append(rig.now_ms())

        rig.control("energy", reset=True)
        start = rig.now_ms()
        sleeper = asyncio.create_task(m.power.idle())
        other = asyncio.create_task(clock())
        for i in range(10):
            assert await s.readexactly(1) == b"%d" % i
            late = rig.since_ms(start) - 7000 * (i + 1)
            assert -100 < late < 2500, (i, late)
            await s.write(b"got %d" % i)
        await other
        used = rig.control("energy")["host"]
        await over(sleeper)
        assert used["asleep"] > 0.95, used
        for i in range(14):
            late = rig.time.ticks_diff(ticks[i], start) - 5000 * (i + 1)
            assert -50 < late < 1000, (i, late)
        assert await m.wifi.rssi() < 0

    rig.run(main())


def test_a_wake_byte_never_falls_into_an_answer():
    # While the module thinks that the host sleeps, a task asks for something, and data come at
    # every moment around that.
    async def main():
        import asyncio

        m = modem(by_uart=True)
        await m.wifi.connect(*rig.LAB)
        s, peer = await far_end(m)
        for byte in (85, 10, 43):
            await m.power.host_wake(byte=byte)
            sleeper = asyncio.create_task(m.power.idle())
            for step in range(36):
                await asyncio.sleep(0.2)
                rig.control("far", id=peer, send="x", in_ms=step // 12)
                time.sleep_us(step % 12 * 90)
                # A command that nobody gives again.
                assert len(await m.command("AT+SLEEP?")) == 1, (byte, step)
                assert await s.readexactly(1) == b"x"
            await asyncio.sleep(0.2)  # and who cannot wait (dropin_network.py)
            assert at_once.at_once(m, m.power.sleep) == "off"
            await over(sleeper)

    rig.run(main())


def brown_out(by):
    async def main():
        import asyncio

        m = modem("byte" in by)
        await m.wifi.connect(*rig.LAB)
        await m.power.host_wake(**by)
        s, _ = await far_end(m)
        with rig.Log() as log:
            sleeper = asyncio.create_task(m.power.idle())
            await asyncio.sleep(1)
            rig.control("power", on=False, in_ms=10000)
            rig.control("power", on=True, in_ms=10050)
            start = rig.now_ms()
            try:
                await s.readexactly(1)
                raise AssertionError("it was not told")
            except OSError as e:  # it may just have been asking
                assert e.args[0] in (rig.ECONNRESET, rig.ETIMEDOUT), e
            assert rig.since_ms(start) < 90000
            await asyncio.sleep(70)  # it is asked every minute, and joins again
            assert await m.wifi.isconnected()
            rig.control("energy", reset=True)
            await asyncio.sleep(20)
            assert rig.control("energy")["host"]["asleep"] > 0.9
            assert log.lines == ["the module has rebooted"], log.lines
            await over(sleeper)

    rig.run(main())


def test_a_brown_out_while_every_task_waits():
    brown_out({"gpio": HOST_GPIO})


def test_a_brown_out_with_a_wake_byte():
    brown_out({"byte": 85})
