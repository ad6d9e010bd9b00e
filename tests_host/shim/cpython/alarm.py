# CircuitPython's alarm module on the simulated board: light sleep until a time or the level of a
# pin. Owns what CircuitPython documents of it; the sleep itself is sim_board's.
from __future__ import annotations

import time as _time
from types import SimpleNamespace
from typing import Any, Union

from sim_board import board


class TimeAlarm:
    def __init__(self, *, monotonic_time: float) -> None:
        if monotonic_time < _time.monotonic():
            raise ValueError("Time is in the past")
        self.monotonic_time = monotonic_time


class PinAlarm:
    def __init__(self, *, pin: Any, value: bool, edge: bool = False, pull: bool = False) -> None:
        self.pin, self.value, self.edge, self.pull = pin, value, edge, pull


time = SimpleNamespace(TimeAlarm=TimeAlarm)
pin = SimpleNamespace(PinAlarm=PinAlarm)
wake_alarm: Any = None


def light_sleep_until_alarms(*alarms: Union[TimeAlarm, PinAlarm]) -> Any:
    """Gives the alarm that woke the board. A level that is there already does at once."""
    global wake_alarm
    pins = [alarm for alarm in alarms if isinstance(alarm, PinAlarm)]
    times = [alarm for alarm in alarms if isinstance(alarm, TimeAlarm)]
    for alarm in pins:
        signal = board.pin(alarm.pin.id).signal
        board.request({"do": "watch_pin", "pin": signal, "on": True})
    while True:
        for alarm in pins:
            if board.pin(alarm.pin.id).read() == int(alarm.value):
                wake_alarm = alarm
                return alarm
        left_s = min((alarm.monotonic_time - _time.monotonic() for alarm in times), default=3600.0)
        if times and left_s <= 0:
            wake_alarm = times[0]
            return wake_alarm
        board.light_sleep(max(1, round(left_s * 1_000_000)))
