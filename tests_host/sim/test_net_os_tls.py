# TLS links of the real network, as client and as server, with certificates made for the test.
# Every wait is for an event and has a deadline.
from __future__ import annotations

import asyncio
import contextlib
import errno
import ssl

import pytest

from espat_sim.peers import pattern
from espat_sim.ports import TlsConfig
from sim.loop_rig import LOOPBACK, LoopRecorder, on_loop, open_link, send_all


def test_tls_links():
    trustme = pytest.importorskip("trustme")
    authority, stranger = trustme.CA(), trustme.CA()
    ca_pem = authority.cert_pem.bytes().decode()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("server.test").configure_cert(context)

    own = authority.issue_cert("module.test")
    as_server = TlsConfig(
        cert_pem=b"".join(part.bytes() for part in own.cert_chain_pems).decode(),
        key_pem=own.private_key_pem.bytes().decode(),
        ca_pem=ca_pem,
        verify_peer=True,
    )

    @on_loop
    async def run_as_server(net):
        conns, told = [], LoopRecorder()

        def on_accept(conn):
            conns.append(conn)
            told.on_connect()
            return told

        listener = net.listen("tcp", 0, on_accept, tls=as_server)
        client = ssl.create_default_context(cadata=ca_pem)
        authority.issue_cert("client.test").configure_cert(client)
        reader, writer = await asyncio.open_connection(
            LOOPBACK, listener.port, ssl=client, server_hostname="module.test"
        )
        writer.write(b"hi")
        await told.until(lambda: conns and conns[0].pending == 2)
        conns[0].send(b"ho")
        assert await reader.readexactly(2) == b"ho"
        writer.close()
        await told.until(lambda: told.log.count("readable") > 1)
        unknown = ssl.create_default_context(cadata=ca_pem)
        with contextlib.suppress(OSError):  # with TLS 1.3 a client hears of it at its first read
            reader, writer = await asyncio.open_connection(
                LOOPBACK, listener.port, ssl=unknown, server_hostname="module.test"
            )
            assert await reader.read() == b""
        assert len(conns) == 1, "a client without a certificate got in"

    run_as_server()

    @on_loop
    async def run(net):
        async def echo(reader, writer):
            while data := await reader.read(1000):
                writer.write(data)
            writer.close()

        server = await asyncio.start_server(echo, LOOPBACK, 0, ssl=context)
        port = server.sockets[0].getsockname()[1]

        good = TlsConfig(server_name="server.test", ca_pem=ca_pem, verify_peer=True)
        conn, events = await open_link(net, port, tls=good)
        assert events.log == ["connect"]
        data = pattern(100_000)
        got = bytearray()

        async def receive():
            while len(got) < len(data):
                await events.until(lambda: conn.pending)
                got.extend(conn.recv(700))

        await asyncio.gather(send_all(conn, events, data), receive())
        assert bytes(got) == data
        conn.close()

        blind = TlsConfig(server_name="other.test")
        assert (await open_link(net, port, tls=blind))[1].log == ["connect"]
        for config in [
            TlsConfig(server_name="other.test", ca_pem=ca_pem, verify_peer=True),
            TlsConfig(
                server_name="server.test",
                ca_pem=stranger.cert_pem.bytes().decode(),
                verify_peer=True,
            ),
        ]:
            _, events = await open_link(net, port, tls=config)
            assert (events.log, events.error) == (["error"], errno.EPROTO)
        server.close()

    run()
