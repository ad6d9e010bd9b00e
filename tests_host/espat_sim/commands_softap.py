# The soft-AP's commands: its settings, its stations, its DHCP server.
# Owns their handlers only; the soft-AP itself is softap.py's.
from __future__ import annotations

import ipaddress
from typing import Any, Optional

from .air import OPEN
from .call import Call, q
from .errors import exec_fail, para_count, para_invalid, para_length
from .parser import Int, Ip4, Mac, OneOf, Rest, Str, bind
from .registry import Commands

commands = Commands("wifi")

_KEY_MIN = 8


def need_soft_ap(call: Call) -> None:
    if not call.m.soft_ap.up:
        raise exec_fail(why="the soft-AP is off")


@commands.query("AT+CWSAP")
def settings(call: Call) -> None:
    need_soft_ap(call)
    ssid, key, channel, ecn, most, hidden = call.m.soft_ap.settings
    call.answer(q(ssid), q(key), channel, ecn, most, hidden)


@commands.set(
    "AT+CWSAP",
    Str(32, 1),
    Str(64),
    Int(1, 14),
    OneOf(0, 2, 3, 4),
    Int(1, 10, default=10),
    Int(0, 1, default=0),
)
def set_settings(
    call: Call, ssid: bytes, key: bytes, channel: int, ecn: int, most: int, hidden: int
) -> None:
    need_soft_ap(call)
    if ecn != OPEN and not _KEY_MIN <= len(key) <= call.m.profile.key_max:
        raise para_length(1)
    start, count = call.m.cfg["country"][2:]
    if not start <= channel < start + count:
        raise para_invalid(2)
    call.m.cfg.store("sap", [ssid, key, channel, ecn, most, hidden])
    call.m.soft_ap.apply(restart=True)


@commands.execute("AT+CWLIF")
def stations(call: Call) -> None:
    need_soft_ap(call)
    for client in call.m.soft_ap.clients:
        if client.ip:
            call.answer(client.ip, client.mac)


@commands.execute("AT+CWQIF")
def drop_all(call: Call) -> None:
    need_soft_ap(call)
    for client in list(call.m.soft_ap.clients):
        call.m.soft_ap.leave(client)


@commands.set("AT+CWQIF", Mac())
def drop(call: Call, mac: str) -> None:
    need_soft_ap(call)
    client = call.m.soft_ap.find(mac)
    if client is None:
        raise exec_fail(why="no such station")
    call.m.soft_ap.leave(client)


# -- addresses -------------------------------------------------------------------------


@commands.query("AT+CIPAP")
def address(call: Call) -> None:
    need_soft_ap(call)
    for name, value in zip(("ip", "gateway", "netmask"), call.m.soft_ap.address):
        call.answer(f"{name}:{q(value)}")
    if call.m.soft_ap.ip6_local:
        call.answer(f"ip6ll:{q(call.m.soft_ap.ip6_local)}")


@commands.set("AT+CIPAP", Ip4(), Ip4(default=None), Ip4(default=None))
def set_address(call: Call, ip: str, gateway: Optional[str], netmask: Optional[str]) -> None:
    m = call.m
    need_soft_ap(call)
    if (gateway is None) != (netmask is None):
        raise para_count(3, 2)
    netmask = netmask or "255.255.255.0"
    try:
        ipaddress.IPv4Network(f"{ip}/{netmask}", strict=False)
    except ValueError as error:
        raise para_invalid(2) from error
    m.cfg.store("ap_ip", [ip, gateway or ip, netmask])
    m.cfg.store("dhcp", m.cfg["dhcp"] & ~2)
    m.cfg.store("dhcps", None)
    m.soft_ap.apply(restart=True)


@commands.query("AT+CIPAPMAC")
def mac(call: Call) -> None:
    call.answer(q(call.m.station.ap_mac))


@commands.set("AT+CIPAPMAC", Mac())
def set_mac(call: Call, new: str) -> None:
    need_soft_ap(call)
    octets = {int(part, 16) for part in new.split(":")}
    if int(new[:2], 16) & 1 or octets in ({0x00}, {0xFF}):
        raise para_invalid(0)
    call.m.cfg.store("ap_mac", new)
    call.m.soft_ap.apply(restart=True)


def _need_dhcp_server(call: Call) -> None:
    need_soft_ap(call)
    if not call.m.cfg["dhcp"] & 2:
        raise exec_fail(why="the DHCP server is off")


@commands.query("AT+CWDHCPS")
def pool(call: Call) -> None:
    _need_dhcp_server(call)
    call.answer(*call.m.soft_ap.pool, end=b"")


@commands.set("AT+CWDHCPS", Int(0, 1), Rest())
def set_pool(call: Call, enable: int, args: list, keep: Optional[bool] = None) -> Any:
    m = call.m
    _need_dhcp_server(call)
    if not enable:
        if args:
            raise para_count(1, 1 + len(args))
        m.cfg.store("dhcps", None, keep)
        return
    lease, first, last = bind(args, [Int(1, 2880), Ip4(), Ip4()], False, 1)
    ip, _, netmask = m.soft_ap.address
    network = ipaddress.IPv4Network(f"{ip}/{netmask}", strict=False)
    for index, value in ((2, first), (3, last)):
        if ipaddress.IPv4Address(value) not in network:
            raise para_invalid(index)
    if ipaddress.IPv4Address(first) > ipaddress.IPv4Address(last):
        raise para_invalid(3)
    m.cfg.store("dhcps", [lease, first, last], keep)


# -- protocols -------------------------------------------------------------------------


@commands.query("AT+CWAPPROTO")
def ap_protocol(call: Call) -> None:
    call.answer(call.m.cfg["ap_proto"])


@commands.set("AT+CWAPPROTO", Int(1, 7))
def set_ap_protocol(call: Call, protocol: int) -> None:
    call.m.cfg.store("ap_proto", protocol)


@commands.query("AT+CWSTAPROTO")
def station_protocol(call: Call) -> None:
    call.answer(call.m.cfg["sta_proto"])


@commands.set("AT+CWSTAPROTO", Int(1, 7))
def set_station_protocol(call: Call, protocol: int) -> None:
    call.m.cfg.store("sta_proto", protocol)
