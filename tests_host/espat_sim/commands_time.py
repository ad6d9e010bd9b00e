# Time from the network: SNTP servers, time zone, interval.
# Owns the two notations of a time zone; the clock itself is sntp.py's.
from __future__ import annotations

from typing import Any

from .call import Call, q
from .errors import para_invalid
from .parser import Int, Rest, Str, bind
from .registry import Commands

commands = Commands("tcpip")

_HOURS = range(-12, 15)


@commands.query("AT+CIPSNTPCFG")
def servers(call: Call) -> None:
    enable, minutes, names = call.m.cfg["sntp"]
    hours = int(minutes / 60)  # a zone of minutes only is shown as 0
    if enable:
        call.answer(1, hours, *(q(name) for name in names))
    else:
        call.answer(0, hours)


@commands.set("AT+CIPSNTPCFG", Int(0, 1), Int(-1259, 1459), Rest())
def set_servers(call: Call, enable: int, zone: int, args: list) -> Any:
    names = bind(args, [Str(64, 1, default=None)] * 3, False, 2)
    minutes = _minutes(zone)
    texts = [name.decode("latin-1") for name in names if name is not None]
    call.done()
    call.m.sntp.configure(enable, minutes, texts)
    return None


def _minutes(zone: int) -> int:
    """-12..14 are hours, anything else is [hh]mm: leading zeros do not count."""
    if zone in _HOURS:
        return 60 * zone
    hours, minutes = divmod(abs(zone), 100)
    if minutes > 59:
        raise para_invalid(1)
    total = 60 * hours + minutes
    total = -total if zone < 0 else total
    if not -12 * 60 <= total <= 14 * 60:
        raise para_invalid(1)
    return total


@commands.query("AT+CIPSNTPTIME")
def local_time(call: Call) -> None:
    call.answer(call.m.sntp.local_text(), end=b"")


@commands.query("AT+CIPSNTPINTV")
def interval(call: Call) -> None:
    call.answer(call.m.cfg["sntpintv"])


@commands.set("AT+CIPSNTPINTV", Int(15, 4_294_967))
def set_interval(call: Call, seconds: int) -> None:
    call.m.cfg.store("sntpintv", seconds)
    call.m.sntp.restart()
