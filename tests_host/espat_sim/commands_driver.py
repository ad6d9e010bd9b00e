# Driver commands on single pins: ADC and PWM.
# Owns their arguments and refusals; voltages and duties are peripherals.py's.
from __future__ import annotations

from .call import Call
from .errors import exec_fail, para_count, para_invalid
from .parser import Int, Rest, bind
from .peripherals import Pwm, PwmChannel
from .registry import Commands

commands = Commands("driver")

GPIO_MAX = 46
_CHANNELS = 4
_TIMER_CLOCK_HZ = 80_000_000  # frequency times steps of the duty cannot be more
_FADE_MAX_MS = 0x7FFFFFFF


@commands.set("AT+DRVADC", Int(0, 7), Int(0, 3))
def read_adc(call: Call, channel: int, attenuation: int) -> None:
    call.answer(call.m.peripherals.adc(channel, attenuation))


@commands.set("AT+DRVPWMINIT", Int(1, 8_000_000), Int(0, 20), Rest())
def init_pwm(call: Call, freq_hz: int, bits: int, args: list) -> None:
    if not 1 <= len(args) <= _CHANNELS:
        raise para_count(2 + _CHANNELS, 2 + len(args))
    gpios = bind(args, [Int(0, GPIO_MAX)] * len(args), False, 2)
    if freq_hz << bits > _TIMER_CLOCK_HZ:
        raise exec_fail(why="no divider for this frequency at this resolution")
    call.m.peripherals.pwm = Pwm(freq_hz, bits, [PwmChannel(gpio) for gpio in gpios])


def _need_pwm(call: Call) -> Pwm:
    pwm = call.m.peripherals.pwm
    if pwm is None:
        raise exec_fail(why="AT+DRVPWMINIT comes first")
    return pwm


@commands.set("AT+DRVPWMDUTY", Rest())
def set_duty(call: Call, args: list) -> None:
    pwm = _need_pwm(call)
    if len(args) > len(pwm.channels):
        raise para_count(len(pwm.channels), len(args))
    duties = bind(args, [Int(0, 1 << pwm.bits, default=None)] * len(args), False)
    if all(duty is None for duty in duties):
        raise para_count(1, 0)
    for channel, duty in zip(pwm.channels, duties):
        if duty is not None:
            call.m.peripherals.fade(channel, duty, 0)


@commands.set("AT+DRVPWMFADE", Rest())
def fade(call: Call, args: list) -> None:
    """A comma after the last pair is allowed: the guide's own example has one."""
    pwm = _need_pwm(call)
    if len(args) % 2 and args[-1] is None:
        args = args[:-1]
    if not args or len(args) % 2 or len(args) > 2 * len(pwm.channels):
        raise para_count(2 * len(pwm.channels), len(args))
    pair = [Int(0, (1 << pwm.bits) - 1, default=None), Int(0, _FADE_MAX_MS, default=None)]
    values = bind(args, pair * (len(args) // 2), False)
    pairs = list(zip(values[::2], values[1::2]))
    for i, (target, ms) in enumerate(pairs):
        if (target is None) != (ms is None):
            raise para_invalid(2 * i)
    if all(target is None for target, _ in pairs):
        raise para_count(2, 0)
    for channel, (target, ms) in zip(pwm.channels, pairs):
        if target is not None:
            call.m.peripherals.fade(channel, target, ms)
