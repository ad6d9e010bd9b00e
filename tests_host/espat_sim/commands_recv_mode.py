# Receive mode of all links at once: AT+CIPRECVMODE of ESP-AT 2.x and of AT 1.7.
# Owns its two forms; reading is commands_recv.py's.
from __future__ import annotations

from typing import Any

from . import commands_recv as recv
from .call import Call
from .parser import Int
from .registry import Commands

commands = Commands("tcpip")

_ALL = 5


@commands.query("AT+CIPRECVMODE")
def mode(call: Call) -> None:
    call.answer(call.m.cfg["recvtype"][0])


@commands.set("AT+CIPRECVMODE", Int(0, 1))
def set_mode(call: Call, passive: int) -> Any:
    return recv.set_receive_type(call, _ALL, passive)
