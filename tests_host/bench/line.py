"""Owns: what part of the line's rate a transfer uses, in the simulator's own clock.

The driver runs in this process on a virtual clock: its own computing costs no time, and what is
left is what the protocol and its waits cost: round trips, the module's latency (1 ms between a
command and its answer), turns of the line. Rates with flow control, as such rates want it.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

from bench import streams

SIZE = 128 * 1024
RATES = (115200, 921600, 3000000)
LATENCY_US = 1000
RECEIVE = 5760  # bytes of the buffer: the module's receive window


def _connected(rate: int, passive: bool) -> tuple[Any, Any, Any]:
    UART = importlib.import_module("machine").UART
    espat = importlib.import_module("espat")
    rig = importlib.import_module("system.rig")
    module = streams.fresh()
    if module.profile.latency_us != LATENCY_US:
        raise RuntimeError("the module's latency has changed")
    peers: list[Any] = []
    module.net.serve_tcp("far.test", 80, peers.append)
    flow = UART.RTS | UART.CTS
    uart = rig.uart(flow=flow, rxbuf=4096)
    m = espat.Modem(uart, flow=True, passive=passive)
    m.wifi.connect(*rig.LAB)
    m.command("AT+UART_CUR", rate, 8, 1, 0, 3)
    uart.init(rate, rxbuf=4096, flow=flow)
    s = m.socket()
    s.connect(("far.test", 80))
    return module, s, peers[0]


def received(rate: int, size: int = SIZE, passive: bool = True) -> float:
    module, s, peer = _connected(rate, passive)
    data = bytes(range(256)) * (size // 256)
    buf = bytearray(RECEIVE)
    peer.send(data)
    at = s.recv_into(buf)
    start, first = module.clock.now_us, at
    while at < size:
        n = s.recv_into(buf)
        if buf[:n] != data[at : at + n]:
            raise RuntimeError(f"wrong bytes after {at}")
        at += n
    return float((size - first) * 10e6 / rate / (module.clock.now_us - start))


def sent(rate: int, size: int = SIZE, long: bool = False) -> float:
    """sendall() of all, or the same with one AT+CIPSENDL."""
    module, s, peer = _connected(rate, True)
    data = bytes(range(256)) * (size // 256)
    start = module.clock.now_us
    if long:
        s.send_long(data)
    else:
        s.sendall(data)
    took = module.clock.now_us - start
    importlib.import_module("system.rig").time.sleep_ms(1000)  # the network has a delay, too
    if bytes(peer.received) != data:
        raise RuntimeError("other bytes arrived")
    return float(size * 10e6 / rate / took)


def measure(size: int = SIZE) -> dict[str, float]:
    found = {}
    with streams.simulated():
        for rate in RATES:
            found[f"received {rate}"] = received(rate, size)
            found[f"received, active {rate}"] = received(rate, size, False)
            found[f"sent {rate}"] = sent(rate, size)
            found[f"sent, one AT+CIPSENDL {rate}"] = sent(rate, size, True)
    return {name: round(value, 4) for name, value in found.items()}


def main() -> int:
    for name, value in measure().items():
        print(f"{name:32} {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
