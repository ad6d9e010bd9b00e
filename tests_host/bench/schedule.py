"""Owns: one random schedule of data both ways, Wi-Fi events and sleeps of the host, and what may
not happen in it. Here the blocking face and host_sleep(); schedule_idle.py has asyncio and idle().
"""

from __future__ import annotations

import importlib
import random
import time
from functools import partial
from typing import Any, Callable

from bench import in_process
from espat_sim import Module, VirtualClock, VirtualNetwork
from espat_sim.station import GOT_IP

WAKE_GPIO, HOST_GPIO = 12, 18
espat: Any = importlib.import_module("espat")
DELAYS_MS = (0, 1, 10, 39, 40, 60, 100, 500, 1000, 5000, 20000, 60000)
SLEEPS_MS = (0, 1, 7, 100, 1000, 5000, 20000, 60000)
SIZES = (1, 2, 20, 200, 1500)
SOON_S = (0.001, 0.02, 0.2)
RATES = (9600, 115200, 115200, 921600)
LEAST_MS = 40  # of delay: with less the module talks to a host that still sleeps
LIMIT_S = 300  # of virtual time for a whole schedule
# From the far end until the program has it: beacons, a race that is seen one piece later, the
# answer of a module that is asked.
# (late: nothing but a look of the host's own tells of it, each time for a part.)
SEEN_S = {"pin": 3.0, "late": 12.0, "uart": 12.0}
AGO_US = 30_000  # what was said so long before a sleep the driver has seen
EVENTS = ("WIFI DISCONNECT", "WIFI CONNECTED", "WIFI GOT IP")


class Wrong(Exception):
    """A schedule that did not go as it must."""


class Watch:
    """Looks at each sleep from outside: is there something that the host has heard, and that the
    program has not been told of?"""

    def __init__(self, module: Module, host: Any, spare: int) -> None:
        self.m = module
        self.end = module.line.host
        self.spare = spare  # bytes that may have come this moment: a wake byte
        self.sleep = host.light_sleep
        self.said_us: dict[int, int] = {}  # +IPD of each link, to a host that was awake
        self.broken: Callable[[], set[int]] = set  # links that have failed for the program
        self.naps = 0
        self.wrong = ""
        host.light_sleep = self.light_sleep
        module.trace = self.trace

    def trace(self, way: str, now_us: int, data: bytes) -> None:
        if way != "out" or self.end.deaf:
            return
        at = data.find(b"+IPD,")
        if at >= 0:
            self.said_us[data[at + 5] - 48] = now_us
        if data[:12] == b"+CIPRECVDATA":  # what was said of is read; what comes now is new
            for link in self.m.links.open_links:
                if not link.waiting:
                    self.said_us.pop(link.id, None)

    def light_sleep(self, us: int, *again: Any) -> Any:
        self.naps += 1
        if self.end.any() > self.spare:
            self.wrong = f"sleeps with {self.end.any()} bytes in the UART"
        for link in self.m.links.open_links:
            when = self.said_us.get(link.id)
            if not link.announced or not link.waiting:
                self.said_us.pop(link.id, None)
            elif link.id in self.broken():
                pass  # the program will be told of an error there
            elif when is not None and self.m.clock.now_us - when > AGO_US:
                self.wrong = f"sleeps while link {link.id} holds {link.waiting} bytes"
        return self.sleep(us, *again)


def options(chance: random.Random) -> dict[str, Any]:
    kind = chance.choice(("pin", "pin", "uart"))
    found: dict[str, Any] = {"delay_ms": chance.choice(DELAYS_MS)}
    if chance.random() < 0.3:
        found["delay_ms"] = chance.randint(0, 60000)
    found["check_bits"] = chance.choice((1, 2, 3, 5, 6, 7))
    if kind == "uart":
        found["byte"] = chance.randint(0, 255)
    else:
        found.update(gpio=HOST_GPIO, level=chance.randint(0, 1))
    return found


class Far:
    """One link: its program's end, its far end, what went which way."""

    def __init__(self, socket: Any, peer: Any) -> None:
        self.socket = socket
        self.peer = peer
        self.sent = bytearray()  # by the far end
        self.got = bytearray()  # of that, by the program
        self.when: list[tuple[int, float]] = []
        self.up = bytearray()  # by the program
        self.cut = False  # by us: what was under way nobody knows
        self.over = False  # the program has seen the end

    @property
    def whole(self) -> bool:
        return self.cut or len(self.got) == len(self.sent)


class Schedule:
    face = espat

    def __init__(
        self,
        chance: random.Random,
        clock: VirtualClock,
        net: VirtualNetwork,
        module: Module,
        host: Any,
    ) -> None:
        from machine import UART, Pin

        self.chance, self.clock, self.net, self.module = chance, clock, net, module
        self.how = how = options(chance)
        self.late = how["delay_ms"] < LEAST_MS
        uart = "byte" in how
        self.limit_s = SEEN_S["uart" if uart else "late" if self.late else "pin"]
        self.accepted: list[Any] = []
        net.serve_tcp("far.test", 7700, self.accepted.append)
        self.watch = Watch(module, host, 1 if uart else 0)
        port = UART(1, chance.choice(RATES), tx=Pin(4), rx=Pin(5), rxbuf=2048)
        self.m = self.face.Modem(
            port,
            wake=Pin(7, Pin.OUT, value=1),
            host_wake=Pin(5 if uart else 8, Pin.IN),
            # Active receive is for programs that always read.
            passive=self.face is espat or self.late or chance.random() < 0.7,
        )
        self.m.poller = in_process.Poller()
        self.links: list[Far] = []
        self.watch.broken = lambda: {x.socket.id for x in self.links if x.socket.err}
        self.kicks = 0
        self.events = dict.fromkeys(EVENTS, 0)

    def now_s(self) -> float:
        return self.clock.now_us / 1e6

    def wrong(self, text: str) -> Wrong:
        return Wrong(f"{text}: {self.how}")

    def start(self) -> None:
        m, how = self.m, self.how
        m.wifi.connect("espat-lab", "espat-pass")
        for name in EVENTS:
            m.on(name, self.on_event)
        if self.light():
            m.power.sleep("light", gpio=WAKE_GPIO)
        m.power.host_wake(**how)
        for _ in range(self.chance.randint(1, 3)):
            self.open()

    def light(self) -> bool:
        """Does the module sleep as a whole, behind its wake pin?"""
        return self.how["check_bits"] & 3 == 1 and self.chance.random() < 0.6

    def on_event(self, name: str, data: object) -> None:
        self.events[name] += 1

    def open(self) -> None:
        s = self.m.socket()
        s.settimeout(30)
        s.connect(("far.test", 7700))
        while not self.accepted:
            self.m.pause(10)
        self.links.append(Far(s, self.accepted.pop()))

    # What happens outside

    def send(self, link: Far, data: bytes) -> None:
        if not link.cut:
            link.peer.send(data)
            link.sent += data
            link.when.append((len(link.sent), self.now_s()))

    def kick(self) -> None:
        if self.module.station.state != GOT_IP:
            return
        self.kicks += 1
        for link in self.links:
            link.cut = True
        self.module.control({"do": "kick"})

    def plan(self, end_s: float) -> None:
        chance, later = self.chance, self.clock.call_later
        for _ in range(chance.randint(1, 12)):
            link = chance.choice(self.links)
            data = bytes(chance.randrange(256) for _ in range(chance.choice(SIZES)))
            at_s = chance.uniform(0, end_s)
            later(round(at_s * 1e6), partial(self.send, link, data))
            while chance.random() < 0.5:  # others at the same time
                link = chance.choice(self.links)
                data = chance.randbytes(chance.choice(SIZES))
                at_s += chance.choice(SOON_S) * chance.random()
                later(round(at_s * 1e6), partial(self.send, link, data))
        if chance.random() < 0.3:
            for _ in range(chance.randint(1, 3)):
                later(round(chance.uniform(0, end_s) * 1e6), self.kick)

    # What the program does

    def run(self) -> dict[str, int]:
        self.start()
        start_s = self.now_s()
        end_s = start_s + self.chance.uniform(1, 60)
        self.plan(end_s - start_s)
        sleeps = 0
        while self.now_s() < end_s or not all(link.whole for link in self.links):
            if self.now_s() - start_s > LIMIT_S:
                sizes = [(len(x.got), len(x.sent)) for x in self.links]
                raise self.wrong(f"it does not end, {sizes}")
            sleeps += 1
            self.sleep()
        self.finish()
        down = sum(len(link.got) for link in self.links)
        return {"bytes": down, "up": sum(len(x.up) for x in self.links), "sleeps": sleeps}

    def sleep(self) -> None:
        chance, watch = self.chance, self.watch
        woke = self.m.power.host_sleep(chance.choice(SLEEPS_MS))
        if woke not in ("data", "time", "wifi"):
            raise self.wrong(f"woken by {woke}")
        if watch.wrong:
            raise self.wrong(watch.wrong)
        if woke == "data" and chance.random() < 0.2 and self.held():
            # Nobody reads: it must not sleep.
            naps = watch.naps
            woke = self.m.power.host_sleep(chance.choice(SLEEPS_MS))
            if woke != "data" or watch.naps != naps:
                raise self.wrong(f"slept with data pending, woken by {woke}")
        for link in self.links:
            self.take(link)
            self.check(link)
        if chance.random() < 0.2:
            self.give(chance.choice(self.links))

    def held(self) -> bool:
        return any(x.socket.hint or x.socket.got > 0 for x in self.links if not x.over)

    def take(self, link: Far) -> None:
        """All that is there."""
        s = link.socket
        s.settimeout(0)
        while not link.over:
            try:
                data = s.recv(2000)
            except OSError as e:
                if e.errno == 11:  # EAGAIN: the answer may still be on its way
                    if s.job or s.hint:
                        time.sleep_ms(2)  # type: ignore[attr-defined]
                        self.m.poll()
                        continue
                    return
                data = b""
            if not data:
                link.over = True
                s.close()
                if not link.cut:
                    raise self.wrong("a link ended by itself")
            link.got += data

    def check(self, link: Far) -> None:
        if link.cut:
            return
        if not link.sent.startswith(bytes(link.got)):
            raise self.wrong("other bytes")
        for n, at_s in link.when:
            if len(link.got) >= n and self.now_s() - at_s > self.limit_s:
                raise self.wrong(f"seen after {self.now_s() - at_s:.1f} s")
        link.when = [(n, at_s) for n, at_s in link.when if len(link.got) < n]

    def give(self, link: Far) -> None:
        if link.over:
            return
        data = self.chance.randbytes(self.chance.choice(SIZES))
        link.socket.settimeout(30)
        try:
            link.socket.sendall(data)
        except OSError:
            if not link.cut:
                raise
        link.up += data

    def finish(self) -> None:
        self.m.pause(200)
        for _ in range(40):
            if self.m.wifi.isconnected():
                break
            self.m.power.host_sleep(1000)
        else:
            raise self.wrong("the network does not come back")
        self.ended()

    def ended(self) -> None:
        for link in self.links:
            if not link.cut and bytes(link.peer.received) != bytes(link.up):
                raise self.wrong(f"{len(link.peer.received)} of {len(link.up)} bytes got out")
        lost = {name: n for name, n in self.events.items() if n != self.kicks}
        if lost and not self.late:
            raise self.wrong(f"{self.kicks} kicks, {self.events}")
