# The module's own clients in real time against real counterparts on loopback: mosquitto, Python's
# own HTTP server, the package websockets. Every wait has a deadline.
from __future__ import annotations

import asyncio
import contextlib
import http.server
import random
import socket
import ssl
import threading

import pytest

from espat_sim import factory_pki, peers_tls
from sim.loop_rig import LOOPBACK
from sim.test_module_os import GOOD, OsRig, on_module
from tools import debs

BROKER = debs.BIN / "mqtt-broker"
PUBLISHED = (b"+MQTTPUB:OK\r\n", b"+MQTTPUB:FAIL\r\n", b"ERROR\r\n")


def free_port() -> int:
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


class Page(http.server.BaseHTTPRequestHandler):
    """The standard library's: a body is what was sent, or as long as the path says."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length) or bytes(range(256)) * (int(self.path[1:]) // 256)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET = do_POST = do_PUT = do_DELETE = answer

    def log_message(self, format, *args):
        pass


@contextlib.contextmanager
def web_server():
    server = http.server.ThreadingHTTPServer((LOOPBACK, 0), Page)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def payload(data: bytes) -> bytes:
    """What is in the records of an answer."""
    found = bytearray()
    while data.startswith(b"+HTTP"):
        head, _, rest = data.partition(b",")
        size = int(head.partition(b":")[2])
        found += rest[:size]
        data = rest[size + 2 :]
    return bytes(found)


@on_module
async def test_http_with_a_server_of_the_standard_library(rig):
    with web_server() as port:
        url = f"http://{LOOPBACK}:{port}"
        size = 256 * 1000
        lines = await rig.command(f'AT+HTTPGETSIZE="{url}/{size}"')
        assert lines == b"+HTTPGETSIZE:%d\r\n\r\nOK\r\n" % size
        await rig.write(f'AT+HTTPCGET="{url}/{size}"\r\n'.encode())
        answer = await rig.wait_for(b"\r\n\r\nOK\r\n")
        assert payload(answer) == bytes(range(256)) * 1000
        body = random.Random(2).randbytes(65536).replace(b"\r\nOK", b"12345")
        for command, path in (("HTTPCPOST", "post"), ("HTTPCPUT", "put")):
            await rig.write(f'AT+{command}="{url}/{path}",{len(body)}\r\n'.encode())
            await rig.wait_for(b">")
            await rig.write(body)
            answer = await rig.wait_for(b"\r\nSEND OK\r\n", b"\r\nSEND FAIL\r\n")
            assert payload(answer) == body
        answer = await rig.command(f'AT+HTTPCLIENT=5,0,"{url}/256",,,1')
        assert payload(answer) == bytes(range(256))
        assert (await rig.command(f'AT+HTTPCGET="http://{LOOPBACK}:1/"')).endswith(b"ERROR\r\n")


@on_module
async def test_web_socket_with_the_package_websockets(rig):
    from websockets.asyncio.server import serve

    seen = []

    async def echo(socket):
        seen.append((socket.request.path, socket.request.headers.get("X-One"), socket.subprotocol))
        async for message in socket:
            await socket.send(message)

    async with serve(echo, LOOPBACK, 0, subprotocols=["chat"]) as server:
        port = server.sockets[0].getsockname()[1]
        assert await rig.ok("AT+WSCFG=0,1,5,8192")
        assert (await rig.send("AT+WSHEAD=8", b"X-One: 1")).endswith(b"OK\r\n")
        opening = f'AT+WSOPEN=0,"ws://{LOOPBACK}:{port}/a?b=c","chat"'
        assert (await rig.command(opening)) == b"+WS_CONNECTED:0\r\n\r\nOK\r\n"
        assert seen == [("/a?b=c", "1", "chat")]
        for size, opcode in ((1, 1), (125, 2), (126, 2), (8000, 2)):
            data = b"a" * size if opcode == 1 else random.Random(size).randbytes(size)
            said = await rig.send(f"AT+WSSEND=0,{size},{opcode}", data)
            rig.give_back(said.replace(b"\r\nSEND OK\r\n", b""))
            head = await rig.wait_for(b",%d," % size)
            assert head.endswith(b"+WS_DATA:0,%d," % size)
            assert await rig.take(size) == data
        assert (await rig.command("AT+WSCLOSE=0")).endswith(b"+WS_CLOSED:0\r\n\r\nOK\r\n")


# -- all ten schemes at mosquitto: TLS and WebSocket end in front of it ------------------------


async def pump(reader, writer):
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def tls_door(context, port):
    """A server with TLS that hands everything on to port."""

    async def serve(reader, writer):
        inner_reader, inner_writer = await asyncio.open_connection(LOOPBACK, port)
        await asyncio.gather(pump(reader, inner_writer), pump(inner_reader, writer))

    return await asyncio.start_server(serve, LOOPBACK, 0, ssl=context)


async def web_socket_door(context, port):
    """The same for WebSocket, with the package websockets."""
    from websockets.asyncio.server import serve

    async def hand_on(socket):
        reader, writer = await asyncio.open_connection(LOOPBACK, port)

        async def back():
            while data := await reader.read(65536):
                await socket.send(data)

        answers = asyncio.create_task(back())
        async for message in socket:
            writer.write(message)
            await writer.drain()
        writer.close()
        answers.cancel()

    return await serve(hand_on, LOOPBACK, 0, ssl=context, subprotocols=["mqtt"])


@pytest.mark.parametrize("scheme", range(1, 11))
def test_every_mqtt_scheme_with_mosquitto(scheme):
    @on_module
    async def run(rig):
        context = None
        if scheme not in (1, 6):
            context = peers_tls.server_context(GOOD)
            if scheme in (4, 5, 9, 10):
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations(cadata=factory_pki.CA_0)
        assert await rig.ok("AT+CIPSNTPCFG=1,0")
        await rig.wait_for(b"+TIME_UPDATED\r\n")
        async with mosquitto() as port:
            door = await (web_socket_door if scheme >= 6 else tls_door)(context, port)
            async with door:
                number = door.sockets[0].getsockname()[1]
                assert await rig.ok(f'AT+MQTTUSERCFG=0,{scheme},"sim","","",0,0,"mqtt"')
                assert await rig.ok(f'AT+MQTTCONN=0,"{GOOD}",{number},0')
                assert await rig.ok('AT+MQTTSUB=0,"loop",1')
                data = random.Random(scheme).randbytes(900)
                said = await publish_raw(rig, "loop", data, 1)
                rig.give_back(said.replace(b"+MQTTPUB:OK\r\n", b""))
                assert await message(rig) == ("loop", data)
                assert await rig.ok("AT+MQTTCLEAN=0")

    run()
