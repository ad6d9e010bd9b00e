# Switches of the system: messages, filters, sleep, radio power, registers.
# Owns their handlers only. Power is modelled elsewhere; here its settings are kept.
from __future__ import annotations

from typing import Any, Optional

from .call import Call, q
from .errors import exec_fail, para_count, para_invalid
from .host_wake import BY_SLEEP
from .parser import Int, OneOf, Rest, Str, bind
from .registry import WAIT, Commands
from .takers import Counted

commands = Commands("basic")


@commands.query("AT+SYSMSG")
def messages(call: Call) -> None:
    call.answer(call.m.cfg["sysmsg"], end=b"")


@commands.set("AT+SYSMSG", Int(0, 7))
def set_messages(call: Call, state: int) -> None:
    call.m.cfg.store("sysmsg", state)


@commands.query("AT+SYSMSGFILTER")
def filtering(call: Call) -> None:
    call.answer(call.m.cfg["msgfilter"])


@commands.set("AT+SYSMSGFILTER", Int(0, 1))
def set_filtering(call: Call, enable: int) -> None:
    call.filtered = False  # this OK is still seen
    call.m.cfg.store("msgfilter", enable)


@commands.query("AT+SYSMSGFILTERCFG")
def filters(call: Call) -> None:
    for index, (head, tail) in enumerate(call.m.out.filters.pairs()):
        call.answer(index, q(head), q(tail))


@commands.set("AT+SYSMSGFILTERCFG", Int(0, 2), Rest())
def configure_filters(call: Call, operator: int, args: list) -> Any:
    chain = call.m.out.filters
    if operator == 0:
        if args:
            raise para_count(1, 1 + len(args))
        chain.clear()
        return None
    head_n, tail_n = bind(args, [Int(0, 64), Int(0, 64)], False, 1)
    if not head_n and not tail_n:
        raise para_invalid(1)
    call.prompt()

    def done(data: bytes) -> None:
        change = chain.add if operator == 1 else chain.remove
        if change(data[:head_n], data[head_n:]):
            call.done()
        else:
            call.fail()

    Counted(call.m, head_n + tail_n, done)
    return WAIT


@commands.query("AT+TRANSINTVL")
def flush_interval(call: Call) -> None:
    call.answer(call.m.cfg["transintvl"])


@commands.set("AT+TRANSINTVL", Int(0, 1000))
def set_flush_interval(call: Call, ms: int) -> None:
    call.m.cfg.store("transintvl", ms)


_LINK_KINDS = ("TCP", "TCPv6", "SSL", "SSLv6", "UDP", "UDPv6")


@commands.set("AT+SAVETRANSLINK", Int(0, 1), Rest())
def boot_link(call: Call, mode: int, args: list) -> None:
    if mode == 0 and not args:
        call.m.cfg.store("translink", None)
        return
    kinds = [Str(64, 1), Int(1, 65535), Str(8, default=b"TCP"), Int(0, 65535, default=0)]
    host, port, kind_bytes, last = bind(args, kinds, False, 1)
    kind = kind_bytes.decode("latin-1")
    if kind not in _LINK_KINDS:
        raise para_invalid(3)
    udp = kind.startswith("UDP")
    if not udp and last > 7200:
        raise para_invalid(4)  # keep-alive in s
    local_port, keep_alive_s = (last, 0) if udp else (0, last)
    setting = [host.decode("latin-1"), port, kind, local_port, keep_alive_s]
    call.m.cfg.store("translink", setting if mode else None)


@commands.query("AT+SLEEP")
def sleep_mode(call: Call) -> None:
    call.answer(call.m.cfg["sleep"])


@commands.set("AT+SLEEP", Int(0, 3))
def set_sleep_mode(call: Call, mode: int) -> Any:
    if mode and call.m.cfg["cwmode"] & 2:
        raise exec_fail(why="the soft-AP cannot sleep")
    call.m.cfg.store("sleep", mode)
    call.done()
    call.m.host_waker.told(bool(mode), BY_SLEEP)
    return WAIT


@commands.set("AT+SLEEPWKCFG", OneOf(2), Int(0, 46), Int(0, 1, default=0))
def wake_source(call: Call, source: int, gpio: int, level: int) -> None:
    call.m.cfg.store("sleep_wake", [source, gpio, level])


def _need_radio(call: Call) -> None:
    if not call.m.cfg["cwinit"] or not call.m.cfg["cwmode"]:
        raise exec_fail(why="Wi-Fi is off")


@commands.query("AT+RFPOWER")
def radio_power(call: Call) -> None:
    _need_radio(call)
    call.answer(call.m.cfg["rfpower"])


@commands.set("AT+RFPOWER", Int(40, 84))
def set_radio_power(call: Call, power: int) -> None:
    _need_radio(call)
    call.m.cfg.store("rfpower", min(power, 78))  # 79..84 are the same step as 78


@commands.set("AT+SYSREG", Int(0, 1), Int(0, 0xFFFFFFFF), Int(0, 0xFFFFFFFF, default=None))
def register(call: Call, direct: int, address: int, value: Optional[int]) -> None:
    registers = call.m.registers
    if direct == 0:
        if value is not None:
            raise para_count(2, 3)
        call.answer(f"0x{registers.get(address, 0):x}")
    else:
        if value is None:
            raise para_count(3, 2)
        registers[address] = value
