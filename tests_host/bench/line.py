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
SEND = 8192  # most bytes of one AT+CIPSEND


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
    m.poller = importlib.import_module("bench.in_process").Poller()
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


class Floor:
    """The least that the protocol takes: a host that knows what comes, looks all the time, and
    gives the next command as soon as the last one has ended. No driver can be faster."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.module, s, self.peer = _connected(rate, True)
        self.uart = s.m.serial
        self.data = b""

    def look(self) -> None:
        n = self.uart.any()
        if n:
            self.data += self.uart.read(n)

    def until(self, text: bytes) -> bytes:
        """What comes up to and with `text`."""
        while text not in self.data:
            self.look()
        head, _, self.data = self.data.partition(text)
        return head + text

    def take(self, size: int) -> bytes:
        while len(self.data) < size:
            self.look()
        found, self.data = self.data[:size], self.data[size:]
        return found

    def share(self, size: int, start_us: int) -> float:
        return size * 10e6 / self.rate / float(self.module.clock.now_us - start_us)

    def received(self, size: int) -> float:
        data = bytes(range(256)) * (size // 256)
        self.peer.send(data)
        self.until(b"+IPD,")
        got, start, first = b"", 0, 0
        while len(got) < size:
            self.uart.write(b"AT+CIPRECVDATA=0,%d\r\n" % min(RECEIVE, size - len(got)))
            self.until(b"+CIPRECVDATA:")
            got += self.take(int(self.until(b",")[:-1]))
            if self.take(6) != b"\r\nOK\r\n":
                raise RuntimeError("floor: no OK")
            if not start:
                start, first = self.module.clock.now_us, len(got)
        if got != data:
            raise RuntimeError("floor: other bytes")
        return self.share(size - first, start)

    def sent(self, size: int) -> float:
        data = memoryview(bytes(range(256)) * (size // 256))
        start = self.module.clock.now_us
        for at in range(0, size, SEND):
            self.uart.write(b"AT+CIPSEND=0,%d\r\n" % SEND)
            self.until(b"\r\n>")
            done = at
            while done < at + SEND:
                done += self.uart.write(data[done : at + SEND]) or 0
            self.until(b"SEND OK\r\n")
        return self.share(size, start)


def floor(size: int = SIZE) -> dict[str, float]:
    found = {}
    with streams.simulated():
        for rate in RATES:
            found[f"received {rate}"] = Floor(rate).received(size)
            found[f"sent {rate}"] = Floor(rate).sent(size)
    return {name: round(value, 4) for name, value in found.items()}


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
    lowest = floor()
    for name, value in measure().items():
        print(f"{name:32} {value}  {lowest.get(name, '')}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
