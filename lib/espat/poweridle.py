# modem.power.idle(): the host sleeps whenever every task of asyncio waits. Owns asking the loop
# when the next task is due, which interpreters keep in different places; the sleep itself is
# powerhost.py's.
import asyncio
import sys

from .compat import const, ticks_diff, ticks_ms

_SENT = const(2)  # engine.py
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


class Hold:
    """Holds back what tasks send while the module thinks that the host sleeps. A wake byte comes
    at any moment until it has been told otherwise, also in front of an answer, which is lost
    then. Takes the engine as a command does; whoever wants to start one is seen by asking."""

    def __init__(self, host):
        self.host = host
        self.e = host.m.engine

    def take(self):
        e = self.e
        e.owner = self
        e.stage = _SENT
        e.deadline = None
        e.ms = 1 << 28  # nothing ends it but us
        e.settle = self.ask
        self.wanted = False

    def ask(self):
        self.wanted = True
        return self.e.stage

    def let_go(self):
        e = self.e
        if e.owner is self:
            e.fetch()
            del e.settle


async def idle(m, host, ms):
    """Sleep for all tasks. By pin, what they send meanwhile needs no more than the UART; with a
    wake byte the module is told first. It is told, too, when it calls, and says what it has held
    back."""
    e = m.engine
    hold = Hold(host)
    boots = m.boots
    start = ticks_ms()
    try:
        while ms is None or ticks_diff(ticks_ms(), start) < ms:
            if boots != m.boots:
                boots = m.boots
                host.rebooted()
                host.told = False  # it knows nothing; the next thing said to it sets it up
                hold.let_go()
            if host.told and not e.stage and host.level is None:
                hold.take()
            if host.told and (e.owner is hold or not e.stage):
                looking(m, False)
            await asyncio.sleep(0)  # everyone who can do something does it first
            n = min(due(), host.piece_ms)
            if ms is not None:
                n = min(n, ms - ticks_diff(ticks_ms(), start))
            held = e.owner is hold
            if not held and e.settle() or e.out is not None:
                n = 1
            elif host.told and (
                held
                # (stage: ended by what was no answer to anything)
                and (hold.wanted or e.stage != _SENT or host.pending())
                or host.calls()
                or ticks_diff(ticks_ms(), host.beat) >= host.beat_ms
            ):
                hold.let_go()
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
        hold.let_go()
        looking(m, True)
        if host.told:
            await host.hear(False)
