# The signaling group: a switch of the radio's factory test. Owns its form only.
from __future__ import annotations

from .call import Call
from .parser import Int
from .registry import Commands

commands = Commands("signaling")


@commands.set("AT+FACTPLCP", Int(0, 1), Int(0, 1))
def long_preamble(call: Call, enable: int, tx_with_long: int) -> None:
    call.m.cfg.store("plcp", [enable, tx_with_long])
