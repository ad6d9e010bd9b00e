# Sending: counted, extended, long, and the entrance to passthrough.
# Owns the order of prompt, Recv and SEND OK. Raw bytes are taken by takers.py.
from __future__ import annotations

from typing import Any, Callable, Optional

from .call import Call
from .errors import exec_fail, para_count, para_invalid
from .links import FIXED, Link
from .parser import Int, LinkId, Str
from .passthrough import Passthrough
from .registry import WAIT, Commands
from .takers import Counted, LongSend, UntilMark

commands = Commands("tcpip")

_LOOK_US = 2_000  # how often the stack is asked what was confirmed
_TARGET = (Str(64, 1, default=None), Int(1, 65535, default=None))


def _link_for(call: Call, index: int, host: Optional[bytes], port: Optional[int]) -> Link:
    link = call.m.links.get(index)
    if call.m.cfg["cipmode"]:
        raise exec_fail(why="passthrough mode")
    if link is None or not link.can_send:
        if call.m.profile.link_invalid:
            call.line(call.m.profile.link_invalid)
        raise exec_fail(why="link is not valid")
    if (host is None) != (port is None):
        raise para_count(4 if call.m.cfg["mux"] else 3, 3 if call.m.cfg["mux"] else 2)
    if host is not None and not link.udp:
        raise exec_fail(why="a target is for UDP only")
    return link


def _limit(call: Call, n: int, most: int) -> None:
    if n > most:
        raise para_invalid(1 if call.m.cfg["mux"] else 0)


@commands.set("AT+CIPSEND", LinkId(), Int(1, 0x7FFFFFFF), *_TARGET)
def send(call: Call, index: int, n: int, host: Optional[bytes], port: Optional[int]) -> Any:
    _limit(call, n, call.m.profile.send_max)
    link = _link_for(call, index, host, port)
    call.prompt()

    def cancelled() -> None:
        call.m.out.final("SEND Canceled")
        call.done_silently()

    on_escape = cancelled if call.m.profile.send_cancel else None
    Counted(call.m, n, lambda data: _received(call, link, data, host, port), on_escape)
    return WAIT


@commands.set("AT+CIPSENDEX", LinkId(), Int(1, 0x7FFFFFFF), *_TARGET)
def send_extended(
    call: Call, index: int, n: int, host: Optional[bytes], port: Optional[int]
) -> Any:
    _limit(call, n, call.m.profile.send_max)
    link = _link_for(call, index, host, port)
    call.prompt()
    UntilMark(call.m, n, lambda data: _received(call, link, data, host, port))
    return WAIT


def _received(
    call: Call, link: Link, data: bytes, host: Optional[bytes], port: Optional[int]
) -> None:
    call.busy = call.m.profile.busy_sending
    call.later(call.m.profile.raw_latency_us, lambda: _hand_over(call, link, data, host, port))


def _hand_over(
    call: Call, link: Link, data: bytes, host: Optional[bytes], port: Optional[int]
) -> None:
    call.m.out.final(f"Recv {len(data)} bytes")
    if not link.can_send:
        call.fail(exec_fail(why="the link was lost"))
        return

    def resolved(found: bool, to: Optional[tuple[str, int]]) -> None:
        if found:
            link.send(data, lambda ok: _taken(call, link, ok), to)
        else:
            _sent(call, False)

    _resolve(call, link, host, port, resolved)


def _taken(call: Call, link: Link, ok: bool) -> None:
    """The stack has the bytes; firmware that is told only of confirmed ones goes on waiting."""

    def look() -> None:
        waits = link.can_send and link.conn is not None and link.conn.undelivered
        if not waits or call.over:
            link.confirming = None
            _sent(call, link.can_send)

    def again() -> None:
        look()
        call.later(_LOOK_US, again)

    if not ok or not call.m.profile.send_ok_confirmed:
        _sent(call, ok)
    else:
        link.confirming = look
        again()


def _resolve(
    call: Call,
    link: Link,
    host: Optional[bytes],
    port: Optional[int],
    done: Callable[[bool, Optional[tuple[str, int]]], object],
) -> None:
    """done(True, None): the link's own remote end; done(False, ...): no such host."""
    if host is None or port is None:
        done(True, None)
        return
    target_port = port

    def resolved(ip: Optional[str]) -> None:
        if not call.over:
            done(ip is not None, None if ip is None else (ip, target_port))

    family = 6 if link.kind.endswith("v6") else 4
    call.m.net.resolve(host.decode("latin-1"), family, resolved)


def _sent(call: Call, ok: bool) -> None:
    if ok:
        call.done("SEND OK")
    else:
        call.fail(final="SEND FAIL")


@commands.set("AT+CIPSENDL", LinkId(), Int(1, 0x7FFFFFFF), *_TARGET)
def send_long(call: Call, index: int, n: int, host: Optional[bytes], port: Optional[int]) -> Any:
    link = _link_for(call, index, host, port)

    def finish(final: str) -> None:
        if final == "SEND FAIL":
            call.fail(final=final)
        else:
            call.done(final)

    def resolved(found: bool, to: Optional[tuple[str, int]]) -> None:
        if not found:
            call.fail(exec_fail(why="no such host"))
            return
        call.prompt()
        LongSend(call.m, link, n, to, finish)

    _resolve(call, link, host, port, resolved)
    return WAIT


@commands.query("AT+CIPSENDLCFG")
def send_long_config(call: Call) -> None:
    call.answer(*call.m.cfg["sendlcfg"])


@commands.set("AT+CIPSENDLCFG", Int(100, 1 << 20), Int(100, 2920, default=2920))
def set_send_long_config(call: Call, report_size: int, transmit_size: int) -> None:
    call.m.cfg.store("sendlcfg", [report_size, transmit_size])


@commands.execute("AT+CIPSEND")
def pass_through(call: Call) -> Any:
    m = call.m
    if not m.cfg["cipmode"]:
        raise exec_fail(why="passthrough needs CIPMODE=1")
    link = next(iter(m.server.clients), None) if m.cfg["mux"] else m.links.get(0)
    if link is None or not link.can_send:
        raise exec_fail(why="passthrough needs its one link")
    if link.udp and (link.target is None or link.target.udp_mode != FIXED):
        raise exec_fail(why="passthrough over UDP needs mode 0")
    call.prompt()
    call.done_silently()
    Passthrough(m, link)
    return WAIT
