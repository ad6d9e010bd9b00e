# Sleep of the host: telling the module, the sleep itself, who ended it, hearing what waited. Owns
# the interrupt of the pin by which the module wakes the host, and setting the UART up afterwards.
import sys

from .compat import const, drop, load, ticks_diff, ticks_ms

_CUT_MS = const(20)  # what it may take from waking until the module has been told
_LOOK_MS = const(1500)  # how long a wake signal that came just before the sleep may go unseen
_ASK_MS = const(10000)  # the same, where only asking the module tells
_BEAT_MS = const(60000)  # so often the module is asked anyway: it may have lost its power
_HEAR_MS = const(300)  # a module that has called talks within this


def read(pin):
    return pin.value() if callable(pin.value) else int(pin.value)


class Host:
    """told: the module thinks that the host sleeps, and holds back what it says by itself. It does
    so for delay_ms and then talks to nobody, so no sleep is longer. An interrupt that comes
    after the last look and before the sleep is handled, and does not end the sleep: that too is
    why it comes in pieces, after each of which the level of the pin tells."""

    told = False
    edge = False  # the pin has moved
    wifi = False  # WIFI ... was said
    key = None
    args = None  # the UART's settings

    def __init__(self, m, pin, level, delay_ms, by_command):
        self.m = m
        self.pin = pin
        self.level = level  # None: the pin is RX, whose start bit wakes
        self.by_command = by_command
        self.late = delay_ms < 2 * _CUT_MS  # it talks before the host can listen
        self.beat_ms = _BEAT_MS if level is not None else _ASK_MS
        self.piece_ms = _LOOK_MS if level is not None else _ASK_MS
        if not self.late:
            n = delay_ms - _CUT_MS
            self.piece_ms = min(self.piece_ms, n)
            if level is None:
                self.beat_ms = self.piece_ms
        self.beat = 0
        if hasattr(pin, "irq"):
            pin.irq(self.moved, pin.IRQ_RISING if level else pin.IRQ_FALLING)

    def moved(self, pin):
        self.edge = True

    def news(self, text):
        self.wifi = True
        self.m.said(text)

    def calls(self):
        """Has the module something to say?"""
        e = self.m.engine
        if self.level is not None and read(self.pin) == self.level:
            return True
        return self.edge or e.any() or e.n

    def pending(self):
        """Is there something that the program has not yet taken?"""
        m = self.m
        e = m.engine
        for s in e.links:
            if s is None:
                continue
            if s.hint and not s.err or s.got > 0 or s.ring is not None and s.ring.n:
                return True
        if e.left or m.events and m.events.pending:
            return True
        if "espat.mqtt" in sys.modules:
            s = m.mqtt.session
            return s is not None and (s.q or s.more or s.missed)
        return False

    async def tell(self, asleep):
        """Say that the host sleeps, or is awake."""
        m = self.m
        if self.by_command:
            cmd = b"AT+USERMCUSLEEP=%d\r\n" % asleep
        else:
            cmd = b"AT+SLEEP=%d\r\n" % ((2 if m.power.gate else 1) if asleep else 0)
        try:
            await m.at(cmd, 3000)
        except OSError as e:
            if hasattr(e, "code") and self.by_command:
                m.said(b"ready")  # it knows nothing of it: it has rebooted, and nobody heard it
            await m.at(cmd, 3000)
        self.edge = False
        self.told = asleep
        self.beat = ticks_ms()

    def nap(self, ms):
        """Sleep for at most ms. "data": the module calls; "pin": something else; None: time."""
        m = self.m
        uart = m.serial
        gate = m.power.gate
        if gate and gate.up:
            gate.set(False)
        if self.key != (m.speed, m.boots):
            self.know()
        start = ticks_ms()
        self.doze(ms)
        # The UART's clock is another one after a sleep (RP2040).
        if self.args:
            uart.init(**self.args)
        elif hasattr(uart, "baudrate"):
            uart.baudrate = uart.baudrate
        m.engine.n = 0
        if self.calls():
            return "data"
        return "pin" if ticks_diff(ticks_ms(), start) < ms - 2 - ms // 16 else None

    def doze(self, ms):
        from machine import lightsleep

        lightsleep(ms)

    def know(self):
        m = self.m
        uart = m.serial
        self.key = m.speed, m.boots
        if hasattr(uart, "init"):
            wire = load("once.wire")
            n = wire.says(uart, b"rxbuf=", 256)
            self.args = {"baudrate": wire.rate(uart), "rxbuf": n}
            if m.options[7] == 3 and hasattr(uart, "RTS"):
                self.args["flow"] = uart.RTS | uart.CTS
            drop()

    async def hear(self, called):
        """Awake again: what the module has held back. Gives what it was, None for nothing."""
        m = self.m
        boots = m.boots
        hook = (b"WIFI ", self.news)
        m.engine.hooks.insert(0, hook)
        self.wifi = False
        try:
            await self.tell(False)
            start = ticks_ms()
            while not (self.wifi or self.pending()) and ticks_diff(ticks_ms(), start) < _HEAR_MS:
                if not called:
                    break
                await m.idle(10)
            if boots != m.boots:
                return "reset"
            if self.late:
                await m.brief("power_lost", "missed")
        finally:
            m.engine.hooks.remove(hook)
        if self.pending():
            return "data"
        return "wifi" if self.wifi else "data" if called else None

    async def sleep(self, ms):
        m = self.m
        e = m.engine
        start = ticks_ms()
        await m.idle(0)
        if self.pending():
            return "data"
        boots = m.boots
        await self.tell(True)
        woke = None
        while not woke:
            n = self.piece_ms
            if ms is not None:
                n = min(n, ms - ticks_diff(ticks_ms(), start))
            if e.settle():
                await m.idle(10)
            elif m.boots != boots:
                woke = "reset"
            elif self.calls() or self.pending():
                woke = "data"
            elif n <= 0:
                woke = "time"
            elif ticks_diff(ticks_ms(), self.beat) >= self.beat_ms:
                woke = await self.hear(False)
                if not woke:
                    await self.tell(True)
            else:
                woke = self.nap(n)
        if self.told:
            heard = await self.hear(woke == "data")
            if woke != "reset":  # what it says then, that it joins, is no news
                woke = heard or woke
        if woke == "reset":
            self.rebooted()
        return woke

    def rebooted(self):
        load("once.note").note("the module has rebooted")
