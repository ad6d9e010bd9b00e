# How a task waits for the module: asyncio's differences between the interpreters, and nothing else.
# One task, the pump, looks at the UART; a task that waits sleeps until its time is over or the
# pump wakes it because something has come.
import asyncio
import sys

from .compat import const, ticks_diff, ticks_ms

_DONE = const(1)  # engine.py

if sys.implementation.name == "micropython":
    from asyncio import core

    class Waiters:
        # A task that sleeps lies in asyncio's queue of tasks; waking it means moving it to the
        # front, as Task.cancel() does. No allocation per wait but the coroutine itself.
        def __init__(self, modem):
            self.m = modem
            self.tasks = []
            self.task = None

        async def idle(self, ms=1000):
            n = self.m.engine.poll(ticks_ms())
            if n < ms:
                ms = n
            if ms > 1 and self.m.engine.stage == _DONE:
                ms = 1  # its owner fetches it in this round; then it may be our turn
            if ms <= 0:
                self.wake()
                return
            if self.task is None or self.task.done():
                self.task = asyncio.create_task(self.pump())
            if self.m.engine.out is not None:
                ms = 2  # the UART takes no more just now
            task = core.cur_task
            tasks = self.tasks
            tasks.append(task)
            try:
                await asyncio.sleep_ms(ms)
            finally:
                tasks.remove(task)

        def wake(self):
            now = ticks_ms()
            for task in self.tasks:
                if task is not core.cur_task and ticks_diff(task.ph_key, now) > 0:
                    core._task_queue.remove(task)
                    core._task_queue.push(task)

        async def pump(self):
            m = self.m
            e = m.engine
            while True:
                if e.any():
                    await asyncio.sleep_ms(3)  # a payload under way: take more at a time
                elif m.poller:
                    yield core._io_queue.queue_read(m.serial)
                else:
                    await asyncio.sleep_ms(5)
                e.poll(ticks_ms())
                self.wake()
                if m.events:
                    m.events.dispatch()

else:

    class Waiters:
        # CPython and CircuitPython: a UART there cannot be waited for, so it is looked at.
        def __init__(self, modem):
            self.m = modem
            self.event = None
            self.tasks = []
            self.task = None

        async def idle(self, ms=1000):
            n = self.m.engine.poll(ticks_ms())
            if n < ms:
                ms = n
            if ms > 1 and self.m.engine.stage == _DONE:
                ms = 1  # its owner fetches it in this round; then it may be our turn
            if ms <= 0:
                self.wake()
                await asyncio.sleep(0)
                return
            self.go()
            await self.rest(ms / 1000)

        def go(self):
            if self.task is None or self.task.done():
                self.task = asyncio.create_task(self.pump())

        def halt(self):
            # Someone else looks at the UART (poweridle.py).
            if self.task is not None:
                self.task.cancel()
                self.task = None

        if sys.implementation.name == "cpython":
            # No wait_for(): before Python 3.12 it swallows a cancel that comes together with the
            # event. A future that is done does not: the task is cancelled all the same.

            async def rest(self, s):
                loop = asyncio.get_running_loop()
                f = loop.create_future()
                timer = loop.call_later(s, self.end, f)
                self.tasks.append(f)
                try:
                    await f
                finally:
                    timer.cancel()
                    self.tasks.remove(f)

            def end(self, f):
                if not f.done():
                    f.set_result(None)

            def wake(self):
                for f in self.tasks:
                    self.end(f)

        else:

            async def rest(self, s):
                if self.event is None:
                    self.event = asyncio.Event()
                try:
                    await asyncio.wait_for(self.event.wait(), s)
                except asyncio.TimeoutError:
                    pass

            def wake(self):
                if self.event is not None:
                    self.event.set()
                    self.event = None

        async def pump(self):
            m = self.m
            e = m.engine
            while True:
                await asyncio.sleep(0.001 if e.stage else 0.005)
                if e.out is not None or e.any():
                    e.poll(ticks_ms())
                    self.wake()
                if m.events:
                    m.events.dispatch()
