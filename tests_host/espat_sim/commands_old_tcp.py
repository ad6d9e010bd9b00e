# TCP/IP commands of AT 0.30: links, server, modes, the stored link, ping, update.
# Owns their arguments and answers; links are the same as ESP-AT's.
from __future__ import annotations

from typing import Any, Optional

from . import commands_link as link
from . import commands_ota as ota
from . import commands_recv as recv
from . import commands_server as server
from . import commands_tcp as tcp
from .call import Call, q
from .errors import exec_fail, para_invalid
from .parser import Int, LinkId, Rest, Str, bind
from .registry import WAIT, Commands

commands = Commands("tcpip")

_PORT = 333
_HOST = 64
_KEEP_ALIVE = Int(0, 7200, default=0)  # in half seconds

# What is the same as in ESP-AT.
commands.query("AT+CIPMUX")(tcp.multiple)
commands.set("AT+CIPMUX", Int(0, 1))(tcp.set_multiple)
commands.query("AT+CIPMODE")(tcp.transfer_mode)
commands.set("AT+CIPMODE", Int(0, 1))(tcp.set_transfer_mode)
commands.query("AT+CIPSTO")(server.time_out)
commands.set("AT+CIPSTO", Int(0, 7200))(server.set_time_out)
commands.set("AT+CIPDINFO", Int(0, 1))(recv.set_peer_info)
commands.execute("AT+CIPCLOSE")(link.close_single)
commands.execute("AT+CIUPDATE")(ota.update)


def seconds(half_seconds: int) -> int:
    return -(-half_seconds // 2)


@commands.execute("AT+CIPSTATUS")
def status(call: Call) -> None:
    m = call.m
    if m.links.open_links:
        stat = 3
    else:
        stat = 5 if not m.station.has_ip else 4 if m.links.had_any else 2
    call.line(f"STATUS:{stat}")
    link.say_links(call)


@commands.set("AT+CIPSTART", LinkId(), Rest())
def start(call: Call, index: int, args: list) -> Any:
    m = call.m
    first = 1 if m.cfg["mux"] else 0
    (kind_bytes,) = bind(args[:1], [Str(8)], False, first)
    kind = kind_bytes.decode("latin-1")
    if kind not in m.profile.link_kinds:
        raise para_invalid(first)
    udp = kind == "UDP"
    options = [Int(0, 65535, default=0), Int(0, 2, default=0)] if udp else [_KEEP_ALIVE]
    kinds = [Str(_HOST, 1), Int(1, 65535), *options]
    host, port, *more = bind(args[1:], kinds, False, first + 1)
    if udp and more[1] and not more[0]:
        raise para_invalid(first + 4)  # the mode needs a local port
    if m.links.table[index] is not None:
        call.line(m.profile.already_connected)
        if not m.profile.already_connected_ends:
            raise exec_fail(why="link in use")
        call.done_silently()
        return WAIT
    if not m.has_network:
        raise exec_fail(why="no IP address")
    if not udp:
        m.cfg.store_item("tcpopt", index, [-1, 0, 0, seconds(more[0])])
    opening = link.Opening(call, m.links.new(index, kind), 0)
    local_port, udp_mode = more if udp else (0, 0)
    opening.begin(host.decode("latin-1"), port, local_port=local_port, udp_mode=udp_mode)
    return WAIT


@commands.set("AT+CIPCLOSE", LinkId(5))
def close(call: Call, index: int) -> Any:
    links = call.m.links
    if index < 5:
        return link.close_one(call, links.get(index))
    if call.m.server.running:
        raise exec_fail(why="not while there is a server")
    for one in links.open_links:
        one.close()
    return None


@commands.execute("AT+CIFSR")
def addresses(call: Call) -> None:
    m = call.m
    if m.soft_ap.up:
        call.answer(q(m.soft_ap.ip))
    if m.station.enabled:
        call.answer(q(m.station.ip))


@commands.set("AT+CIPSERVER", Int(0, 1), Int(1, 65535, default=_PORT))
def set_server(call: Call, on: int, port: int) -> None:
    m = call.m
    if not m.cfg["mux"]:
        raise exec_fail(why="single-connection mode")
    if bool(on) == m.server.running:
        raise exec_fail(why="there is a server already, or none")
    if not on:
        m.server.stop()
        return
    try:
        m.server.start(port, "TCP", 0, None)
    except OSError as error:
        raise exec_fail(why="the port cannot be had") from error


@commands.set("AT+SAVETRANSLINK", Int(0, 1), Rest())
def boot_link(call: Call, on: int, args: list) -> None:
    if not on and not args:
        call.m.cfg.store("translink", None)
        return
    kinds = [Str(_HOST, 1), Int(1, 65535), Str(3, default=b"TCP"), _KEEP_ALIVE]
    host, port, kind_bytes, keep_alive, local_port = bind(
        args, [*kinds, Int(0, 65535, default=0)], False, 1
    )
    kind = kind_bytes.decode("latin-1")
    if kind not in ("TCP", "UDP"):
        raise para_invalid(3)
    setting = [host.decode("latin-1"), port, kind, local_port, seconds(keep_alive)]
    call.m.cfg.store("translink", setting if on else None)


@commands.set("AT+PING", Str(256, 1))
def ping(call: Call, host: bytes) -> Any:
    m = call.m

    def answered(ms: Optional[int]) -> None:
        if call.over:
            return
        if ms is None:
            call.fail(exec_fail(why="no answer"))
        else:
            call.line(f"+{ms}")
            call.done()

    def resolved(ip: Optional[str]) -> None:
        if call.over:
            return
        if ip is None or not m.reaches(ip):
            answered(None)
        else:
            m.net.ping(ip, answered)

    if not m.has_network:
        raise exec_fail(why="no IP address")
    m.net.resolve(host.decode("latin-1"), 4, resolved)
    return WAIT
