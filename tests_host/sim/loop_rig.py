# What the tests of the real network share: an OsNetwork in a loop with a deadline, and waiting
# for what it tells. Owns no check.
from __future__ import annotations

import asyncio

from espat_sim.net_os import OsNetwork
from sim.net_recorder import Recorder

LOOPBACK = "127.0.0.1"
DEADLINE_S = 20


class LoopRecorder(Recorder):
    """A Recorder whose owner can wait until something was told."""

    def __init__(self):
        super().__init__()
        self._told = asyncio.Event()

    def __getattribute__(self, name):
        if name.startswith("on_"):
            self._told.set()
        return super().__getattribute__(name)

    async def until(self, ready):
        while not ready():
            self._told.clear()
            await self._told.wait()


def on_loop(test):
    """Runs an async test with a deadline; gives it a network that is closed at the end."""

    async def body(*args):
        net = OsNetwork()
        try:
            await asyncio.wait_for(test(net, *args), DEADLINE_S)
        finally:
            net.close()
            await asyncio.sleep(0)

    def run(*args):
        asyncio.run(body(*args))

    run.__name__ = test.__name__
    return run


async def serve(handler):
    server = await asyncio.start_server(handler, LOOPBACK, 0)
    return server, server.sockets[0].getsockname()[1]


async def open_link(net, port, **options):
    events = LoopRecorder()
    conn = net.connect("tcp", LOOPBACK, port, events, **options)
    assert events.log == []
    await events.until(lambda: events.log)
    return conn, events


async def read_all(conn, events, step=1000):
    data = bytearray()
    while not conn.eof:
        part = conn.recv(step)
        data += part
        if not part:
            await events.until(lambda: conn.pending or conn.eof)
    return bytes(data)


async def send_all(conn, events, data):
    sent = 0
    while sent < len(data):
        count = conn.send(data[sent:])
        sent += count
        if not count:
            del events.log[:]
            await events.until(lambda: "writable" in events.log)
