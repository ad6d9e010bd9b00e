# modem.gpio.PWM. Loaded for the call that makes one.
from .quote import build, check


async def PWM(m, pin, freq=5000, duty_u16=0, duty_ns=None):
    """An output as machine.PWM: PWM(pin, freq=5000, duty_u16=0, duty_ns=None). pin: the module's
    GPIO; at most four of them. freq: 1..8000000 Hz, one for all: the last one holds. freq(),
    duty_u16(), duty_ns(), init(), deinit(); fade(duty_u16, time_ms). AT+DRVPWMINIT,
    AT+DRVPWMDUTY, AT+DRVPWMFADE, guide 3.9.3..3.9.5."""
    check("pin", pin, 0, 48)
    check("freq", freq, 1, 8000000)
    duty_u16 = share(freq, duty_ns, duty_u16)
    check("duty_u16", duty_u16, 0, 65535)
    part = m.gpio
    if part.channels is None:
        part.channels = []
    channels = part.channels
    for x in channels:
        if x.pin == pin:
            x.duty = duty_u16
            break
    else:
        if len(channels) == 4:
            raise ValueError("four PWM outputs at most")
        x = Pwm(m, channels, pin, duty_u16)
        channels.append(x)
    try:
        await x.start(freq)
    except BaseException:
        channels.remove(x)
        raise
    return x


def share(hz, ns, duty):
    # The duty of so many nanoseconds.
    if ns is None:
        return duty
    if not 0 <= ns * hz <= 1000000000:
        raise ValueError("duty_ns: longer than a period")
    return ns * hz * 65535 // 1000000000


class Pwm:
    hz = 0
    bits = 0

    def __init__(self, m, channels, pin, duty):
        self.m = m
        self.channels = channels
        self.pin = pin
        self.duty = duty

    async def start(self, hz):
        # One timer: all outputs are set up together, and get their duties again.
        bits = 1
        while bits < 13 and hz << bits + 1 <= 80000000:
            bits += 1
        pins = [x.pin for x in self.channels]
        await self.m.at(build(b"AT+DRVPWMINIT", [hz, bits] + pins))
        for x in self.channels:
            x.hz = hz
            x.bits = bits
        await self.send(self.channels)

    async def send(self, which):
        args = [x.steps(x.duty) if x in which else None for x in self.channels]
        await self.m.at(build(b"AT+DRVPWMDUTY", args))

    def steps(self, duty):
        return (duty << self.bits) // 65535

    async def set_duty(self, duty):
        check("duty_u16", duty, 0, 65535)
        self.duty = duty
        await self.send([self])

    async def go(self, duty, time_ms):
        check("duty_u16", duty, 0, 65535)
        check("time_ms", time_ms, 0, 1 << 30)
        self.duty = duty
        args = []
        for x in self.channels:
            top = (1 << x.bits) - 1
            args += [min(x.steps(duty), top), time_ms] if x is self else [None, None]
        await self.m.at(build(b"AT+DRVPWMFADE", args))

    async def set_freq(self, hz):
        check("freq", hz, 1, 8000000)
        await self.start(hz)

    async def set_up(self, freq, duty, ns):
        freq = self.hz if freq is None else freq
        check("freq", freq, 1, 8000000)
        duty = share(freq, ns, self.duty if duty is None else duty)
        check("duty_u16", duty, 0, 65535)
        self.duty = duty
        if self not in self.channels:
            if len(self.channels) == 4:
                raise ValueError("four PWM outputs at most")
            self.channels.append(self)
        await self.start(freq)

    async def end(self):
        if self in self.channels:
            self.duty = 0
            await self.send([self])
            self.channels.remove(self)
            if self.channels:
                await self.start(self.hz)

    def init(self, freq=None, duty_u16=None, duty_ns=None):
        """Set up again, also after deinit(); what is not given stays."""
        return self.m.face(self.set_up(freq, duty_u16, duty_ns))

    def deinit(self):
        """Low, and room for another output."""
        return self.m.face(self.end())

    def duty_ns(self, value=None):
        """The length of a pulse in nanoseconds; sets it if a value is given."""
        if value is None:
            return self.duty * 1000000000 // 65535 // self.hz
        return self.duty_u16(share(self.hz, value, 0))

    def freq(self, value=None):
        """The frequency in Hz; sets it, for all outputs, if a value is given."""
        return self.hz if value is None else self.m.face(self.set_freq(value))

    def duty_u16(self, value=None):
        """The duty, 0..65535; sets it if a value is given."""
        return self.duty if value is None else self.m.face(self.set_duty(value))

    def fade(self, duty_u16, time_ms):
        """Go to that duty within time_ms."""
        return self.m.face(self.go(duty_u16, time_ms))
