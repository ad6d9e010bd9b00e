# Sleep of a CircuitPython host, by `alarm`. Owns its pin: digitalio has it for the moment of a
# look, an alarm while the host sleeps.
import time


class Level:
    """What powerhost.py needs of a pin: its value; and the sleep until it has the level that
    wakes, or time is over. There are no interrupts: a level that is there already ends the sleep
    at once."""

    def __init__(self, pin, level):
        import alarm
        from digitalio import DigitalInOut

        self.alarm = alarm
        self.io = DigitalInOut
        self.pin = pin
        self.level = level

    @property
    def value(self):
        io = self.io(self.pin)
        value = io.value
        io.deinit()
        return value

    def doze(self, ms):
        alarm = self.alarm
        alarm.light_sleep_until_alarms(
            alarm.time.TimeAlarm(monotonic_time=time.monotonic() + ms / 1000),
            alarm.pin.PinAlarm(pin=self.pin, value=bool(self.level), pull=False),
        )


def fit(pin, level, byte):
    # For Modem(host_wake=pin); errors for a board that cannot do it.
    try:
        from alarm import light_sleep_until_alarms  # noqa: F401
    except ImportError:
        raise NotImplementedError("no light sleep here: neither machine.lightsleep nor alarm")
    if byte is not None:
        raise NotImplementedError("byte: an alarm cannot have the UART's pin; use gpio")
    if hasattr(pin, "direction"):  # a DigitalInOut
        raise ValueError("host_wake: the pin itself (board.D5), for an alarm")
    return Level(pin, level)
