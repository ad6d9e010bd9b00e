# Basic commands of the ESP8266's first command set (AT 0.30).
# Owns what differs from ESP-AT: arguments, and which forms there are.
from __future__ import annotations

from typing import Optional

from . import commands_basic as basic
from . import commands_uart as uart
from .call import Call
from .parser import Int
from .power import LIGHT, MODEM, NONE
from .registry import Commands

commands = Commands("basic")

# What is the same as in ESP-AT.
commands.execute("AT")(basic.probe)
commands.execute("AT+RST")(basic.restart)
commands.execute("AT+GMR")(basic.versions)
commands.execute("ATE0")(basic.echo_off)
commands.execute("ATE1")(basic.echo_on)
commands.execute("AT+RESTORE")(basic.restore)
commands.set("AT+GSLP", Int(0, 0x7FFFFFFF))(basic.deep_sleep)

_SETTING = (Int(110, 4_608_000), Int(5, 8), Int(1, 3), Int(0, 2), Int(0, 3))
commands.set("AT+UART", *_SETTING)(uart.set_default)
commands.set("AT+UART_CUR", *_SETTING)(uart.set_current)
commands.set("AT+UART_DEF", *_SETTING)(uart.set_default)

# Light and modem sleep have each other's numbers in ESP-AT.
_MODES = (NONE, LIGHT, MODEM)


@commands.query("AT+SLEEP")
def sleep_mode(call: Call) -> None:
    call.answer(_MODES.index(call.m.cfg["sleep"]))


@commands.set("AT+SLEEP", Int(0, 2))
def set_sleep_mode(call: Call, mode: int) -> None:
    call.m.cfg.store("sleep", _MODES[mode])


@commands.set("AT+RFPOWER", Int(0, 82))
def set_radio_power(call: Call, power: int) -> None:
    call.m.cfg.store("rfpower", power)


_SUPPLY_MV = 3300


@commands.query("AT+RFVDD")
def supply(call: Call) -> None:
    """In 1/1024 V."""
    call.answer(round(_SUPPLY_MV * 1024 / 1000))


@commands.set("AT+RFVDD", Int(1900, 3300))
def set_supply(call: Call, millivolts: Optional[int]) -> None:
    call.m.cfg.store("rfvdd", millivolts)


@commands.execute("AT+RFVDD")
def use_supply(call: Call) -> None:
    call.m.cfg.store("rfvdd", None)  # measured by itself
