# How a task waits for the module: asyncio's differences between the interpreters, and nothing else.
# One task, the pump, looks at the UART; a task that waits sleeps until its time is over or the
# pump wakes it because something has come.
import asyncio
import sys

from .compat import const, ticks_add, ticks_diff, ticks_ms

_DONE = const(1)  # engine.py
_ECONNABORTED = const(103)

if sys.implementation.name == "micropython":
    from asyncio import core

    class Step:
        # What is awaited at a read or a send of a socket: one of a few objects that come back,
        # where coroutines would be 64 bytes and more each. What is not usual they leave to one.
        def __init__(self, waiters):
            self.w = waiters
            self.task = None  # who waits, while it is among w.tasks
            self.last = None
            self.stop = StopIteration(None)

        def __iter__(self):
            return self

        def send(self, x):  # how a task begins
            return self.__next__()

        def __next__(self):
            w = self.w
            self.woken()
            if not self.s:
                raise RuntimeError  # awaited again
            try:
                while not self.other and not self.turn():
                    ms = w.look(1000 if self.value else self.s.rest(self.start))
                    if ms:
                        self.task = core.cur_task
                        w.tasks.append(self.task)
                        core._task_queue.push(self.task, ticks_add(ticks_ms(), ms))
                        return
                if self.other:
                    return self.other.send(None)  # its StopIteration is ours
            except BaseException:
                self.over(True)
                raise
            k = self.k
            self.over(False)
            if k != self.last:
                self.last = k
                self.stop = StopIteration(k)
            self.stop.__traceback__ = None  # the same object again: nothing is allocated
            raise self.stop

        def turn(self):
            # What can be done without waiting. True: that was all; self.k is the result, or
            # self.other goes on.
            s = self.s
            if not self.value:
                self.k = self.w.take(s, self.buf, self.n)
                if self.k is not None:
                    return True
                if self.start is None:
                    s.ask = self.start = ticks_ms()
                if s.e.lost and not s.e.settle():
                    self.other = s.receive(self.buf, self.n)
                return self.other
            while self.off < self.n:
                if self.k:
                    if s.settle():
                        return False
                    if s.err:
                        raise OSError(s.err, "")
                    if self.value < 2:
                        return True
                    self.off += self.k
                    self.k = 0
                else:
                    self.k = self.w.give(s, self.buf, self.off, self.n - self.off)
                    if not self.k:
                        self.other = s.parcel(self.buf, self.off, self.n, self.value)
                    return self.other
            if self.value > 1:
                self.k = self.value - 3 if self.value > 2 else None
            return True

        def woken(self):
            if self.task:
                self.w.tasks.remove(self.task)
                self.task = None

        def over(self, torn):
            s = self.s
            if not s:
                return
            if torn:
                if not self.value:
                    s.rescue(self.buf)
                elif self.k and not self.other:
                    # With bytes under way: what has gone out nobody knows.
                    s.err = s.err or _ECONNABORTED
            self.s = self.buf = self.other = None
            self.w.spare.append(self)

        def throw(self, x):
            self.woken()
            try:
                if self.other:
                    return self.other.throw(x)
            except BaseException:
                self.over(True)
                raise
            self.over(True)
            raise x

        def close(self):
            self.woken()
            self.over(True)

    class Waiters:
        # A task that sleeps lies in asyncio's queue of tasks; waking it means moving it to the
        # front, as Task.cancel() does. No allocation per wait but the coroutine itself.
        def __init__(self, modem, take, give):
            self.m = modem
            self.tasks = []
            self.task = None
            self.take = take
            self.give = give
            self.spare = []

        def step(self, s, buf, n, value):
            x = self.spare.pop() if self.spare else Step(self)
            x.s = s
            x.buf = buf
            x.n = n
            x.value = value
            x.off = x.k = 0
            x.start = x.other = None
            return x

        def look(self, ms):
            # How long to sleep now, at most ms; 0: something has come.
            n = self.m.engine.poll(ticks_ms())
            if n < ms:
                ms = n
            if ms > 1 and self.m.engine.stage == _DONE:
                ms = 1  # its owner fetches it in this round; then it may be our turn
            if ms <= 0:
                self.wake()
                return 0
            if self.task is None or self.task.done():
                self.task = asyncio.create_task(self.pump())
            return ms if self.m.engine.out is None else 2  # the UART takes no more just now

        async def idle(self, ms=1000):
            ms = self.look(ms)
            if ms:
                task = core.cur_task
                self.tasks.append(task)
                try:
                    await asyncio.sleep_ms(ms)
                finally:
                    self.tasks.remove(task)

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
        def __init__(self, modem, take, give):
            self.m = modem
            self.event = None
            self.tasks = []
            self.task = None

        def step(self, s, buf, n, value):
            return s.parcel(buf, 0, n, value) if value else s.receive(buf, n)

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
