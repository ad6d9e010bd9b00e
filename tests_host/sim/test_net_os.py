# The network on the operating system's sockets, against asyncio servers and clients on loopback.
# Every wait is for an event and has a deadline.
from __future__ import annotations

import asyncio
import errno
import socket
import struct

import pytest

from espat_sim.net_os import OsNetwork
from espat_sim.net_os_conn import QUEUE_DATAGRAMS, SEND_BUFFER, WINDOW
from espat_sim.peers import pattern
from sim.loop_rig import (
    LOOPBACK,
    LoopRecorder,
    on_loop,
    open_link,
    read_all,
    send_all,
    serve,
)
from sim.net_recorder import Recorder


def closed_port():
    with socket.socket() as sock:
        sock.bind((LOOPBACK, 0))
        return sock.getsockname()[1]


@on_loop
async def test_every_byte_comes_through_both_ways(net):
    async def echo(reader, writer):
        while data := await reader.read(4096):
            writer.write(data)
            await writer.drain()
        writer.close()

    server, port = await serve(echo)
    conn, events = await open_link(net, port)
    assert (conn.remote_ip, conn.remote_port) == (LOOPBACK, port)
    assert conn.local_port > 0
    sent = pattern(300_000)
    got = bytearray()

    async def receive():
        while len(got) < len(sent):
            await events.until(lambda: conn.pending)
            got.extend(conn.recv(1000))

    await asyncio.gather(send_all(conn, events, sent), receive())
    assert bytes(got) == sent
    conn.close()
    server.close()


@on_loop
async def test_unread_data_stops_the_sender(net):
    stuck = asyncio.Event()
    total = 40_000_000

    async def flood(reader, writer):
        writer.transport.set_write_buffer_limits(high=65536)
        writer.write(pattern(total))
        stuck.set()
        await writer.drain()
        writer.close()

    server, port = await serve(flood)
    conn, events = await open_link(net, port)
    await stuck.wait()
    await events.until(lambda: conn.pending >= WINDOW)
    told = len(events.log)
    for _ in range(200):  # turns of the loop in which a reader without limits would take it all
        await asyncio.sleep(0)
    assert WINDOW <= conn.pending <= WINDOW + 1024
    assert len(events.log) == told
    assert conn.recv(3000) == pattern(3000)
    await events.until(lambda: len(events.log) > told)
    assert conn.pending <= WINDOW + 1024
    conn.abort()
    server.close()


@on_loop
async def test_send_refuses_when_the_peer_does_not_read_and_goes_on_later(net):
    may_read = asyncio.Event()
    got = bytearray()
    done = asyncio.Event()

    async def slow(reader, writer):
        await may_read.wait()
        while data := await reader.read(65536):
            got.extend(data)
        done.set()
        writer.close()

    server, port = await serve(slow)
    conn, events = await open_link(net, port)
    data = pattern(64_000_000)
    sent = conn.send(data)
    assert SEND_BUFFER <= sent < len(data)
    assert conn.send(data[sent:]) == 0
    may_read.set()
    await events.until(lambda: "writable" in events.log)
    more = conn.send(data[sent : sent + 1000])
    assert more > 0
    conn.close()
    await done.wait()
    assert bytes(got) == data[: sent + more]
    server.close()


@on_loop
async def test_end_of_stream_comes_after_all_data(net):
    async def talk(reader, writer):
        writer.write(pattern(50_000))
        writer.close()

    server, port = await serve(talk)
    conn, events = await open_link(net, port)
    assert await read_all(conn, events) == pattern(50_000)
    assert conn.eof and "error" not in events.log
    conn.close()
    server.close()


@on_loop
async def test_a_reset_is_an_error(net):
    async def rude(reader, writer):
        await reader.read(1)
        no_linger = struct.pack("ii", 1, 0)  # close() then sends a reset
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)
        writer.close()

    server, port = await serve(rude)
    conn, events = await open_link(net, port)
    conn.send(b"x")
    await events.until(lambda: "error" in events.log)
    assert events.error == errno.ECONNRESET
    assert not conn.eof
    assert conn.send(b"x") == 0
    server.close()


@on_loop
async def test_connection_refused(net):
    conn, events = await open_link(net, closed_port())
    assert (events.log, events.error) == (["error"], errno.ECONNREFUSED)
    assert conn.send(b"x") == 0


@on_loop
async def test_a_port_that_cannot_be(net):
    for port in (70_000, -1):
        _, events = await open_link(net, port)
        assert events.error == errno.EINVAL


@on_loop
async def test_when_the_station_goes_down_every_link_fails(net):
    async def wait(reader, writer):
        await reader.read()
        writer.close()

    server, port = await serve(wait)
    conn, events = await open_link(net, port)
    udp = LoopRecorder()
    net.connect("udp", LOOPBACK, port, udp)
    await udp.until(lambda: udp.log)
    net.set_up(False)
    assert (events.error, udp.error) == (errno.ECONNABORTED, errno.ECONNABORTED)
    _, events = await open_link(net, port)
    assert events.error == errno.EHOSTUNREACH
    net.set_up(True)
    _, events = await open_link(net, port)
    assert events.log == ["connect"]
    server.close()


@on_loop
async def test_the_module_as_a_server(net):
    conns, told = [], LoopRecorder()

    def on_accept(conn):
        conns.append(conn)
        told.on_connect()
        return told

    listener = net.listen("tcp", 0, on_accept)
    with pytest.raises(OSError):
        net.listen("tcp", listener.port, on_accept)
    reader, writer = await asyncio.open_connection(LOOPBACK, listener.port)
    writer.write(b"hi")
    await told.until(lambda: conns and conns[0].pending == 2)
    assert conns[0].recv(10) == b"hi"
    conns[0].send(b"bye")
    conns[0].close()
    assert await reader.read() == b"bye"
    writer.close()
    listener.close()
    with pytest.raises(ConnectionError):
        await asyncio.open_connection(LOOPBACK, listener.port)


@on_loop
async def test_a_server_may_turn_a_client_away(net):
    listener = net.listen("tcp", 0, lambda conn: None)
    reader, writer = await asyncio.open_connection(LOOPBACK, listener.port)
    try:
        assert await reader.read() == b""
    except ConnectionResetError:
        pass
    writer.close()


@on_loop
async def test_a_server_can_listen_on_another_port_than_was_asked_for(net):
    port = closed_port()
    mapped = OsNetwork(ports={80: port})
    listener = mapped.listen("tcp", 80, lambda conn: Recorder())
    assert listener.port == port
    mapped.close()


@on_loop
async def test_datagrams_keep_their_borders(net):
    class Echo(asyncio.DatagramProtocol):
        def connection_made(self, transport):
            self.transport = transport

        def datagram_received(self, data, addr):
            self.transport.sendto(b"re:" + data, addr)

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Echo, local_addr=(LOOPBACK, 0))
    port = transport.get_extra_info("sockname")[1]
    events = LoopRecorder()
    conn = net.connect("udp", LOOPBACK, port, events)
    await events.until(lambda: events.log)
    conn.send(b"one")
    conn.sendto(b"two", LOOPBACK, port)
    await events.until(lambda: conn.pending == 12)
    got = {conn.recv_datagram() for _ in range(2)}
    assert got == {(b"re:one", LOOPBACK, port), (b"re:two", LOOPBACK, port)}
    assert conn.recv_datagram() is None
    for number in range(QUEUE_DATAGRAMS + 2):
        conn.send(b"%d" % number)
    while conn.lost < 2:
        await asyncio.sleep(0)
    assert conn.recv(100) == b"re:0"
    conn.close()
    transport.close()


@on_loop
async def test_ipv6(net):
    try:
        server = await asyncio.start_server(lambda reader, writer: writer.close(), "::1", 0)
    except OSError:
        pytest.skip("this machine has no IPv6")
    events = LoopRecorder()
    conn = net.connect("tcp", "::1", server.sockets[0].getsockname()[1], events)
    await events.until(lambda: conn.eof)
    assert (events.log[0], conn.remote_ip) == ("connect", "::1")
    server.close()


@on_loop
async def test_names(net):
    named = OsNetwork(hosts={"demo.test": LOOPBACK})

    async def ask(net, host, family, **options):
        future = asyncio.get_running_loop().create_future()
        net.resolve(host, family, future.set_result, **options)
        return await future

    assert await ask(named, "demo.test", 4) == LOOPBACK
    assert await ask(named, "demo.test", 6) is None
    assert await ask(net, "::1", 6) == "::1"
    assert await ask(net, "localhost", 4) == LOOPBACK
    for bad in ["", "no such name", "a" * 70 + ".test"]:
        assert await ask(net, bad, 4, timeout_ms=5000) is None


@on_loop
async def test_ping(net):
    async def ping(ip):
        future = asyncio.get_running_loop().create_future()
        net.ping(ip, future.set_result)
        return await future

    assert 1 <= await ping(LOOPBACK) < 1000
    net.set_up(False)
    assert await ping(LOOPBACK) is None
