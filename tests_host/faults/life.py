"""One simulated life under random faults, from one number: what a program sees is correct bytes or
an error, no call lasts longer than it may, and service is back soon after the faults have ended.

Owns the plan of faults and the program's operations. Uses the driver's public names only.
"""

from __future__ import annotations

import random
import time
from typing import Any, Callable, Optional

import sim_machine
from machine import UART, Pin

import espat
from espat_sim import Module, VirtualClock, VirtualNetwork, peers
from tools import code_cache

LAB = ("espat-lab", "espat-pass")
TIMEOUT_S = 8
CALL_LIMIT_MS = 90_000  # AT+CIPSTART's own limit (60 s), a resynchronisation, a start
BACK_MS = 30_000
KINDS = (
    "drop_output",
    "drop_input",
    "double_output",
    "garbage_line",
    "line",
    "busy",
    "reboot",
    "hang",
    "lose_ok",
    "lose_send_ok",
    "lose_ipd",
    "send_fail",
    "send_fail_then_ok",
    "closed_early",
    "ap_gone",
    "kick",
    "link_loss",
    "slip",
    "dns_dead",
)
LINES = (
    b"WIFI DISCONNECT\r\n",
    b"WIFI GOT IP\r\n",
    b"+TIME_UPDATED\r\n",
    b'+STA_CONNECTED:"aa:bb:cc:dd:ee:ff"\r\n',
    b"ERR CODE:0x010b0000\r\n",
    b"\r\n+IPD,3,77\r\n",
)


def pattern(count: int) -> bytes:
    return bytes((i * 7 + (i >> 8)) & 0xFF for i in range(count))


class Poller:
    """What select.poll() is on a board: the time until something comes passes at once."""

    def __init__(self, host: Any) -> None:
        self.host = host

    def ipoll(self, ms: int) -> tuple[()]:
        self.host.idle(ms * 1000)
        return ()


class Life:
    def __init__(self, seed: int, minutes: float, only: Optional[str] = None) -> None:
        self.rng = random.Random(seed)
        self.only = only
        self.clock = VirtualClock()
        net = VirtualNetwork(self.clock)
        peers.install(net)
        self.net = net
        self.module = Module(clock=self.clock, net=net, seed=seed)
        self.host = sim_machine.attach(self.module)
        self.end_us = int(minutes * 60e6)
        self.good = 0
        self.errors = 0
        self.faults = 0
        self.longest_ms = 0
        self.back_ms = 0

    def now_ms(self) -> int:
        return self.clock.now_us // 1000

    def run(self) -> None:
        try:
            uart = UART(1, 115200, tx=Pin(4), rx=Pin(5), rxbuf=2048)
            self.m = espat.Modem(uart, reset=Pin(6, Pin.OUT, value=1))
            self.m.poller = Poller(self.host)
            self.m.wifi.connect(*LAB)
            while self.clock.now_us < self.end_us:
                if self.rng.random() < 0.4:
                    self.fault()
                self.one()
            self.quiet()
            self.come_back()
        finally:
            sim_machine.detach()

    # -- the program -------------------------------------------------------------------
    def one(self) -> bool:
        """One operation; an error is fine, wrong bytes are not."""
        what = self.rng.choice((self.fetch, self.echo, self.echo, self.ask, self.rest))
        start = self.now_ms()
        try:
            what()
            self.good += 1
            return True
        except OSError:
            self.errors += 1
            self.look()
            return False
        finally:
            took = self.now_ms() - start
            self.longest_ms = max(self.longest_ms, took)
            assert took < CALL_LIMIT_MS, f"{what.__name__} took {took} ms"

    def look(self) -> None:
        try:
            self.m.watchdog()
        except OSError:
            pass  # the next call goes on

    def fetch(self) -> None:
        count = self.rng.choice((1, 100, 1000, 5000))
        with self.m.socket() as s:
            s.settimeout(TIMEOUT_S)
            s.connect(("pattern.test", 19))
            s.write(b"%d\n" % count)
            got = bytearray()
            buf = bytearray(self.rng.choice((50, 1024, 3000)))
            want = pattern(count)
            while True:
                k = s.recv_into(buf)
                if not k:
                    break
                assert want.startswith(bytes(got + buf[:k])), "wrong bytes"
                got += buf[:k]
            if len(got) != count:
                raise OSError(0, "short")  # an end before the end: seen by any protocol

    def echo(self) -> None:
        with self.m.socket() as s:
            s.settimeout(TIMEOUT_S)
            s.connect(("echo.test", 7))
            for _ in range(self.rng.randrange(1, 5)):
                data = self.rng.randbytes(self.rng.choice((1, 30, 500, 1500)))
                s.write(data)
                got = s.read(len(data))
                assert data.startswith(got), "wrong bytes"
                if len(got) != len(data):
                    raise OSError(0, "short")

    def ask(self) -> None:
        what = self.rng.randrange(3)
        if what == 0:
            self.m.wifi.ssid()
        elif what == 1:
            self.m.wifi.ifconfig()
        else:
            self.m.wifi.rssi()

    def rest(self) -> None:
        self.m.pause(self.rng.choice((10, 500, 5000)))

    # -- the faults --------------------------------------------------------------------
    def fault(self) -> None:
        kind = self.only or self.rng.choice(KINDS)
        self.faults += 1
        after = self.rng.choice((1, 10, 50, 300, 2000)) + self.rng.randrange(20)
        f = self.module.faults
        count = self.rng.choice((1, 1, 2, 3, 9, 40))
        if kind == "drop_output":
            f.drop_output(count, after)
        elif kind == "drop_input":
            f.drop_input(count, self.rng.randrange(60))
        elif kind == "double_output":
            f.double_message(after)
        elif kind == "garbage_line":
            noise = bytes(self.rng.randrange(128, 256) for _ in range(count))
            f.inject_line(noise + b"\r\n", after)
        elif kind == "line":
            f.inject_line(self.rng.choice(LINES), after)
        elif kind == "busy":
            for _ in range(count):
                f.inject_line(b"busy p...\r\n", after)
        elif kind == "reboot":
            f.reboot(after)
        elif kind == "hang":
            f.hang(after)
        elif kind == "lose_ok":
            f.swap(b"\r\nOK\r\n", b"")
        elif kind == "lose_send_ok":
            f.swap(b"\r\nSEND OK\r\n", b"")
        elif kind == "lose_ipd":
            f.swap(b"\r\n+IPD", b"")
        elif kind == "send_fail":
            f.swap(b"\r\nSEND OK\r\n", b"\r\nSEND FAIL\r\n")
        elif kind == "send_fail_then_ok":
            f.swap(b"\r\nSEND OK\r\n", b"\r\nSEND FAIL\r\n\r\nSEND OK\r\n")
        elif kind == "closed_early":
            f.swap(b"+CIPRECVDATA", b"0,CLOSED\r\n", before=True)
        elif kind == "ap_gone":
            self.control("ap_down", ssid="espat-lab", silent=bool(count & 1))
            seconds = self.rng.choice((2, 20, 60))
            self.control("ap_up", ssid="espat-lab", in_ms=seconds * 1000)
        elif kind == "kick":
            self.control("kick")
        elif kind == "link_loss":
            self.control("link_loss", id=0)
        elif kind == "slip":
            line = self.module.line.module
            line.set_baud(9600)
            self.clock.call_later(self.rng.choice((5, 200, 3000)) * 1000, self.steady)
        elif kind == "dns_dead":
            names = dict(self.net.hosts)
            self.net.hosts.clear()
            self.clock.call_later(15_000_000, lambda: self.net.hosts.update(names))

    def steady(self) -> None:
        self.module.line.module.set_baud(115200)

    def control(self, do: str, **request: Any) -> None:
        self.module.control({"do": do, **request})

    def quiet(self) -> None:
        """The faults end: the air, the names, the wire are as they were; a hang stays one."""
        self.module.faults.forget()
        self.m.pause(61_000)

    def come_back(self) -> None:
        start = self.now_ms()
        last: Optional[BaseException] = None
        while self.now_ms() - start < BACK_MS:
            try:
                self.echo()
                self.back_ms = self.now_ms() - start
                return
            except OSError as e:
                last = e
                self.look()
                self.m.pause(200)
        raise AssertionError(f"no service {BACK_MS} ms after the faults: {last!r}")


def live(seed: int, minutes: float, only: Optional[str] = None) -> Life:
    one = Life(seed, minutes, only)
    one.run()
    return one


def many(seeds: range, minutes: float, say: Callable[[str], object] = print) -> int:
    """How many lives failed; says so for each, and the figures at the end."""
    code_cache.settle_in()
    failed = good = errors = faults = longest = back = 0
    start = time.monotonic()
    for seed in seeds:
        one = Life(seed, minutes)
        try:
            one.run()
        except Exception as e:
            failed += 1
            say(f"seed {seed}: {type(e).__name__}: {e}")
        good += one.good
        errors += one.errors
        faults += one.faults
        longest = max(longest, one.longest_ms)
        back = max(back, one.back_ms)
    say(
        f"{len(seeds)} seeds from {seeds.start} x {minutes} min: {failed} failed; {faults} faults, "
        f"{good} operations done, {errors} with an error; longest call {longest} ms, "
        f"longest way back {back} ms; {time.monotonic() - start:.0f} s"
    )
    return failed
