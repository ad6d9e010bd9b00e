# Sending with AT 0.30: as ESP-AT does, and into a buffer without waiting for SEND OK.
# Owns the forms of the buffer's commands; the buffer itself is send_queue.py's.
from __future__ import annotations

from typing import Any, Callable

from . import commands_send as send
from .call import Call
from .errors import exec_fail, para_invalid
from .links import Link
from .parser import Int, LinkId, Str
from .registry import WAIT, Commands
from .send_queue import BUFFER, SendQueue
from .takers import Counted

commands = Commands("tcpip")

_COUNT = Int(1, 0x7FFFFFFF)
_TARGET = (Str(64, 1, default=None), Int(1, 65535, default=None))
commands.set("AT+CIPSEND", LinkId(), _COUNT, *_TARGET)(send.send)
commands.set("AT+CIPSENDEX", LinkId(), _COUNT, *_TARGET)(send.send_extended)
commands.execute("AT+CIPSEND")(send.pass_through)


def _queue(call: Call, index: int) -> SendQueue:
    link = call.m.links.get(index)
    if link is None or not link.can_send or link.udp or call.m.cfg["cipmode"]:
        raise exec_fail(why="no TCP link")
    if link.queue is None:
        link.queue = SendQueue(call.m, link)
    return link.queue


@commands.set("AT+CIPSENDBUF", LinkId(), Int(1, BUFFER))
def send_buffered(call: Call, index: int, n: int) -> Any:
    queue = _queue(call, index)
    if n > queue.room or not queue.slots:
        raise exec_fail(why="the buffer is full")
    call.line(f"{queue.next},{queue.confirmed}")
    call.m.out.final("OK")
    call.m.out.send(call.m.profile.prompt)
    link: Link | None = call.m.links.get(index)

    def received(data: bytes) -> None:
        call.busy = "busy"  # what comes on top is thrown away
        call.later(call.m.profile.raw_latency_us, lambda: taken(data))

    def taken(data: bytes) -> None:
        call.m.out.final(f"Recv {len(data)} bytes")
        if link is None or not link.can_send:
            call.fail(exec_fail(why="the link was lost"))
            return
        call.done_silently()
        queue.add(data)

    Counted(call.m, n, received)
    return WAIT


def _single(fn: Callable[[Call, int], Any]) -> Callable[[Call], Any]:
    """The same without a link's number: for the only link."""

    def run(call: Call) -> Any:
        if call.m.cfg["mux"]:
            raise exec_fail(why="needs a link id")
        return fn(call, 0)

    return run


def _need_number(call: Call) -> None:
    if not call.m.cfg["mux"]:
        raise para_invalid(0)


def reset(call: Call, index: int) -> None:
    queue = _queue(call, index)
    if not queue.idle:
        raise exec_fail(why="not everything was sent")
    queue.restart()


def status(call: Call, index: int) -> None:
    queue = _queue(call, index)
    numbers = (queue.next, queue.sent, queue.confirmed, queue.room, queue.slots)
    call.line(",".join(str(n) for n in numbers))


@commands.set("AT+CIPBUFRESET", Int(0, 4))
def reset_of(call: Call, index: int) -> None:
    _need_number(call)
    reset(call, index)


@commands.set("AT+CIPBUFSTATUS", Int(0, 4))
def status_of(call: Call, index: int) -> None:
    _need_number(call)
    status(call, index)


commands.execute("AT+CIPBUFRESET")(_single(reset))
commands.execute("AT+CIPBUFSTATUS")(_single(status))


@commands.set("AT+CIPCHECKSEQ", LinkId(), Int(1, 0xFFFFFFFF))
def check(call: Call, index: int, number: int) -> None:
    queue = _queue(call, index)
    if not 0 < number < queue.next:
        raise exec_fail(why="no such segment")
    ok = queue.result(number)
    if ok is None and number <= queue.confirmed:
        raise exec_fail(why="forgotten")
    link = f"{index}," if call.m.cfg["mux"] else ""
    call.line(f"{link}{number},{'TRUE' if ok else 'FALSE'}")
