# The UART of the command port: its present and its default setting.
# Owns the order of answer and switch: OK still comes at the old rate.
from __future__ import annotations

from typing import Any

from .call import Call
from .parser import Int
from .registry import WAIT, Commands

commands = Commands("basic")

_SETTING = (Int(80, 5_000_000), Int(5, 8), Int(1, 3), Int(0, 2), Int(0, 3))


def divided(clock_hz: int, baud: int) -> int:
    """The rate that the divider (in sixteenths) really makes."""
    sixteenths = (clock_hz << 4) // baud
    return (clock_hz << 4) // sixteenths


@commands.query("AT+UART_CUR")
def current(call: Call) -> None:
    baud, *rest = call.m.uart
    call.answer(divided(call.m.profile.uart_clock_hz, baud), *rest)


@commands.query("AT+UART_DEF")
def default(call: Call) -> None:
    call.answer(*call.m.uart_default())


@commands.set("AT+UART_CUR", *_SETTING)
def set_current(call: Call, *setting: int) -> Any:
    return _switch(call, list(setting))


@commands.set("AT+UART_DEF", *_SETTING)
def set_default(call: Call, *setting: int) -> Any:
    call.m.cfg.store("uart", list(setting))
    return _switch(call, list(setting))


commands.alias("AT+UART", "AT+UART_DEF")  # registered, in no page


def _switch(call: Call, setting: list[int]) -> Any:
    m = call.m
    call.done()

    def switch() -> None:
        m.set_uart(setting)
        m.port.resume()

    m.port.pause()
    m.out.when_sent(switch)
    return WAIT
