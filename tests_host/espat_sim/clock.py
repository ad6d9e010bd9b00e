# The two clocks: virtual time for tests, an asyncio loop's time for the program.
# Owns the order in which callbacks run. Knows nothing of modules, lines or networks.
from __future__ import annotations

import asyncio
import heapq
import time
from typing import Callable, Optional

NEW_YEAR_2026 = 1_767_225_600


class VirtualHandle:
    """One callback that waits for its time."""

    __slots__ = ("t_us", "_order", "fn")

    def __init__(self, t_us: int, order: int, fn: Callable[[], object]) -> None:
        self.t_us = t_us
        self._order = order
        self.fn: Optional[Callable[[], object]] = fn

    def __lt__(self, other: VirtualHandle) -> bool:
        return (self.t_us, self._order) < (other.t_us, other._order)

    def cancel(self) -> None:
        # The entry stays in the heap until its time; it no longer holds the callback.
        self.fn = None


class VirtualClock:
    """Time that moves only when told to: advance() runs what is due, in order."""

    def __init__(self) -> None:
        self.now_us = 0
        self.epoch_s = NEW_YEAR_2026  # Unix time at the clock's zero
        self._heap: list[VirtualHandle] = []
        self._created = 0

    def unix_us(self) -> int:
        return self.epoch_s * 1_000_000 + self.now_us

    def call_at(self, t_us: int, fn: Callable[[], object]) -> VirtualHandle:
        """Runs fn at t_us; a time in the past means "at the next step of the clock"."""
        handle = VirtualHandle(max(int(t_us), self.now_us), self._created, fn)
        self._created += 1
        heapq.heappush(self._heap, handle)
        return handle

    def call_later(self, us: int, fn: Callable[[], object]) -> VirtualHandle:
        return self.call_at(self.now_us + int(us), fn)

    def next_at(self) -> Optional[int]:
        """Time of the next callback, or None when nothing waits."""
        while self._heap and self._heap[0].fn is None:
            heapq.heappop(self._heap)
        return self._heap[0].t_us if self._heap else None

    def advance(self, us: int) -> None:
        """Moves time on by us and runs the callbacks that fall due on the way."""
        t_us = self.now_us + int(us)
        heap = self._heap
        if not heap or heap[0].t_us > t_us:
            self.now_us = t_us  # nothing is due: most calls
        else:
            self.run_until(t_us)

    def run_until(self, t_us: int) -> None:
        heap = self._heap
        while heap and heap[0].t_us <= t_us:
            if heap[0].fn is None:
                heapq.heappop(heap)
            else:
                self.step()
        if t_us > self.now_us:
            self.now_us = t_us

    def step(self) -> bool:
        """Goes to the next callback and runs it; False when nothing waits."""
        if self.next_at() is None:
            return False
        handle = heapq.heappop(self._heap)
        if handle.t_us > self.now_us:
            self.now_us = handle.t_us
        fn, handle.fn = handle.fn, None
        if fn is not None:
            fn()
        return True


class RealClock:
    """The same on an asyncio loop. All callbacks run in that loop's thread."""

    def __init__(self, loop: Optional[asyncio.AbstractEventLoop] = None) -> None:
        self._loop = loop if loop is not None else asyncio.get_running_loop()
        self._start = self._loop.time()

    @property
    def now_us(self) -> int:
        return int((self._loop.time() - self._start) * 1_000_000)

    def unix_us(self) -> int:
        return time.time_ns() // 1000

    def call_at(self, t_us: int, fn: Callable[[], object]) -> asyncio.TimerHandle:
        return self._loop.call_at(self._start + t_us / 1_000_000, fn)

    def call_later(self, us: int, fn: Callable[[], object]) -> asyncio.TimerHandle:
        return self._loop.call_later(max(0, us) / 1_000_000, fn)
