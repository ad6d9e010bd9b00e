# Addresses and identity of the station: DHCP, static IP, MAC, host name, country.
# Owns their handlers only; who has which address is station.py's.
from __future__ import annotations

from typing import Optional

from .call import Call, q
from .commands_wifi import need_station
from .errors import exec_fail, para_count, para_invalid
from .parser import Int, Ip4, Mac, Str
from .registry import Commands

commands = Commands("wifi")


@commands.query("AT+CWDHCP")
def dhcp(call: Call) -> None:
    call.answer(call.m.cfg["dhcp"])


@commands.set("AT+CWDHCP", Int(0, 1), Int(0, 3))
def set_dhcp(call: Call, on: int, mode: int) -> None:
    m = call.m
    was = m.cfg["dhcp"]
    m.cfg.store("dhcp", was | mode if on else was & ~mode)
    if on and mode & 2 and m.cfg["ap_ip"]:
        m.cfg.store("ap_ip", None)
        m.soft_ap.apply(restart=True)
    if on and mode & 1 and m.cfg["sta_ip"]:
        m.cfg.store("sta_ip", None)  # the last of DHCP and static address wins
        m.station.refresh_ip()


@commands.query("AT+CIPSTA")
def address(call: Call) -> None:
    station = call.m.station
    rows = (
        ("ip", station.ip),
        ("gateway", station.gateway),
        ("netmask", station.netmask),
        ("ip6ll", station.ip6_local),
        ("ip6gl", station.ip6_global),
    )
    for name, value in rows:
        if value:
            call.answer(f"{name}:{q(value)}")


@commands.set("AT+CIPSTA", Ip4(), Ip4(default=None), Ip4(default=None))
def set_address(call: Call, ip: str, gateway: Optional[str], netmask: Optional[str]) -> None:
    m = call.m
    need_station(call)
    if (gateway is None) != (netmask is None):
        raise para_count(3, 2)
    if gateway is None or netmask is None:
        gateway, netmask = ip.rpartition(".")[0] + ".1", "255.255.255.0"
    m.cfg.store("sta_ip", [ip, gateway, netmask])
    m.cfg.store("dhcp", m.cfg["dhcp"] & ~1)
    m.station.refresh_ip()


@commands.query("AT+CIPSTAMAC")
def mac(call: Call) -> None:
    call.answer(q(call.m.station.mac))


@commands.set("AT+CIPSTAMAC", Mac())
def set_mac(call: Call, new: str) -> None:
    need_station(call)
    octets = {int(part, 16) for part in new.split(":")}
    if int(new[:2], 16) & 1 or octets in ({0x00}, {0xFF}):
        raise para_invalid(0)
    if call.m.station.has_ip:
        raise exec_fail(why="the station is connected")
    call.m.cfg.store("sta_mac", new)


@commands.query("AT+CWHOSTNAME")
def host_name(call: Call) -> None:
    need_station(call)
    call.answer(call.m.cfg["hostname"])


@commands.set("AT+CWHOSTNAME", Str(32, 1))
def set_host_name(call: Call, name: bytes) -> None:
    need_station(call)
    call.m.cfg.store("hostname", name.decode("latin-1"))


@commands.query("AT+CWCOUNTRY")
def country(call: Call) -> None:
    policy, code, start, count = call.m.cfg["country"]
    call.answer(policy, q(code), start, count)


@commands.set("AT+CWCOUNTRY", Int(0, 1), Str(3, 1), Int(1, 14), Int(1, 14))
def set_country(call: Call, policy: int, code: bytes, start: int, count: int) -> None:
    if start + count > 15:
        raise para_invalid(3)
    call.m.cfg.store("country", [policy, code.decode("latin-1"), start, count])
