# modem.power: sleep of the module and of the host. Owns the wake pin while the module is in light
# sleep: nothing is written before it is awake. How sleep is set up lies in once/power_*.py, loaded
# for a call and dropped again; the sleep of the host in powerhost.py.
from .compat import ticks_diff, ticks_ms

gate = None  # of a modem that has none
host = None  # powerhost.py, once the module wakes the host


def __getattr__(name):
    if name in ("sleep", "host_wake"):
        file = "power_sleep" if name == "sleep" else "power_wake"
        return lambda m, *args, **kw: m.brief(file, name, *args, **kw)
    raise AttributeError(name)


def found(m):
    h = m.power.host
    if h is None:
        raise OSError(22, "host_wake() comes first")  # EINVAL
    return h


async def host_sleep(m, ms=None):
    """Have the host sleep (machine.lightsleep) until the module has something to say, ms (0..
    86400000; None: no limit) are over, or another pin wakes it. Returns what it was: "data" (also
    when something that nobody has read was there before: then it does not sleep), "wifi" (the
    network came or went), "time", "pin", or "reset": the module has rebooted meanwhile, links are
    gone. host_wake() comes first (OSError EINVAL). Links with active receive and MQTT go on. The
    UART is set up anew after each sleep. AT+USERMCUSLEEP, guide 3.11.5."""
    if ms is not None and not 0 <= ms <= 86400000:
        raise ValueError("ms: only 0..86400000")
    return await found(m).sleep(ms)


async def idle(m, ms=None):
    """For asyncio: have the host sleep whenever every task waits, for ms, or (None) until it is
    cancelled. Run it as a task of its own. host_wake() comes first."""
    from .poweridle import idle

    await idle(m, found(m), ms)


class Gate:
    """Stands before the UART's write(): raises the wake pin, waits until the module is awake, and
    lowers the pin when nothing has been under way for a while."""

    def __init__(self, m, pin, level, settle_ms, linger_ms):
        self.e = e = m.engine
        self.pin = pin
        self.level = level
        self.settle_ms = settle_ms
        self.linger_ms = linger_ms
        self.up = False  # the pin is at the level that wakes
        self.awake = False  # and has been long enough
        self.when = 0
        self.hold = False  # it stays up
        self.before = e.write, e.poll
        e.write = self.write
        e.poll = self.poll

    def remove(self):
        self.set(True)
        self.e.write, self.e.poll = self.before

    def set(self, up):
        level = self.level if up else not self.level
        pin = self.pin
        if callable(pin.value):
            pin.value(int(level))
        else:
            pin.value = bool(level)
        self.up = up
        self.awake = False
        self.when = ticks_ms()

    def write(self, buf, off, n):
        if not self.up:
            self.set(True)
        if not self.awake:
            # One more: the clock may have been about to tick.
            if ticks_diff(ticks_ms(), self.when) <= self.settle_ms:
                return 0
            self.awake = True
        return self.before[0](buf, off, n)

    def poll(self, now):
        n = self.before[1](now)
        e = self.e
        if self.up and not self.hold:
            if e.stage or e.left or e.out is not None or not n:
                self.when = now if self.awake else self.when
            else:
                ms = self.linger_ms - ticks_diff(now, self.when)
                if ms <= 0:
                    self.set(False)
                elif ms < n:
                    return ms
        return n
