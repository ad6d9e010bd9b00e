# The whole module in real time on the operating system's sockets, with real counterparts:
# Python's ssl, openssl s_server, asyncio clients. Every wait has a deadline.
from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import http.client
import json
import shutil
import socket
import ssl
import time

import pytest

from espat_sim import Module, RealClock, peers_tls
from espat_sim.net_os import OsNetwork
from espat_sim.profiles import load
from espat_sim.tls_psk import psk_works
from sim.loop_rig import LOOPBACK

DEADLINE_S = 20
FINALS = (b"\r\nOK\r\n", b"\r\nERROR\r\n", b"\r\nSEND OK\r\n", b"\r\nSEND FAIL\r\n")
GOOD = "good.test"
QUICK = dataclasses.replace(
    load("esp32s2-3.4-full"),
    boot_us=10_000,
    scan_channel_us=1_000,
    auth_us=1_000,
    dhcp_us=1_000,
    tls_us=1_000,
    sntp_us=1_000,
)


class OsRig:
    """A host program at a module in real time; the line is as fast as the machine."""

    def __init__(self) -> None:
        self.net = OsNetwork(hosts={GOOD: LOOPBACK})
        self.m = Module(profile=QUICK, clock=RealClock(), net=self.net)
        self.m.line.set_paced(False)
        self.host = self.m.line.host
        self.host.set_rxbuf(1 << 24)
        self.host.on_rx = self._arrived
        self._came = asyncio.Event()
        self._seen = bytearray()

    def _arrived(self) -> None:
        self._came.set()

    async def wait_for(self, *ends: bytes) -> bytes:
        """Everything up to one of these."""
        while True:
            self._seen += self.host.read()
            found = [self._seen.find(end) + len(end) for end in ends if end in self._seen]
            if found:
                data = bytes(self._seen[: min(found)])
                del self._seen[: min(found)]
                return data
            self._came.clear()
            await self._came.wait()

    async def take(self, size: int) -> bytes:
        """The next size bytes."""
        while len(self._seen) < size:
            self._seen += self.host.read()
            if len(self._seen) < size:
                self._came.clear()
                await self._came.wait()
        data = bytes(self._seen[:size])
        del self._seen[:size]
        return data

    def give_back(self, data: bytes) -> None:
        self._seen[:0] = data

    async def write(self, data: bytes) -> None:
        while data:
            data = data[self.host.write(data) :]
            await asyncio.sleep(0)

    async def command(self, line: str) -> bytes:
        await self.write(line.encode() + b"\r\n")
        return await self.wait_for(*FINALS)

    async def ok(self, line: str) -> bool:
        return (await self.command(line)).endswith(b"\r\nOK\r\n")

    async def send(self, line: str, data: bytes) -> bytes:
        await self.write(line.encode() + b"\r\n")
        await self.wait_for(b">")
        await self.write(data)
        return await self.wait_for(*FINALS)

    async def join(self) -> None:
        await self.wait_for(b"ready\r\n")
        for line in ("ATE0", "AT+CWMODE=1", 'AT+CWJAP="espat-lab","espat-pass"'):
            assert await self.ok(line)


def on_module(test):
    """Runs an async test with a joined module."""

    async def body():
        rig = OsRig()
        try:
            await rig.join()
            await test(rig)
        finally:
            rig.net.close()
            await asyncio.sleep(0)

    def run():
        asyncio.run(asyncio.wait_for(body(), DEADLINE_S))

    run.__name__ = test.__name__
    return run


async def echo(reader, writer):
    with contextlib.suppress(OSError):
        while data := await reader.read(4096):
            writer.write(data)
            await writer.drain()
    writer.close()


async def tls_server(context):
    server = await asyncio.start_server(echo, LOOPBACK, 0, ssl=context)
    return server.sockets[0].getsockname()[1]


# -- TLS as a client -------------------------------------------------------------------


@on_module
async def test_an_echo_over_tls(rig):
    port = await tls_server(peers_tls.server_context(GOOD))
    assert await rig.ok(f"AT+SYSTIMESTAMP={int(time.time())}")
    assert await rig.ok("AT+CIPSSLCCONF=2,0,0")
    assert await rig.ok(f'AT+CIPSSLCCN="{GOOD}"')
    assert await rig.ok(f'AT+CIPSTART="SSL","{GOOD}",{port}')
    data = bytes(range(256)) * 32
    assert (await rig.send("AT+CIPSEND=8192", data)).endswith(b"SEND OK\r\n")
    got = bytearray()
    while len(got) < len(data):
        await rig.wait_for(b"\r\n+IPD,")
        count = int((await rig.wait_for(b":"))[:-1])
        while len(rig._seen) < count:
            await asyncio.sleep(0.001)
            rig._seen += rig.host.read()
        got += rig._seen[:count]
        del rig._seen[:count]
    assert bytes(got) == data
    assert await rig.ok("AT+CIPCLOSE")


@on_module
async def test_bad_certificates_are_refused(rig):
    trustme = pytest.importorskip("trustme")
    await rig.ok(f"AT+SYSTIMESTAMP={int(time.time())}")
    await rig.ok("AT+CIPSSLCCONF=2,0,0")
    await rig.ok(f'AT+CIPSSLCCN="{GOOD}"')
    for context in (
        peers_tls.server_context(GOOD, issuer=trustme.CA()),
        peers_tls.server_context("other.test"),
        peers_tls.contexts()[peers_tls.EXPIRED],
    ):
        port = await tls_server(context)
        assert not await rig.ok(f'AT+CIPSTART="SSL","{GOOD}",{port}')
    port = await tls_server(peers_tls.server_context(GOOD))
    assert await rig.ok(f'AT+CIPSTART="SSL","{GOOD}",{port}')


@on_module
async def test_a_server_that_wants_a_certificate(rig):
    context = peers_tls.server_context(GOOD)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=peers_tls.authority().cert_pem.bytes().decode())
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    port = await tls_server(context)
    assert not await rig.ok(f'AT+CIPSTART="SSL","{GOOD}",{port}')
    assert await rig.ok("AT+CIPSSLCCONF=1,0")
    assert await rig.ok(f'AT+CIPSTART="SSL","{GOOD}",{port}')
    assert (await rig.send("AT+CIPSEND=4", b"test")).endswith(b"SEND OK\r\n")
    await rig.wait_for(b"+IPD,4:test")


@pytest.mark.skipif(not psk_works(), reason="this Python's ssl has no pre-shared keys")
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_a_pre_shared_key_with_openssl():
    @on_module
    async def run(rig):
        with socket.socket() as sock:
            sock.bind((LOOPBACK, 0))
            port = sock.getsockname()[1]
        key = peers_tls.PSK_KEY.hex()
        process = await asyncio.create_subprocess_exec(
            *("openssl", "s_server", "-accept", f"{LOOPBACK}:{port}", "-nocert", "-tls1_2"),
            *("-psk", key, "-psk_identity", "me", "-rev"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            assert process.stdout is not None
            while b"ACCEPT" not in await process.stdout.readline():
                pass
            await rig.ok(f'AT+CIPSSLCPSKHEX="{key}","me"')
            assert await rig.ok(f'AT+CIPSTART="SSL","{LOOPBACK}",{port}')
            await rig.send("AT+CIPSEND=6", b"hello\n")
            await rig.wait_for(b"+IPD,6:olleh\n")
        finally:
            process.kill()
            await process.wait()

    run()


# -- servers ---------------------------------------------------------------------------


def listening_port(rig):
    return next(iter(rig.net.listeners)).port


@on_module
async def test_clients_of_a_server_with_tls(rig):
    rig.net._ports[443] = 0  # any free one
    assert await rig.ok("AT+CIPMUX=1")
    assert await rig.ok('AT+CIPSERVER=1,443,"SSL",1')
    port = listening_port(rig)
    reader, writer = await asyncio.open_connection(
        LOOPBACK, port, ssl=peers_tls.client_context("pc.test")
    )
    await rig.wait_for(b"0,CONNECT\r\n")
    writer.write(b"question")
    await rig.wait_for(b"+IPD,0,8:question")
    assert (await rig.send("AT+CIPSEND=0,6", b"answer")).endswith(b"SEND OK\r\n")
    assert await reader.readexactly(6) == b"answer"
    writer.close()
    await rig.wait_for(b"0,CLOSED\r\n")
    context = peers_tls.client_context()
    with contextlib.suppress(OSError):
        reader, _ = await asyncio.open_connection(LOOPBACK, port, ssl=context)
        assert await reader.read() == b"", "a client without a certificate got in"
    assert (await rig.command("AT+CIPSTATE?")) == b"\r\nOK\r\n"


@on_module
async def test_clients_of_a_server_over_ipv6(rig):
    rig.net._ports[80] = 0
    await rig.ok("AT+CIPMUX=1")
    await rig.ok("AT+CIPV6=1")
    if not await rig.ok('AT+CIPSERVER=1,80,"TCPv6"'):
        pytest.skip("this machine has no IPv6")
    _, writer = await asyncio.open_connection("::1", listening_port(rig))
    await rig.wait_for(b"0,CONNECT\r\n")
    writer.write(b"six")
    await rig.wait_for(b"+IPD,0,3:six")
    assert b'"TCPv6","::1"' in await rig.command("AT+CIPSTATE?")
    writer.close()


@on_module
async def test_a_limit_turns_clients_away(rig):
    rig.net._ports[80] = 0
    await rig.ok("AT+CIPMUX=1")
    await rig.ok("AT+CIPSERVERMAXCONN=1")
    await rig.ok("AT+CIPSERVER=1,80")
    port = listening_port(rig)
    _, first = await asyncio.open_connection(LOOPBACK, port)
    await rig.wait_for(b"0,CONNECT\r\n")
    reader, second = await asyncio.open_connection(LOOPBACK, port)
    with contextlib.suppress(ConnectionError):
        assert await reader.read() == b""
    first.close()
    await rig.wait_for(b"0,CLOSED\r\n")
    second.close()


def _fetch(port, method, path, body=None):
    """A real HTTP client, in a thread of its own."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=DEADLINE_S)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@on_module
async def test_a_browser_on_the_web_servers_real_port(rig):
    loop = asyncio.get_running_loop()
    rig.net._ports[80] = 0
    await rig.ok("AT+CWMODE=3")
    await rig.ok("AT+CIPMUX=1")
    assert await rig.ok("AT+WEBSERVER=1,80,30")
    port = listening_port(rig)
    status, page = await loop.run_in_executor(None, _fetch, port, "GET", "/getaprecord")
    assert status == 200
    assert {"ssid": "espat-lab", "auth_mode": 3} in json.loads(page)["aplist"]
    form = json.dumps({"ssid": "espat-open", "password": ""})
    status, _ = await loop.run_in_executor(None, _fetch, port, "POST", "/setstainfo", form)
    assert status == 200
    await rig.wait_for(b"+WEBSERVERRSP:1\r\n")
    await rig.wait_for(b"WIFI GOT IP\r\n")
    await loop.run_in_executor(None, _fetch, port, "POST", "/getresult", "received=1")
    await rig.wait_for(b"+WEBSERVERRSP:2\r\n")


# -- UDP -------------------------------------------------------------------------------


@on_module
async def test_a_multicast_group(rig):
    group = "239.7.7.7"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        here = socket.inet_aton(LOOPBACK)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("", 0))
        port = sock.getsockname()[1]
        try:
            sock.setsockopt(
                socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + here
            )
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, here)
        except OSError:
            pytest.skip("no multicast on this machine")
        assert await rig.ok(f'AT+CIPSTART="UDP","{group}",{port},0,0')
        await rig.send("AT+CIPSEND=5", b"hello")
        loop = asyncio.get_running_loop()
        data = await loop.run_in_executor(None, _receive, sock)
        assert data == b"hello"
        local = rig.m.links.open_links[0].local_port
        sock.sendto(b"group", (group, local))
        await rig.wait_for(b"+IPD,5:group")


def _receive(sock):
    sock.settimeout(DEADLINE_S)
    return sock.recv(100)


@on_module
async def test_the_time_is_the_machines(rig):
    assert await rig.ok("AT+CIPSNTPCFG=1,0")
    await rig.wait_for(b"+TIME_UPDATED\r\n")
    assert abs(rig.m.unix_time() - time.time()) < 2


@on_module
async def test_no_linger_is_a_reset_for_the_peer(rig):
    ended = asyncio.get_running_loop().create_future()

    async def wait(reader, writer):
        try:
            ended.set_result(await reader.read())
        except ConnectionResetError as error:
            ended.set_result(error)
        writer.close()

    server = await asyncio.start_server(wait, LOOPBACK, 0)
    port = server.sockets[0].getsockname()[1]
    await rig.ok("AT+CIPTCPOPT=0,1,,30")
    assert await rig.ok(f'AT+CIPSTART="TCP","{LOOPBACK}",{port}')
    conn = rig.m.links.open_links[0].conn
    assert conn.undelivered == 0
    sock = conn._socket()
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 30
    await rig.ok("AT+CIPCLOSE")
    assert isinstance(await ended, ConnectionResetError)
    server.close()
