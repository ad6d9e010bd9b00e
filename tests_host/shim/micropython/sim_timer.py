# machine.Timer and RTC. Timers call back while the program waits, as soft interrupts do.
# Owns the list of timers; sim_host's connections ask it how long they may wait.
import time

import sim_host


class _Timers:
    def __init__(self):
        self.all = []

    def limit(self, us, now_ms):
        for timer in self.all:
            left = time.ticks_diff(timer.due_ms, now_ms) * 1000
            us = min(us, max(left, 1))
        return us

    def run(self, now_ms):
        for timer in list(self.all):
            if time.ticks_diff(timer.due_ms, now_ms) <= 0:
                if timer.period_ms:
                    timer.due_ms = time.ticks_add(timer.due_ms, timer.period_ms)
                else:
                    self.all.remove(timer)
                timer.callback(timer)


class Timer:
    ONE_SHOT = 0
    PERIODIC = 1

    def __init__(self, id=-1, **options):
        if options:
            self.init(**options)

    def init(self, *, mode=1, freq=-1, period=-1, callback=None, tick_hz=1000, hard=False):
        self.deinit()
        ms = max(1, round(1000 / freq) if freq > 0 else period * 1000 // tick_hz)
        self.period_ms = ms if mode == Timer.PERIODIC else 0
        self.due_ms = time.ticks_add(time.ticks_ms(), ms)
        self.callback = callback or (lambda timer: None)
        if sim_host.timers is None:
            sim_host.timers = _Timers()
        sim_host.timers.all.append(self)

    def deinit(self):
        if sim_host.timers is not None and self in sim_host.timers.all:
            sim_host.timers.all.remove(self)


class RTC:
    _offset_s = 0

    def datetime(self, when=None):
        now = time.time()
        if when is None:
            t = time.gmtime(now + RTC._offset_s)
            return (t[0], t[1], t[2], t[6], t[3], t[4], t[5], 0)
        y, month, day, _, h, minute, s = when[:7]
        RTC._offset_s = time.mktime((y, month, day, h, minute, s, 0, 0)) - now
