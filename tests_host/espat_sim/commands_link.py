# Links: opening, closing, listing them.
# Owns the argument rules of CIPSTART; the links themselves are links.py's.
from __future__ import annotations

import ipaddress
from typing import Any, Optional

from .call import Call, q
from .errors import exec_fail, para_invalid
from .links import Link
from .parser import Arg, Int, LinkId, Rest, Str, bind
from .passthrough import target_of
from .pki import Missing
from .registry import WAIT, Commands
from .station import IDLE

commands = Commands("tcpip")

_KINDS = ("TCP", "TCPv6", "SSL", "SSLv6", "UDP", "UDPv6")
_HOST_MAX = 64
_LOOK_US = 10_000  # while a close lingers


@commands.set("AT+CIPSTART", LinkId(), Rest())
def start(call: Call, index: int, args: list) -> Any:
    return _start(call, index, args, first=1 if call.m.cfg["mux"] else 0)


@commands.set("AT+CIPSTARTEX", Rest())
def start_any(call: Call, args: list) -> Any:
    if not call.m.cfg["mux"]:
        raise exec_fail(why="single-connection mode")
    index = call.m.links.free_id()
    if index is None:
        raise exec_fail(why="no free link")
    return _start(call, index, args, first=0)


def _start(call: Call, index: int, args: list, first: int) -> Any:
    m = call.m
    (kind_bytes,) = bind(args[:1], [Str(8)], False, first)
    kind = kind_bytes.decode("latin-1")
    if kind not in _KINDS:
        raise para_invalid(first)
    kinds: list[Arg] = [Str(_HOST_MAX, 1), Int(1, 65535)]
    if kind.startswith("UDP"):
        kinds += [Int(0, 65535, default=0), Int(0, 2, default=0), Str(64, default=b"")]
    else:
        kinds += [Int(0, 7200, default=None), Str(64, default=b"")]
    if m.profile.cipstart_timeout:
        kinds.append(Int(0, 60_000, default=0))
    host, port, *options = bind(args[1:], kinds, False, first + 1)
    timeout_ms = options.pop() if m.profile.cipstart_timeout else 0
    local_ip = options.pop().decode("latin-1")
    local_port = udp_mode = 0
    if kind.startswith("UDP"):
        local_port, udp_mode = options
        if udp_mode and not local_port:
            raise para_invalid(first + 4)  # the mode needs a local port
    if m.links.table[index] is not None:
        if m.profile.already_connected:
            call.line(m.profile.already_connected)
        raise exec_fail(why="link in use")
    if not m.has_network:
        raise exec_fail(why="no IP address")
    six = kind.endswith("v6")
    if six and not m.cfg["ipv6"]:
        raise exec_fail(why="IPv6 is off")
    if local_ip:
        _check_own(call, local_ip, six)
    if not kind.startswith("UDP") and options[0] is not None:
        option = list(m.cfg["tcpopt"][index])
        option[3] = options[0]  # the same value as CIPTCPOPT's; the last one counts
        m.cfg.store_item("tcpopt", index, option)
    opening = Opening(call, m.links.new(index, kind), timeout_ms)
    opening.begin(
        host.decode("latin-1"), port, local_ip=local_ip, local_port=local_port, udp_mode=udp_mode
    )
    return WAIT


def _check_own(call: Call, ip: str, six: bool) -> None:
    """A link can be bound to an address of this module only."""
    station = call.m.station
    own = [station.ip6_local, station.ip6_global] if six else [station.ip, call.m.soft_ap.ip]
    try:
        wanted = ipaddress.ip_address(ip)
    except ValueError as error:
        raise exec_fail(why="no address to bind to") from error
    if wanted not in [ipaddress.ip_address(text) for text in own if text]:
        raise exec_fail(why="not an own address")


class Opening:
    """From the name to CONNECT, with a limit on the whole."""

    def __init__(self, call: Call, link: Link, timeout_ms: int) -> None:
        self._call = call
        self._m = call.m
        self._link = link
        limit_us = self._m.profile.connect_limit_us
        if link.tls:
            limit_us += 3 * self._m.profile.tls_packet_limit_us
        self._limit = call.later(timeout_ms * 1000 or limit_us, self._failed)

    def begin(self, host: str, port: int, **options: Any) -> None:
        def resolved(ip: Optional[str]) -> None:
            if self._call.over:
                return
            if ip is None or not (self._m.reaches(ip) or _everybody(ip)):
                self._failed()
                return
            try:
                target = target_of(self._m, self._link.id, self._link.kind, ip, port, **options)
            except Missing as error:
                self._call.line(str(error))
                self._failed()
                return
            self._link.connect(target, self._connected)

        self._m.net.resolve(host, 6 if self._link.kind.endswith("v6") else 4, resolved)

    def _connected(self, ok: bool) -> None:
        if not ok:
            self._failed()
            return
        self._limit.cancel()
        self._m.links.opened(self._link)
        self._call.done()

    def _failed(self) -> None:
        self._limit.cancel()
        self._link.give_up()
        self._m.links.forget(self._link)
        self._call.fail(exec_fail(why="cannot connect"))


def _everybody(ip: str) -> bool:
    """Groups and broadcasts go out over whatever is there; 0.0.0.0 goes nowhere."""
    address = ipaddress.ip_address(ip)
    return address.is_multicast or address.is_unspecified or ip == "255.255.255.255"


@commands.set("AT+CIPCLOSE", LinkId(5))
def close(call: Call, index: int) -> Any:
    links = call.m.links
    if index == 5:
        for link in links.open_links:
            link.close()
        return None
    return close_one(call, links.get(index))


@commands.execute("AT+CIPCLOSE")
def close_single(call: Call) -> Any:
    if call.m.cfg["mux"]:
        raise exec_fail(why="needs a link id")
    return close_one(call, call.m.links.get(0))


def close_one(call: Call, link: Optional[Link]) -> Any:
    if link is None:
        raise exec_fail(why="no such link")
    linger_s = call.m.cfg["tcpopt"][link.id][0]
    if linger_s <= 0:
        link.close()
        return None
    _linger(call, link, call.m.clock.now_us + linger_s * 1_000_000)
    return WAIT


def _linger(call: Call, link: Link, end_us: int) -> None:
    """SO_LINGER: the command waits until the peer has everything, or for its time and a reset."""
    waits = link.conn is not None and link.can_send and link.conn.undelivered > 0
    if waits and call.m.clock.now_us < end_us:
        call.later(_LOOK_US, lambda: _linger(call, link, end_us))
        return
    if link.open:
        if waits and link.conn is not None:
            link.conn.abort()
        link.close()
    call.done()


def say_links(call: Call) -> None:
    for link in call.m.links.open_links:
        ip, port = link.remote
        call.answer(link.id, q(link.kind), q(ip), port, link.local_port, int(link.server))


@commands.query("AT+CIPSTATE")
def state(call: Call) -> None:
    say_links(call)


@commands.execute("AT+CIPSTATUS")
def status(call: Call) -> None:
    m = call.m
    if not m.station.enabled:
        stat = 0
    elif m.station.has_ip:
        stat = 3 if m.links.open_links else 4 if m.links.had_any else 2
    else:
        stat = 1 if m.station.state == IDLE else 5
    call.line(f"STATUS:{stat}")
    say_links(call)
