# What AT 1.7 has more than AT 0.30: passive receive, TLS, SNTP, DNS, labels, a wake pin.
# Owns their old forms; what they do is the same as in ESP-AT.
from __future__ import annotations

from typing import Any, Optional

from . import commands_basic as basic
from . import commands_recv as recv
from . import commands_server as server
from . import commands_softap as softap
from . import commands_station as station
from . import commands_tcp as tcp
from . import commands_time as sntp
from .call import Call, q
from .commands_old_wifi import kept
from .errors import exec_fail
from .parser import Int, LinkId, OneOf, Rest, Str
from .registry import WAIT, Commands

commands = Commands("tcpip")

commands.query("AT+SYSRAM")(basic.ram)
commands.execute("AT+CIFSR")(tcp.addresses)
commands.query("AT+CWHOSTNAME")(station.host_name)
commands.set("AT+CWHOSTNAME", Str(32, 1))(station.set_host_name)
commands.query("AT+CIPSERVERMAXCONN")(server.most_clients)
commands.set("AT+CIPSERVERMAXCONN", Int(1, 5))(server.set_most_clients)
commands.query("AT+CIPSNTPCFG")(sntp.servers)
commands.set("AT+CIPSNTPCFG", Int(0, 1), Int(-11, 13), Rest())(sntp.set_servers)
commands.query("AT+CIPSNTPTIME")(sntp.local_time)
commands.set("AT+CIPRECVDATA", LinkId(), Int(1, 2048))(recv.receive)
commands.query("AT+CIPRECVLEN")(recv.waiting)
commands.query("AT+CWDHCPS_CUR")(softap.pool)


@commands.set("AT+CWDHCPS_CUR", Int(0, 1), Rest())
def set_pool(call: Call, enable: int, args: list) -> None:
    softap.set_pool(call, enable, args, keep=False)


def set_name_servers(call: Call, enable: int, args: list) -> None:
    tcp.set_name_servers(call, enable, args, kept(call))


for _name in ("AT+CIPDNS_CUR", "AT+CIPDNS_DEF"):
    commands.query(_name)(tcp.name_servers)
    commands.set(_name, Int(0, 1), Rest())(set_name_servers)


@commands.set("AT+CWLAPOPT", Int(0, 1), Int(0, 0x7F))
def scan_options(call: Call, sort: int, mask: int) -> None:
    call.m.cfg.store("lapopt", [mask, -100, 0xFFFF])


@commands.set("AT+CIPSSLSIZE", Int(2048, 4096))
def tls_buffer(call: Call, size: int) -> None:
    """Nothing here is as small as that chip's memory."""


@commands.set("AT+CIPDOMAIN", Str(256, 1))
def resolve(call: Call, name: bytes) -> Any:
    def resolved(ip: Optional[str]) -> None:
        if ip is None:
            call.fail(exec_fail(why="name not found"))
        elif not call.over:
            call.answer(ip)
            call.done()

    if not call.m.station.has_ip:
        raise exec_fail(why="no IP address")
    call.m.net.resolve(name.decode("latin-1"), 4, resolved)
    return WAIT


def address(call: Call) -> None:
    own = call.m.station
    for name, value in (("ip", own.ip), ("gateway", own.gateway), ("netmask", own.netmask)):
        call.answer(f"{name}:{q(value)}")


for _name in ("AT+CIPSTA", "AT+CIPSTA_CUR", "AT+CIPSTA_DEF"):
    commands.query(_name)(address)


def messages(call: Call, state: int) -> None:
    call.m.cfg.store("sysmsg", state, kept(call))


for _name in ("AT+SYSMSG_CUR", "AT+SYSMSG_DEF"):
    commands.set(_name, Int(0, 3))(messages)


@commands.set(
    "AT+WAKEUPGPIO",
    Int(0, 1),
    Int(0, 15),
    Int(0, 1),
    Int(0, 15, default=None),
    OneOf(0, 1, default=None),
)
def wake_pin(
    call: Call, on: int, gpio: int, level: int, other: Optional[int], other_level: Optional[int]
) -> None:
    """other: a pin by which the module wakes its host; not modelled."""
    call.m.cfg.store("sleep_wake", [2, gpio, level] if on else None)
