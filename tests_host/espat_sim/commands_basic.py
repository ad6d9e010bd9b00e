# Basic commands: liveness, restart, versions, the list of commands, echo, storage mode.
# Owns their handlers only; state is in Settings and Module.
from __future__ import annotations

from typing import Any

from .call import Call, q
from .parser import EXECUTE, QUERY, SET, TEST, Int
from .registry import WAIT, Commands

commands = Commands("basic")


@commands.execute("AT")
def probe(call: Call) -> None:
    pass


@commands.execute("AT+RST")
def restart(call: Call) -> Any:
    call.done()
    call.m.out.when_sent(call.m.restart)
    return WAIT


@commands.execute("AT+GMR")
def versions(call: Call) -> None:
    for text in call.m.profile.gmr:
        call.line(text)


@commands.query("AT+CMD")
def list_commands(call: Call) -> None:
    for index, command in enumerate(call.m.commands.by_name.values()):
        forms = (int(form in command.forms) for form in (TEST, QUERY, SET, EXECUTE))
        call.answer(index, q(command.name), *forms)


@commands.set("AT+GSLP", Int(0, 0x7FFFFFFF))
def deep_sleep(call: Call, time_ms: int) -> Any:
    call.line(str(time_ms))
    call.done()
    call.m.out.when_sent(lambda: call.m.sleep_deep(time_ms))
    return WAIT


@commands.execute("ATE0")
def echo_off(call: Call) -> None:
    # The guide's filtered download (4.1.1) shows this OK with a filter on that hides others.
    call.filtered = False
    call.m.cfg.store("echo", False)


@commands.execute("ATE1")
def echo_on(call: Call) -> None:
    call.filtered = False
    call.m.cfg.store("echo", True)


@commands.execute("AT+RESTORE")
def restore(call: Call) -> Any:
    call.m.cfg.erase()
    return restart(call)


@commands.query("AT+SYSRAM")
def ram(call: Call) -> None:
    call.answer(call.m.profile.free_ram, call.m.profile.min_ram, end=b"")


@commands.execute("AT+SYSROLLBACK")
def roll_back(call: Call) -> Any:
    return restart(call)


@commands.query("AT+SYSLOG")
def syslog(call: Call) -> None:
    call.answer(call.m.cfg["syslog"])


@commands.set("AT+SYSLOG", Int(0, 1))
def set_syslog(call: Call, status: int) -> None:
    call.m.cfg.store("syslog", status)


@commands.query("AT+SYSSTORE")
def sysstore(call: Call) -> None:
    call.answer(call.m.cfg["sysstore"])


@commands.set("AT+SYSSTORE", Int(0, 1))
def set_sysstore(call: Call, mode: int) -> None:
    call.m.cfg.store("sysstore", mode)


@commands.query("AT+SYSTIMESTAMP")
def timestamp(call: Call) -> None:
    call.answer(call.m.unix_time())


@commands.set("AT+SYSTIMESTAMP", Int(0, 0xFFFFFFFF))
def set_timestamp(call: Call, seconds: int) -> None:
    call.m.sntp.set_unix_us(seconds * 1_000_000)
