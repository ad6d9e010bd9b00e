# The server's commands: start and end, number of clients, time-out.
# Owns their order and refusals; accepting is server.py's.
from __future__ import annotations

from typing import Any

from .call import Call, q
from .errors import exec_fail, para_count, para_invalid
from .parser import Int, Rest, Str, bind
from .pki import Missing, server_config
from .registry import Commands

commands = Commands("tcpip")

_KINDS = ("TCP", "TCPv6", "SSL", "SSLv6")
_PORT = 333


@commands.query("AT+CIPSERVER")
def state(call: Call) -> None:
    server = call.m.server
    if server.running:
        call.answer(1, server.port, q(server.kind), server.ca)
    else:
        call.answer(0)


@commands.set("AT+CIPSERVER", Int(0, 1), Rest())
def set_state(call: Call, mode: int, args: list) -> Any:
    if not call.m.cfg["mux"]:
        raise exec_fail(why="single-connection mode")
    if mode:
        _start(call, args)
    else:
        _stop(call, args)


def _start(call: Call, args: list) -> None:
    m = call.m
    kinds = [Int(1, 65535, default=_PORT), Str(8, default=b"TCP"), Int(0, 1, default=0)]
    port, kind_bytes, ca = bind(args, kinds, False, 1)
    kind = kind_bytes.decode("latin-1")
    if kind not in _KINDS or kind.startswith("SSL") and not m.profile.tls_server:
        raise para_invalid(2)
    if m.server.running:
        raise exec_fail(why="there is a server")
    if kind.endswith("v6") and not m.cfg["ipv6"]:
        raise exec_fail(why="IPv6 is off")
    try:
        tls = server_config(m, bool(ca)) if kind.startswith("SSL") else None
        m.server.start(port, kind, ca, tls)
    except Missing as error:
        call.line(str(error))
        raise exec_fail(why="a certificate is missing") from error
    except OSError as error:
        raise exec_fail(why="the port cannot be had") from error


def _stop(call: Call, args: list) -> None:
    m = call.m
    if len(args) > 1:
        raise para_count(2, 1 + len(args))
    (close_links,) = bind(args, [Int(0, 1, default=0)], False, 1)
    if not m.server.running:
        raise exec_fail(why="there is no server")
    m.server.stop()
    if close_links:
        for link in m.server.clients:
            link.close()


@commands.query("AT+CIPSERVERMAXCONN")
def most_clients(call: Call) -> None:
    call.answer(call.m.cfg["maxconn"])


@commands.set("AT+CIPSERVERMAXCONN", Int(1, 5))
def set_most_clients(call: Call, most: int) -> None:
    m = call.m
    if m.server.running:
        raise exec_fail(why="before the server only")
    count = len(m.links.open_links)
    if count > most:
        call.line(f"Have {count} Connections")
        raise exec_fail(why="there are more links")
    m.cfg.store("maxconn", most)


@commands.query("AT+CIPSTO")
def time_out(call: Call) -> None:
    call.answer(call.m.cfg["sto"])


@commands.set("AT+CIPSTO", Int(0, 7200))
def set_time_out(call: Call, seconds: int) -> None:
    if not call.m.server.running:
        raise exec_fail(why="there is no server")
    call.m.cfg.store("sto", seconds)
    call.m.server.retime()
