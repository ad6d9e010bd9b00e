# modem.power.idle(): the host sleeps whenever every task of asyncio waits. Owns asking the loop
# when the next task is due, which interpreters keep in different places; the sleep itself is
# powerhost.py's.
import asyncio
import sys

from .compat import const, ticks_diff, ticks_ms

_LEAST_MS = const(3)  # less is not worth a sleep
_MOST_MS = const(60000)


def due():
    """How long until a task has something to do, in ms."""
    if sys.implementation.name != "cpython":
        from asyncio import core

        queue = core._task_queue
        task = queue.peek() if hasattr(queue, "peek") else None
        return _MOST_MS if task is None else ticks_diff(task.ph_key, core.ticks())
    loop = asyncio.get_running_loop()
    if loop._ready:
        return 0
    times = [x._when for x in loop._scheduled if not x._cancelled]
    return int((min(times) - loop.time()) * 1000) if times else _MOST_MS


def looking(m, on):
    # Where the UART is looked at again and again: not while the module holds its tongue.
    if hasattr(m.waiters, "halt"):
        (m.waiters.go if on else m.waiters.halt)()


async def idle(m, host, ms):
    """Sleep for all tasks. What they send meanwhile needs no more than the UART; the module is told
    that the host is awake when it calls, and then says what it has held back."""
    e = m.engine
    start = ticks_ms()
    try:
        while ms is None or ticks_diff(ticks_ms(), start) < ms:
            if host.told and not e.stage:
                looking(m, False)
            await asyncio.sleep(0)  # everyone who can do something does it first
            n = min(due(), host.piece_ms)
            if ms is not None:
                n = min(n, ms - ticks_diff(ticks_ms(), start))
            if e.settle() or e.out is not None:
                n = 1
            elif host.told and (host.calls() or ticks_diff(ticks_ms(), host.beat) >= host.beat_ms):
                looking(m, True)
                await host.hear(host.calls())
                continue
            elif host.pending():
                n = 2
            elif n >= _LEAST_MS:
                if not host.told:
                    await host.tell(True)
                else:
                    host.nap(n)
                continue
            await asyncio.sleep(max(1, min(n, _LEAST_MS)) / 1000)
    finally:
        looking(m, True)
        if host.told:
            await host.hear(False)
