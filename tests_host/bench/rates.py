"""Owns: the wire at each baud rate, with and without flow control, by a host with a FIFO of 256
bytes whose interpreter is away now and then: 1 MiB each way. With flow control no byte may be lost;
without it every loss must be noticed, so that no wrong byte reaches a program.

    python -m bench.rates [--size 1048576] [--seed 1]

Times are the simulator's. A transfer whose link fails goes on over a new one, from the last byte
that was right; a share of 0 means that every link failed before it brought anything.
"""

from __future__ import annotations

import argparse
import importlib
import io
import random
import sys
import time
from typing import Any

import sim_machine

from bench import in_process, report
from espat_sim import Module, VirtualClock, VirtualNetwork, peers

espat: Any = importlib.import_module("espat")
SIZE = 1 << 20
RATES = (9600, 115200, 921600, 2000000, 3000000)
FIFO = 256
_BEHIND = 32  # of that, what the shim's UART has in hardware, behind its buffer
AWAY_EACH = 40  # one read in so many is late, as when memory is collected,
AWAY_US = (500, 6000)  # by so much
TRIES = 30  # links in a row that bring nothing
PORT = 7700


class Late(io.IOBase):
    """A UART whose program comes too late at times."""

    def __init__(self, uart: Any, chance: random.Random) -> None:
        self.uart = uart
        self.chance = chance
        self.RTS, self.CTS = uart.RTS, uart.CTS
        self.any, self.write, self.init, self.ioctl = uart.any, uart.write, uart.init, uart.ioctl

    def readinto(self, buf: Any, n: Any = None) -> Any:
        if self.chance.randrange(AWAY_EACH) == 0:
            time.sleep_us(self.chance.randint(*AWAY_US))  # type: ignore[attr-defined]
        return self.uart.readinto(buf, n)

    def __repr__(self) -> str:
        return repr(self.uart)


class Lost(Exception):
    """A byte that was lost and that nobody noticed; or it does not go on."""


class Wire:
    def __init__(self, rate: int, flow: bool, passive: bool, seed: int) -> None:
        from machine import UART, Pin

        self.clock = VirtualClock()
        net = VirtualNetwork(self.clock)
        peers.install(net)
        self.far: list[Any] = []
        net.serve_tcp("far.test", PORT, self.far.append)
        self.module = Module("esp32s2-3.4", clock=self.clock, net=net)
        sim_machine.attach(self.module)
        uart = UART(1, 115200, tx=Pin(4), rx=Pin(5), rxbuf=FIFO - _BEHIND)
        self.m = espat.Modem(Late(uart, random.Random(seed)), passive=passive)
        self.m.poller = in_process.Poller()
        self.m.wifi.connect("espat-lab", "espat-pass")
        self.m.uart.configure(rate, flow=flow)
        assert self.module.line.host.rxbuf == FIFO
        self.reported = 0  # losses that the program was told of

    def connect(self) -> Any:
        for _ in range(TRIES):
            s = self.m.socket()
            s.settimeout(60)
            try:
                s.connect(("far.test", PORT))
            except OSError:
                self.reported += 1
                s.close()
                continue
            return s
        raise Lost("no link opens any more")

    def close(self, s: Any) -> None:
        try:
            s.close()
        except OSError:
            self.reported += 1

    def down(self, data: bytes) -> int:
        """All of data arrives, over as many links as that takes. Gives how much of it does."""
        buf = bytearray(1460)
        at = idle = 0
        while at < len(data):
            s = self.connect()
            self.far[-1].send(data[at:])
            start = at
            try:
                while at < len(data):
                    n = s.recv_into(buf)
                    if not n:
                        raise Lost(f"an end after {at} bytes, without an error")
                    if data[at : at + n] != buf[:n]:
                        raise Lost(f"wrong bytes after {at}")
                    at += n
            except OSError:
                self.reported += 1
            self.close(s)
            idle = idle + 1 if start == at else 0
            if idle > TRIES:
                break  # each of them said that it has failed
        return at

    def up(self, data: bytes) -> int:
        """What the far end has after an error, it has; the rest goes over the next link."""
        at = idle = 0
        while at < len(data):
            s = self.connect()
            far = self.far[-1]
            try:
                s.sendall(data[at:])
            except OSError:
                self.reported += 1
            end_us = self.clock.now_us + 5_000_000
            while len(far.received) < len(data) - at and self.clock.now_us < end_us:
                self.m.poll()
                time.sleep_ms(10)  # type: ignore[attr-defined]
            got = bytes(far.received)
            if got != data[at : at + len(got)]:
                raise Lost(f"wrong bytes went out after {at}")
            idle = idle + 1 if not got else 0
            at += len(got)
            self.close(s)
            if idle > TRIES:
                break
        return at


def row(rate: int, flow: bool, size: int, seed: int) -> dict[str, Any]:
    """What one rate gives: the share of the line that each way has used, bytes that the host's
    FIFO lost, and how often a program was told so."""
    found: dict[str, Any] = {"baud": rate, "flow": flow, "lost": 0, "reported": 0}
    data = random.Random(seed).randbytes(size)
    for name, passive in (("up", True), ("passive", True), ("active", False)):
        try:
            with in_process.fast():
                wire = Wire(rate, flow, passive, seed)
                start_us = wire.clock.now_us
                done = (wire.up if name == "up" else wire.down)(data)
                took_us = wire.clock.now_us - start_us
        finally:
            sim_machine.detach()
        line = wire.module.line
        found[name] = round(done * 10e6 / rate / took_us, 4)
        lost = line.host.overruns + line.module.overruns
        found["lost"] += lost
        found["reported"] += wire.reported
        if flow and (lost or wire.reported or done < size):
            raise Lost(f"{rate} with flow control, {name}: {lost} lost, {wire.reported} errors")
    return found


def measure(size: int = SIZE, seed: int = 1) -> list[dict[str, Any]]:
    return [row(rate, flow, size, seed) for rate in RATES for flow in (True, False)]


def table(rows: list[dict[str, Any]]) -> list[list[str]]:
    names = ("baud", "flow", "up", "passive", "active", "lost", "reported")
    words = ["baud", "RTS/CTS", "sent", "received, passive", "received, active"]
    found = [[*words, "bytes lost", "errors raised"]]
    for x in rows:
        found.append(
            [
                {True: "yes", False: "no"}.get(x[n], str(x[n])) if n == "flow" else str(x[n])
                for n in names
            ]
        )
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=SIZE)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--baud", type=int)
    parser.add_argument("--write", action="store_true", help="the table into docs/power.md")
    args = parser.parse_args()
    started = time.monotonic()
    rows = []
    for rate in [args.baud] if args.baud else RATES:
        for flow in (True, False):
            try:
                rows.append(row(rate, flow, args.size, args.seed))
            except Lost as exc:
                print(f"FAILED {rate}, {'with' if flow else 'without'} flow control: {exc}")
                return 1
            print(rows[-1], f"{time.monotonic() - started:.0f} s", file=sys.stderr)
    print(report.text_table(table(rows)))
    if args.write:
        report.into_page(report.ROOT / "docs" / "power.md", "rates", table(rows), right=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
