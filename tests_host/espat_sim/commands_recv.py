# Receiving: active or passive, reading what waits, addresses in +IPD.
# Owns the framing of +CIPRECVDATA; buffers are the link's.
from __future__ import annotations

from typing import Any

from .call import Call
from .errors import exec_fail
from .parser import Int, LinkId
from .registry import WAIT, Commands

commands = Commands("tcpip")

_READ_OVERHEAD = 128  # bytes of RAM that a read needs beside its data


@commands.query("AT+CIPRECVTYPE")
def receive_type(call: Call) -> None:
    m = call.m
    for index in range(m.profile.links if m.cfg["mux"] else 1):
        call.answer(index, m.cfg["recvtype"][index])


@commands.set("AT+CIPRECVTYPE", LinkId(5), Int(0, 1))
def set_receive_type(call: Call, index: int, mode: int) -> Any:
    m = call.m
    if m.cfg["cipmode"]:
        raise exec_fail(why="not in passthrough mode")
    for i in range(m.profile.links):
        if index in (i, 5):
            m.cfg.store_item("recvtype", i, mode)
    call.done()
    for link in m.links.open_links:
        link.pump()
    return WAIT


commands.alias("AT+CIPRECVMODE", "AT+CIPRECVTYPE")  # registered, in no page


@commands.set("AT+CIPRECVDATA", LinkId(), Int(1, 0x7FFFFFFF))
def receive(call: Call, index: int, n: int) -> Any:
    return read(call, index, n, not call.m.faults.quirks["udp_merge"])


def read(call: Call, index: int, n: int, whole: bool) -> Any:
    """whole: at most one datagram."""
    m = call.m
    link = m.links.get(index)
    if link is None or not link.passive:
        raise exec_fail(why="no link in passive mode")
    if n + _READ_OVERHEAD > m.profile.free_ram:
        raise exec_fail(why="alloc fail")
    data = link.read(n, whole) if link.waiting else b""
    if data:
        peer = b'"%s",%d,' % (link.sender[0].encode(), link.sender[1]) if m.cfg["dinfo"] else b""
        m.out.send(m.profile.recv_data % (len(data), peer, data))
        call.done()
    else:
        call.fail(exec_fail(why="nothing is buffered"))
    link.pump()
    return WAIT


@commands.query("AT+CIPRECVLEN")
def waiting(call: Call) -> None:
    links = call.m.links
    open_links = {link.id: link for link in links.open_links}
    counts = (
        open_links[i].waiting if i in open_links and open_links[i].passive else 0
        for i in range(len(links.table))
    )
    call.answer(*counts)


@commands.query("AT+CIPDINFO")
def peer_info(call: Call) -> None:
    call.answer("true" if call.m.cfg["dinfo"] else "false")


@commands.set("AT+CIPDINFO", Int(0, 1))
def set_peer_info(call: Call, mode: int) -> None:
    call.m.cfg.store("dinfo", mode)
