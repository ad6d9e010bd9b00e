# Links: opening, closing, listing them.
# Owns the argument rules of CIPSTART; the links themselves are links.py's.
from __future__ import annotations

from typing import Any, Optional

from .call import Call, q
from .errors import exec_fail, para_invalid
from .links import Link
from .parser import Arg, Int, LinkId, Rest, Str, bind
from .registry import WAIT, Commands
from .station import IDLE

commands = Commands("tcpip")

_KINDS = ("TCP", "TCPv6", "SSL", "SSLv6", "UDP", "UDPv6")
_HOST_MAX = 64


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
    link_options: dict[str, Any] = {"local_ip": options[-1].decode("latin-1")}
    udp_mode = 0
    if kind.startswith("UDP"):
        local_port, udp_mode = options[0], options[1]
        if udp_mode and not local_port:
            raise para_invalid(first + 4)  # the mode needs a local port
        link_options.update(local_port=local_port, keep_alive_s=0)
    else:
        if options[0] is not None:
            option = list(m.cfg["tcpopt"][index])
            option[3] = options[0]
            m.cfg.store_item("tcpopt", index, option)
        link_options.update(local_port=0, keep_alive_s=m.cfg["tcpopt"][index][3])
    if m.links.table[index] is not None:
        if m.profile.already_connected:
            call.line(m.profile.already_connected)
        raise exec_fail(why="link in use")
    if not m.station.has_ip:
        raise exec_fail(why="no IP address")
    six = kind.endswith("v6")
    if six and not m.cfg["ipv6"]:
        raise exec_fail(why="IPv6 is off")
    link = m.links.new(index, kind)
    link.udp_mode = udp_mode
    _Opening(call, link, host.decode("latin-1"), port, link_options, timeout_ms).begin(six)
    return WAIT


class _Opening:
    """From the name to CONNECT, with a limit on the whole."""

    def __init__(
        self, call: Call, link: Link, host: str, port: int, options: dict, timeout_ms: int
    ) -> None:
        self._call = call
        self._link = link
        self._host = host
        self._port = port
        self._options = options
        limit_us = timeout_ms * 1000 or call.m.profile.connect_limit_us
        self._limit = call.later(limit_us, self._failed)

    def begin(self, six: bool) -> None:
        self._call.m.net.resolve(self._host, 6 if six else 4, self._resolved)

    def _resolved(self, ip: Optional[str]) -> None:
        if self._call.over:
            return
        if ip is None:
            self._failed()
            return
        self._link.connect(ip, self._port, self._connected, **self._options)

    def _connected(self, ok: bool) -> None:
        if not ok:
            self._failed()
            return
        self._limit.cancel()
        self._call.m.links.opened(self._link)
        self._call.done()

    def _failed(self) -> None:
        self._limit.cancel()
        self._link.give_up()
        self._call.m.links.forget(self._link)
        self._call.fail(exec_fail(why="cannot connect"))


@commands.set("AT+CIPCLOSE", LinkId(5))
def close(call: Call, index: int) -> None:
    links = call.m.links
    if index == 5:
        for link in links.open_links:
            link.close()
        return
    _close_one(links.get(index))


@commands.execute("AT+CIPCLOSE")
def close_single(call: Call) -> None:
    if call.m.cfg["mux"]:
        raise exec_fail(why="needs a link id")
    _close_one(call.m.links.get(0))


def _close_one(link: Optional[Link]) -> None:
    if link is None:
        raise exec_fail(why="no such link")
    link.close()


def _say_links(call: Call) -> None:
    for link in call.m.links.open_links:
        ip, port = link.remote
        local_port = link.conn.local_port if link.conn is not None else 0
        call.answer(link.id, q(link.kind), q(ip), port, local_port, int(link.server))


@commands.query("AT+CIPSTATE")
def state(call: Call) -> None:
    _say_links(call)


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
    _say_links(call)
