# runs-on: cpython
"""Owns: three TCP clients, one TLS client and one client of our server at once through one module,
each moving its own bytes in both directions in pieces of random size: every byte right, and no
link starves. `make bench` does it with 1 MiB each (bench/fair.py)."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from machine import UART

from espat import aio, tls
from espat_sim import Module, peers_tls
from system import rig

SHORT = 120_000  # with less, a few long pieces decide
PORT = 8080
LINKS = 5


class Stream:
    """One direction: what is sent, in pieces of random size, and what has arrived of it."""

    def __init__(self, seed: int, size: int) -> None:
        self.random = random.Random(seed)
        self.data = self.random.randbytes(size)
        self.sent = 0
        self.arrived = 0

    def piece(self) -> bytes:
        n = self.random.choice((1, 10, 100, 500, 1460, 3000, 8192))
        n = self.random.randint(1, n)
        part = self.data[self.sent : self.sent + n]
        self.sent += len(part)
        return part

    def arrive(self, part: bytes) -> None:
        n = self.arrived
        assert part == self.data[n : n + len(part)], f"wrong bytes after {n}"
        self.arrived += len(part)

    @property
    def done(self) -> bool:
        return self.arrived == len(self.data)


class Pair:
    def __init__(self, number: int, size: int) -> None:
        self.up = Stream(2 * number, size)
        self.down = Stream(2 * number + 1, size)

    def far(self, peer: Any) -> None:
        """The far end is here; it checks what comes."""
        self.peer = peer
        peer.on_data(self.up.arrive)

    def begin(self) -> None:
        """The far end sends all it has. (Not before somebody reads: in active receive a ring that
        nobody empties holds up everything.)"""
        while True:
            part = self.down.piece()
            if not part:
                break
            self.peer.send(part)

    @property
    def moved(self) -> int:
        return self.up.arrived + self.down.arrived

    @property
    def done(self) -> bool:
        return self.up.done and self.down.done


async def send(s: Any, stream: Stream) -> None:
    while True:
        part = stream.piece()
        if not part:
            return
        await s.sendall(part)


async def receive(s: Any, stream: Stream, numbers: random.Random) -> None:
    buf = bytearray(4096)
    view = memoryview(buf)
    while not stream.done:
        n = await s.recv_into(view[: numbers.choice((100, 700, 2000, 4096))])
        assert n, "the stream has ended"
        stream.arrive(bytes(view[:n]))


async def run(module: Module, size: int, passive: bool = True) -> dict[str, Any]:
    """All five at once. Gives each link's share when the first one is done, and the rate."""
    pairs = [Pair(number, size) for number in range(LINKS)]
    for i in range(3):
        module.net.serve_tcp(f"far{i}.test", 80, pairs[i].far)
    context = peers_tls.server_context("far3.test")
    module.net.serve_tcp("far3.test", 443, pairs[3].far, tls=context)
    flow = UART.RTS | UART.CTS
    uart = rig.uart(flow=flow)
    m = aio.Modem(uart, passive=passive, ring=2048, flow=True)
    await m.wifi.connect(*rig.LAB)
    await m.command("AT+UART_CUR", 921600, 8, 1, 0, 3)
    uart.init(921600, rxbuf=4096, flow=flow)
    listener = m.socket()
    await listener.bind(("", PORT))
    await listener.listen(1)
    sockets = []
    for i in range(3):
        sockets.append(m.socket())
        await sockets[i].connect((f"far{i}.test", 80))
    secure = tls.SSLContext(m)
    secure.check_hostname = False
    secure.verify_mode = tls.CERT_NONE
    sockets.append(secure.wrap_socket(m.socket(), server_hostname="far3.test"))
    await sockets[3].connect(("far3.test", 443))
    client = module.net.client_tcp(PORT)
    client.on_open(lambda: pairs[4].far(client))
    sockets.append((await listener.accept())[0])
    for pair in pairs:
        pair.begin()
    start = module.clock.now_us
    shares: list[int] = []

    async def watch() -> None:
        while not any(pair.done for pair in pairs):
            await asyncio.sleep(0.02)
        shares.extend(pair.moved for pair in pairs)

    tasks = [watch()]
    for i, s in enumerate(sockets):
        tasks += [send(s, pairs[i].up), receive(s, pairs[i].down, random.Random(i))]
    await asyncio.gather(*tasks)
    while not all(pair.done for pair in pairs):  # what is still under way to the far ends
        await asyncio.sleep(0.02)
    took_us = module.clock.now_us - start
    for s in sockets:
        await s.close()
    mean = sum(shares) / LINKS
    return {
        "worst_share": min(shares) / mean,
        "shares": [round(share / mean, 3) for share in shares],
        "seconds": took_us / 1e6,
        "line_rate": 2 * size * LINKS / 2 * 10 / 921600 / (took_us / 1e6),
    }


@pytest.mark.parametrize("passive", [True, False], ids=["passive", "active"])
def test_five_links_at_once(module: Module, passive: bool) -> None:
    rig.needs("AT+CIPRECVDATA")
    found = rig.run(run(module, SHORT, passive))
    assert found["worst_share"] > 0.5, found
