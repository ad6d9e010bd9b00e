"""Owns: a random schedule of an asyncio program: a reader for each link, tasks that send and tasks
that only wait, and idle() that has the host sleep whenever all of them wait.
"""

from __future__ import annotations

import asyncio
import importlib
from functools import partial
from typing import Any

import sim_machine

from bench.schedule import EVENTS, LIMIT_S, SIZES, SOON_S, WAKE_GPIO, Far, Schedule

aio: Any = importlib.import_module("espat.aio")
WAITS_MS = (0, 1, 3, 20, 200, 1500, 7000)
TICKS = 100  # of a task that only waits


class IdleSchedule(Schedule):
    face = aio

    def run(self) -> dict[str, int]:
        found: dict[str, int] = sim_machine.run_virtual(self.main())
        return found

    async def main(self) -> dict[str, int]:
        m, chance = self.m, self.chance
        await self.begin()
        start_s = self.now_s()
        self.end_s = end_s = start_s + chance.uniform(1, 60)
        self.plan(end_s - start_s)
        sleeper = asyncio.create_task(m.power.idle())
        readers = [asyncio.create_task(self.read(link)) for link in self.links]
        others = [asyncio.create_task(self.tick()) for _ in range(chance.randint(0, 2))]
        others += [asyncio.create_task(self.speak(x)) for x in self.links if chance.random() < 0.6]
        while self.now_s() < end_s or not all(link.whole for link in self.links):
            if self.now_s() - start_s > LIMIT_S:
                sizes = [(len(x.got), len(x.sent)) for x in self.links]
                raise self.wrong(f"it does not end, {sizes}")
            if sleeper.done():
                raise self.wrong(f"idle() has ended: {sleeper.exception()!r}")
            for task in readers + others:
                if task.done():
                    task.result()
            if self.watch.wrong:
                raise self.wrong(self.watch.wrong)
            await asyncio.sleep(chance.choice((0.1, 1, 5)))
        for task in others:
            await task
        await self.join()
        sleeper.cancel()
        try:
            await sleeper
        except asyncio.CancelledError:
            pass
        for task in readers:
            task.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        await m.wifi.rssi()
        self.ended()
        down = sum(len(link.got) for link in self.links)
        up = sum(len(x.up) for x in self.links)
        return {"bytes": down, "up": up, "sleeps": self.watch.naps}

    async def begin(self) -> None:
        m, how = self.m, self.how
        await m.wifi.connect("espat-lab", "espat-pass")
        for name in EVENTS:
            m.on(name, self.on_event)
        if self.light():
            await m.power.sleep("light", gpio=WAKE_GPIO)
        await m.power.host_wake(**how)
        for _ in range(self.chance.randint(1, 3)):
            s = m.socket()
            await s.connect(("far.test", 7700))
            while not self.accepted:
                await asyncio.sleep(0.01)
            self.links.append(Far(s, self.accepted.pop()))

    async def read(self, link: Far) -> None:
        while True:
            try:
                data = await link.socket.recv(2000)
            except OSError:
                if not link.cut:
                    raise
                data = b""
            if not data:
                if not link.cut:
                    raise self.wrong("a link ended by itself")
                link.over = True
                await link.socket.close()
                return
            link.got += data
            self.check(link)

    async def speak(self, link: Far) -> None:
        chance = self.chance
        while self.now_s() < self.end_s:
            await asyncio.sleep(chance.choice(WAITS_MS) / 1000 * chance.random() + 0.001)
            if link.over:
                return
            if chance.random() < 0.5:  # an answer, while ours is under way or soon after
                at_us = round(chance.choice(SOON_S) * chance.random() * 1e6)
                answer = chance.randbytes(chance.choice(SIZES))
                self.clock.call_later(at_us, partial(self.send, link, answer))
            data = chance.randbytes(chance.choice(SIZES))
            try:
                await link.socket.sendall(data)
            except OSError:
                if not link.cut:
                    raise
            link.up += data

    async def tick(self) -> None:
        chance = self.chance
        for _ in range(TICKS):
            if self.now_s() > self.end_s:
                return
            await asyncio.sleep(chance.choice(WAITS_MS) / 1000)
            if chance.random() < 0.5:
                if chance.random() < 0.3:
                    at_us = round(chance.uniform(0, 0.003) * 1e6)
                    data = chance.randbytes(chance.choice(SIZES))
                    link = chance.choice(self.links)
                    self.clock.call_later(at_us, partial(self.send, link, data))
                lines: list[bytes] = []
                await self.m.at(b"AT+SLEEP?\r\n", 5000, lines.append, b"+SLEEP:")
                if len(lines) != 1:
                    raise self.wrong("an answer was lost")

    async def join(self) -> None:
        await asyncio.sleep(0.2)
        for _ in range(40):
            if await self.m.wifi.isconnected():
                return
            await asyncio.sleep(1)
        raise self.wrong("the network does not come back")
