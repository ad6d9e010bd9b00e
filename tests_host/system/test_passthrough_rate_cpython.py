# runs-on: cpython
"""Owns: passthrough at 921600 baud with flow control: not a byte lost, and the line never idle.
`make bench` moves 1 MiB each way (bench/streams.py), the test less."""

from __future__ import annotations

import random
from typing import Any

from machine import UART

import espat
from espat_sim import Module
from system import rig

SHORT = 100_000
BAUD = 921_600


def run(module: Module, size: int) -> dict[str, Any]:
    """Moves size bytes each way, one way after the other; gives the rates by the simulated
    clock, 1 being what the line can carry."""
    peers: list[Any] = []
    module.net.serve_tcp("far.test", 80, peers.append)
    flow = UART.RTS | UART.CTS
    uart = rig.uart(flow=flow)
    m = espat.Modem(uart, flow=True)
    m.wifi.connect(*rig.LAB)
    m.command("AT+UART_CUR", BAUD, 8, 1, 0, 3)
    uart.init(BAUD, rxbuf=4096, flow=flow)
    m.command("AT")
    s = m.passthrough.connect(("far.test", 80))
    s.settimeout(5)
    data = random.Random(1).randbytes(size)
    clock = module.clock
    start = clock.now_us
    s.sendall(data)
    arrived = bytearray()
    limit = clock.now_us + 5_000_000
    while len(arrived) < size:
        arrived += peers[0].received
        peers[0].received.clear()
        assert clock.now_us < limit, f"{len(arrived)} of {size} arrived"
        rig.time.sleep_ms(1)
    up_us = clock.now_us - start
    assert arrived == data
    start = clock.now_us
    peers[0].send(data)
    buf = bytearray(4096)
    view = memoryview(buf)
    at = 0
    while at < size:
        n = s.recv_into(buf)
        assert view[:n] == data[at : at + n], f"wrong bytes after {at}"
        at += n
    down_us = clock.now_us - start
    s.close()
    assert m.command("AT+CIPMUX?") == [b"+CIPMUX:1"]
    least_us = size * 10 / BAUD * 1e6
    return {"up": least_us / up_us, "down": least_us / down_us, "size": size}


def test_the_line_is_never_idle(module: Module) -> None:
    found = run(module, SHORT)
    assert found["up"] >= 0.98 and found["down"] >= 0.98, found
