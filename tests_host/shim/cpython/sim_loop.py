# An asyncio event loop on the attached module's virtual clock.
# Owns the selector that lets virtual time pass instead of waiting. For tests on CPython.
from __future__ import annotations

import asyncio
import selectors
from typing import Any, Coroutine, Mapping, Optional

from machine_uart import PSEUDO_FD
from sim_board import board

from espat_sim.virtual_host import VirtualHost

_FOREVER_US = 24 * 3600 * 1_000_000


class _VirtualSelector(selectors.BaseSelector):
    """Real descriptors are looked at but never waited for; UARTs are what time passes for."""

    def __init__(self, host: VirtualHost) -> None:
        self._host = host
        self._real = selectors.DefaultSelector()
        self._uarts: dict[int, selectors.SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        if not _is_uart(fileobj):
            return self._real.register(fileobj, events, data)
        if fileobj in self._uarts:
            raise KeyError(f"{fileobj} is already registered")
        key = selectors.SelectorKey(fileobj, fileobj, events, data)
        self._uarts[fileobj] = key
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        if _is_uart(fileobj):
            return self._uarts.pop(fileobj)
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        if not _is_uart(fileobj):
            return self._real.modify(fileobj, events, data)
        self.unregister(fileobj)
        return self.register(fileobj, events, data)

    def select(self, timeout: Optional[float] = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._host.cost()
        board.run_due()
        ready = self._ready()
        if ready or (timeout is not None and timeout <= 0):
            return ready
        us = _FOREVER_US if timeout is None else max(1, round(timeout * 1_000_000))
        self._pass_time(us, endless=timeout is None)
        return self._ready()

    def _ready(self) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self._real.select(0)
        end = self._host.end
        for key in self._uarts.values():
            events = 0
            if key.events & selectors.EVENT_READ and end.any():
                events |= selectors.EVENT_READ
            if key.events & selectors.EVENT_WRITE and end.tx_free:
                events |= selectors.EVENT_WRITE
            if events:
                ready.append((key, events))
        return ready

    def _pass_time(self, us: int, endless: bool) -> None:
        """To the next thing that may wake somebody; callbacks of the clock are such things."""
        clock = self._host.clock
        times = [clock.now_us + us]
        for key in self._uarts.values():
            if key.events & selectors.EVENT_READ:
                times.append(self._host.end.next_rx_at_us() or times[0])
            if key.events & selectors.EVENT_WRITE:
                times.append(self._host.end.tx_room_at_us(1) or times[0])
        times += [timer.due_us for timer in board.timers]
        if board.rx_handler is not None:
            waiting = self._host.end.any()
            soon = clock.now_us + 1000  # bytes that nobody takes yet: the handler sees the next
            times.append(soon if waiting else self._host.end.next_rx_at_us() or times[0])
        target = min(times)
        due = clock.next_at()
        if due is not None and due <= target:
            clock.step()
        elif endless and target == times[0]:
            raise RuntimeError("the program waits for ever: nothing will happen on the clock")
        else:
            clock.run_until(target)
        board.run_due()

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return {**self._real.get_map(), **self._uarts}

    def get_key(self, fileobj: Any) -> selectors.SelectorKey:
        return self._uarts[fileobj] if _is_uart(fileobj) else self._real.get_key(fileobj)

    def close(self) -> None:
        self._real.close()


def _is_uart(fileobj: Any) -> bool:
    return isinstance(fileobj, int) and fileobj >= PSEUDO_FD


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self, host: VirtualHost) -> None:
        self._host = host
        super().__init__(_VirtualSelector(host))
        self._clock_resolution = 1e-6

    def time(self) -> float:
        return self._host.now_us / 1_000_000


def run(coro: Coroutine[Any, Any, Any]) -> Any:
    host = board.host
    if not isinstance(host, VirtualHost):
        coro.close()
        raise RuntimeError("run_virtual needs sim_machine.attach(module)")
    loop = VirtualLoop(host)
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(coro)
    finally:
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        if tasks:
            loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        asyncio.set_event_loop(None)
        loop.close()
