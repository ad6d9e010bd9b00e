# The module's own clients in real time against real counterparts on loopback: mosquitto, Python's
# own HTTP server, the package websockets. Every wait has a deadline.
from __future__ import annotations

import asyncio
import contextlib
import random

import pytest

from sim.loop_rig import LOOPBACK
from sim.test_module_os import OsRig, on_module
from tools import debs

BROKER = debs.BIN / "mqtt-broker"
PUBLISHED = (b"+MQTTPUB:OK\r\n", b"+MQTTPUB:FAIL\r\n", b"ERROR\r\n")


def free_port() -> int:
    import socket

    with socket.create_server((LOOPBACK, 0)) as probe:
        return probe.getsockname()[1]


@contextlib.asynccontextmanager
async def mosquitto():
    """A broker on loopback; gives its port."""
    if not BROKER.exists():
        pytest.skip("no MQTT broker on this machine (make setup says how to get one)")
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        str(BROKER),
        str(port),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        while True:
            try:
                _, writer = await asyncio.open_connection(LOOPBACK, port)
            except OSError:
                assert process.returncode is None, "the broker ended"
                await asyncio.sleep(0.02)  # between two tries
            else:
                writer.close()
                break
        yield port
    finally:
        process.terminate()
        await process.wait()


async def publish_raw(rig: OsRig, topic: str, data: bytes, qos: int) -> bytes:
    await rig.write(f'AT+MQTTPUBRAW=0,"{topic}",{len(data)},{qos},0\r\n'.encode())
    await rig.wait_for(b">")
    await rig.write(data)
    return await rig.wait_for(*PUBLISHED)


async def message(rig: OsRig) -> tuple[str, bytes]:
    """The next message; its records are told from the next message's by their length here."""
    head = await rig.wait_for(b'+MQTTSUBRECV:0,"')
    assert head.strip(b"\r\n") == b'+MQTTSUBRECV:0,"'
    topic = (await rig.wait_for(b'",'))[:-2]
    size = int((await rig.wait_for(b","))[:-1])
    return topic.decode(), await rig.take(size)


@on_module
async def test_mqtt_with_mosquitto_every_qos_and_size(rig):
    async with mosquitto() as port:
        assert await rig.ok('AT+MQTTUSERCFG=0,1,"espat-sim","","",0,0,""')
        assert await rig.ok(f'AT+MQTTCONN=0,"{LOOPBACK}",{port},0')
        assert await rig.ok('AT+MQTTSUB=0,"loop/#",2')
        rng = random.Random(1)
        for i, size in enumerate((1, 100, 985, 1024, 4000, 65536)):
            data, qos = rng.randbytes(size), i % 3
            said = await publish_raw(rig, f"loop/{i}", data, qos)
            rig.give_back(said.replace(b"+MQTTPUB:OK\r\n", b""))
            got = bytearray()
            while len(got) < size:
                topic, part = await message(rig)
                assert topic == f"loop/{i}"
                got += part
            assert bytes(got) == data
        assert await rig.ok('AT+MQTTUNSUB=0,"loop/#"')
        assert await rig.ok("AT+MQTTCLEAN=0")
