# WebSocket: the commands and what ends each of them.
# Owns arguments and the order of answers. The links are websocket.py's.
from __future__ import annotations

from typing import Any

from .call import Call, q
from .commands_http import say_stored_headers, store_header
from .errors import exec_fail, para_invalid
from .http_client import BadRequest, parse_header, parse_url
from .parser import Arg, Int, Rest, Str, bind
from .pki import Missing
from .registry import WAIT, Commands
from .takers import Counted
from .websocket import CLOSED, LINKS, OPEN, Target

commands = Commands("websocket")

_LINK = Int(0, LINKS - 1)
_HEADER_MAX = 8192
_OPEN_MS, _SEND_MS = 15_000, 10_000


@commands.set("AT+WSCFG", Rest())
def config(call: Call, args: list) -> None:
    kinds: list[Arg] = [_LINK, Int(1, 7200), Int(1, 7200), Int(1, 8192, default=1024)]
    if call.m.profile.ws_tls:
        kinds += [Int(0, 3, default=0), Int(0, 255, default=0), Int(0, 255, default=0)]
    index, ping_s, pong_s, buffer, *tls = bind(args, kinds, False)
    call.m.cfg.store_item("wscfg", index, [ping_s, pong_s, buffer, *(tls or [0, 0, 0])])


@commands.query("AT+WSHEAD")
def headers(call: Call) -> None:
    say_stored_headers(call, "wshead")


@commands.set("AT+WSHEAD", Int(0, _HEADER_MAX))
def set_header(call: Call, length: int) -> Any:
    return store_header(call, "wshead", length)


@commands.query("AT+WSOPEN")
def links(call: Call) -> None:
    for link in call.m.web_sockets.links:
        if link.state != CLOSED and link.target is not None:
            call.answer(link.id, link.state, q(link.target.uri))


@commands.set(
    "AT+WSOPEN",
    _LINK,
    Str(256, 1),
    Str(256, default=b""),
    Int(0, 180_000, default=_OPEN_MS),
    Str(256, default=b""),
)
def open_link(
    call: Call, index: int, uri: bytes, subprotocol: bytes, timeout_ms: int, auth: bytes
) -> Any:
    m = call.m
    link = m.web_sockets.links[index]
    if link.state != CLOSED:
        raise exec_fail(why="link in use")
    if not m.has_network:
        raise exec_fail(why="no IP address")

    def done(ok: bool) -> None:
        if ok:
            call.done()
        else:
            call.fail(exec_fail(why="cannot connect"))

    try:
        url = parse_url(uri, "ws", "wss")
        wanted = [parse_header(text) for text in m.cfg["wshead"]]
        if auth:
            wanted.append((b"Authorization", auth))
        names = [subprotocol.decode("ascii")] if subprotocol else []
        limit_us = (timeout_ms or _OPEN_MS) * 1000
        link.open(Target(uri, url, link.tls(url), names, wanted, limit_us), done)
    except (BadRequest, Missing, ValueError) as error:
        raise exec_fail(why=str(error)) from error
    return WAIT


@commands.set(
    "AT+WSSEND",
    _LINK,
    Int(1, 0x7FFFFFFF),
    Int(0, 15, default=1),
    Int(0, 60_000, default=_SEND_MS),
)
def send(call: Call, index: int, length: int, opcode: int, timeout_ms: int) -> Any:
    link = call.m.web_sockets.links[index]
    if link.state != OPEN:
        raise exec_fail(why="link is not open")
    if length > link.send_max:
        raise para_invalid(1)
    call.prompt()

    def done(ok: bool) -> None:
        if ok:
            call.done("SEND OK")
        else:
            call.fail(exec_fail(why="not sent"))

    def received(data: bytes) -> None:
        call.later(
            call.m.profile.raw_latency_us,
            lambda: link.send(data, opcode, timeout_ms * 1000, done),
        )

    Counted(call.m, length, received)
    return WAIT


@commands.set("AT+WSCLOSE", _LINK)
def close(call: Call, index: int) -> Any:
    link = call.m.web_sockets.links[index]
    if link.state == CLOSED:
        raise exec_fail(why="link is not open")
    link.close(call.done)
    return WAIT
