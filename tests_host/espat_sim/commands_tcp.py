# TCP/IP settings and look-ups: modes, IPv6, addresses, DNS, ping, socket options.
# Owns their handlers only; links are commands_link.py's.
from __future__ import annotations

import ipaddress
from typing import Any, Optional

from .call import Call, q
from .errors import exec_fail, para_count, para_invalid
from .links import FIXED
from .parser import Int, LinkId, Rest, Str, bind
from .registry import WAIT, Commands
from .station import DEFAULT_DNS

commands = Commands("tcpip")


@commands.query("AT+CIPV6")
def ipv6(call: Call) -> None:
    call.answer(call.m.cfg["ipv6"])


@commands.set("AT+CIPV6", Int(0, 1))
def set_ipv6(call: Call, enable: int) -> None:
    call.m.cfg.store("ipv6", enable)
    if not enable:
        call.m.station.forget_ip6()


@commands.query("AT+CIPMUX")
def multiple(call: Call) -> None:
    call.answer(call.m.cfg["mux"])


@commands.set("AT+CIPMUX", Int(0, 1))
def set_multiple(call: Call, mode: int) -> None:
    m = call.m
    if mode != m.cfg["mux"]:
        if any(link is not None for link in m.links.table):
            raise exec_fail(why="links are open")
        if m.server.running:
            raise exec_fail(why="there is a server")
        if mode and m.cfg["cipmode"]:
            raise exec_fail(why="passthrough mode")
    m.cfg.store("mux", mode)


@commands.query("AT+CIPMODE")
def transfer_mode(call: Call) -> None:
    call.answer(call.m.cfg["cipmode"])


@commands.set("AT+CIPMODE", Int(0, 1))
def set_transfer_mode(call: Call, mode: int) -> None:
    m = call.m
    if mode and m.cfg["mux"] and not (m.server.running and m.cfg["maxconn"] == 1):
        raise exec_fail(why="several links, and no server for a single client")
    link = m.links.get(0)
    if mode and link is not None and link.target is not None and link.target.udp_mode != FIXED:
        raise exec_fail(why="UDP needs mode 0")
    m.cfg.store("cipmode", mode)


@commands.execute("AT+CIFSR")
def addresses(call: Call) -> None:
    m, station = call.m, call.m.station
    if m.soft_ap.up:
        call.answer("APIP", q(m.soft_ap.ip))
        if m.soft_ap.ip6_local:
            call.answer("APIP6LL", q(m.soft_ap.ip6_local))
        call.answer("APMAC", q(station.ap_mac))
    if m.cfg["cwmode"] & 1:
        call.answer("STAIP", q(station.ip))
        if station.ip6_local:
            call.answer("STAIP6LL", q(station.ip6_local))
        if station.ip6_global:
            call.answer("STAIP6GL", q(station.ip6_global))
        call.answer("STAMAC", q(station.mac))


# -- look-ups --------------------------------------------------------------------------


@commands.set("AT+CIPDOMAIN", Rest())
def resolve(call: Call, args: list, every: bool = False) -> Any:
    """every: a line for each address, not the first one alone."""
    m = call.m
    kinds = [Str(256, 1), Int(1, 3, default=1)]
    if m.profile.cipstart_timeout:
        kinds.append(Int(0, 60_000, default=0))
    name, network, *rest = bind(args, kinds, False)
    timeout_ms = rest[0] if rest else 0
    if not m.station.has_ip:
        raise exec_fail(why="no IP address")
    if network == 3 and not m.cfg["ipv6"]:
        raise exec_fail(why="IPv6 is off")
    host = name.decode("latin-1")

    found: list[str] = []

    def second(ip: Optional[str]) -> None:
        if ip is not None:
            found.append(ip)
        if not found:
            call.fail(exec_fail(why="name not found"))
        elif not call.over:
            for each in found:
                call.answer(q(each))
            call.done()

    def first(ip: Optional[str]) -> None:
        if network == 1 and m.cfg["ipv6"] and (ip is None or every):
            found.extend([ip] if ip else [])
            m.net.resolve(host, 6, second, timeout_ms)
        else:
            second(ip)

    m.net.resolve(host, 6 if network == 3 else 4, first, timeout_ms)
    return WAIT


@commands.set("AT+PING", Str(256, 1))
def ping(call: Call, name: bytes) -> Any:
    m = call.m
    host = name.decode("latin-1")

    def answered(ms: Optional[int]) -> None:
        if call.over:
            return
        if ms is None:
            call.answer("TIMEOUT")
            call.fail()
        else:
            call.answer(ms)
            call.done()

    def resolved(ip: Optional[str]) -> None:
        if call.over:
            return
        if ip is None or not m.reaches(ip):
            answered(None)
        else:
            m.net.ping(ip, answered)

    def first(ip: Optional[str]) -> None:
        if ip is None and m.cfg["ipv6"]:
            m.net.resolve(host, 6, resolved)
        else:
            resolved(ip)

    if not m.has_network:
        raise exec_fail(why="no IP address")
    m.net.resolve(host, 4, first)
    return WAIT


@commands.query("AT+CIPDNS")
def name_servers(call: Call) -> None:
    call.answer(call.m.cfg["dns"][0], *(q(ip) for ip in call.m.station.dns))


@commands.set("AT+CIPDNS", Int(0, 1), Rest())
def set_name_servers(call: Call, enable: int, args: list, keep: Optional[bool] = None) -> None:
    if len(args) > 3:
        raise para_count(4, 1 + len(args))
    servers = []
    for i, value in enumerate(bind(args, [Str(39, default=None)] * len(args), False, 1)):
        if value is None:
            continue
        text = value.decode("latin-1")
        try:
            ipaddress.ip_address(text)
        except ValueError as error:
            raise para_invalid(1 + i) from error
        servers.append(text)
    if len(set(servers)) != len(servers):
        raise exec_fail(why="servers must differ")
    call.m.cfg.store("dns", [1, *(servers or DEFAULT_DNS)] if enable else [0], keep)


# -- socket options --------------------------------------------------------------------


@commands.query("AT+CIPTCPOPT")
def options(call: Call) -> None:
    m = call.m
    for index in range(m.profile.links if m.cfg["mux"] else 1):
        call.answer(index, *m.cfg["tcpopt"][index])


@commands.set(
    "AT+CIPTCPOPT",
    LinkId(5),
    Int(-1, 0x7FFFFFFF, default=-1).placed(),
    Int(0, 1, default=0).placed(),
    Int(0, 0x7FFFFFFF, default=0).placed(),
    Int(0, 7200, default=None),
)
def set_options(
    call: Call, index: int, linger: int, nodelay: int, sndtimeo: int, keep_alive: Optional[int]
) -> None:
    m = call.m
    for i in range(m.profile.links):
        if index in (i, 5):
            kept = m.cfg["tcpopt"][i][3] if keep_alive is None else keep_alive
            m.cfg.store_item("tcpopt", i, [linger, nodelay, sndtimeo, kept])
            link = m.links.get(i)
            if link is not None:
                link.apply_options()


@commands.query("AT+CIPRECONNINTV")
def reconnect_interval(call: Call) -> None:
    call.answer(call.m.cfg["reconnintv"])


@commands.set("AT+CIPRECONNINTV", Int(1, 36_000))
def set_reconnect_interval(call: Call, interval: int) -> None:
    call.m.cfg.store("reconnintv", interval)
