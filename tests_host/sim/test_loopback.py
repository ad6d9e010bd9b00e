# Who hears the simulated module: this machine alone, unless it was told otherwise. Every listening
# socket of the program, and every kind of UDP socket.
# Owns reading the system's tables of sockets.
from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import socket
import sys
import time
from pathlib import Path

import pytest

from espat_sim.net_os import BROADCAST, OsNetwork
from sim.loop_rig import LOOPBACK, LoopRecorder, on_loop
from sim.test_dashboard import host
from tools import children

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 60
GROUP = "239.255.77.77"


def outward() -> str:
    """An address of this machine at which others find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            s.connect(("198.51.100.1", 9))
            found = s.getsockname()[0]
        except OSError:
            found = LOOPBACK
    if ipaddress.ip_address(found).is_loopback:
        pytest.skip("this machine has no network")
    return found


def address(text: str) -> tuple[str, int]:
    """As /proc/net has it: words of 32 bits in the machine's order."""
    words, _, port = text.partition(":")
    packed = b"".join(
        int(words[i : i + 8], 16).to_bytes(4, sys.byteorder) for i in range(0, len(words), 8)
    )
    return str(ipaddress.ip_address(packed)), int(port, 16)


def sockets(pid: int) -> list[tuple[str, str, int]]:
    """(protocol, address, port) of what a process listens on; of UDP, what has no one partner."""
    mine = set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(OSError):
            mine.add(os.readlink(f"/proc/{pid}/fd/{fd}"))
    found = []
    for kind in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{pid}/net/{kind}").read_text().splitlines()[1:]:
            f = line.split()
            listens = f[3] == "0A" if kind[0] == "t" else not address(f[2])[1]
            if f"socket:[{f[9]}]" in mine and listens:
                found.append((kind, *address(f[1])))
    return found


@pytest.mark.skipif(not os.path.exists("/proc/net/tcp6"), reason="needs Linux and IPv6")
def test_every_socket_of_the_program():
    command = [sys.executable, "-u", "-m", "espat_sim", "--tcp", "0", "--fast", "--control", "0"]
    command += ["--dashboard", "0", "--profile", "esp32s2-3.4-full"]
    command += ["--map", "8001=0", "--map", "8002=0", "--map", "8003=0", "--map", "8004=0"]
    with children.Child(command, {"PYTHONPATH": str(ROOT / "tests_host")}) as child:
        names = {}
        while len(names) < 3:
            line = child.wait_for(r"^(ESPAT_SIM\w*)=(\S+)", LIMIT_S)
            names[line[1]] = line[2]
        pid = child.process.pid
        seen = sockets(pid)
        assert len(seen) == 3, seen  # UART, control, dashboard
        with host(names) as ask:

            def more(kind: str, *lines: str) -> None:
                for line in lines:
                    assert ask(line).endswith(b"\r\nOK\r\n"), line
                now = sockets(pid)
                assert len([x for x in now if x[0] == kind]) > len(
                    [x for x in seen if x[0] == kind]
                ), (lines, now)
                for _, ip, _ in now:
                    assert ipaddress.ip_address(ip).is_loopback, (lines, now)

            join = 'AT+CWJAP="espat-lab","espat-pass"'
            for line in ("AT+CWMODE=3", "AT+CIPV6=1", join, "AT+CIPMUX=1"):
                assert ask(line).endswith(b"\r\nOK\r\n"), line
            deadline = time.monotonic() + LIMIT_S
            while b"STAIP6LL" not in ask("AT+CIFSR"):
                assert time.monotonic() < deadline, "no IPv6"
            more("udp", 'AT+CIPSTART=0,"UDP","127.0.0.1",9')
            more("udp6", 'AT+CIPSTART=1,"UDPv6","::1",9')
            more("tcp", "AT+CIPSERVER=1,8001")
            more("tcp", "AT+CIPSERVER=0", 'AT+CIPSERVER=1,8002,"SSL",0')
            more("tcp6", "AT+CIPSERVER=0", 'AT+CIPSERVER=1,8003,"TCPv6"')
            more("tcp", "AT+CIPSERVER=0", "AT+WEBSERVER=1,8004,25")
            # To another machine: who it is has been said, and nobody else is heard.
            assert ask('AT+CIPSTART=2,"UDP","192.0.2.1",9').endswith(b"\r\nOK\r\n")
            for _, ip, _ in sockets(pid):
                assert ipaddress.ip_address(ip).is_loopback


async def heard(net: OsNetwork, remote: str, source: str, target: str) -> bool:
    """Does a UDP socket that speaks to `remote` hear a stranger at this address of the machine?"""
    events = LoopRecorder()
    conn = net.connect("udp", remote, 9, events)
    await events.until(lambda: events.log)
    assert events.log == ["connect"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind((source, 0))
        stranger.sendto(b"x", (target, conn.local_port))
        # What has come before this one is known when this one is.
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(events.until(lambda: conn.pending), 0.3)
    was = conn.pending > 0
    conn.close()
    return was


@on_loop
async def test_a_udp_socket_hears_this_machine_alone(net):
    here = outward()
    assert await heard(net, LOOPBACK, LOOPBACK, LOOPBACK)
    for remote in (LOOPBACK, "0.0.0.0", "198.51.100.1", GROUP, BROADCAST):
        assert not await heard(net, remote, here, here), remote


@on_loop
async def test_a_udp_socket_hears_everybody_when_told_so(_):
    here = outward()
    net = OsNetwork(bind_ip="0.0.0.0")
    try:
        for remote in (LOOPBACK, here, "198.51.100.1"):
            assert await heard(net, remote, here, here), remote
    finally:
        net.close()


@on_loop
async def test_who_is_sent_to_is_heard(net):
    """AT+CIPSEND may name another machine each time."""
    here = outward()
    events = LoopRecorder()
    with contextlib.ExitStack() as stack:
        others = []
        for _ in range(2):
            s = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            s.bind((here, 0))
            s.setblocking(False)
            others.append(s)
        conn = net.connect("udp", here, others[0].getsockname()[1], events)
        await events.until(lambda: events.log)
        loop = asyncio.get_running_loop()
        for s in others + others[:1]:
            conn.sendto(b"hello", *s.getsockname())
            assert await asyncio.wait_for(loop.sock_recv(s, 9), 5) == b"hello"
            s.sendto(b"back", (here, conn.local_port))
            await events.until(lambda: conn.pending)
            assert conn.recv_datagram() == (b"back", *s.getsockname())
        conn.close()


@on_loop
async def test_without_a_way_out_it_opens_and_what_is_sent_is_lost(net):
    for remote in ("240.0.0.1", "2001:db8::1"):
        events = LoopRecorder()
        conn = net.connect("udp", remote, 9, events)
        await events.until(lambda events=events: events.log)
        assert events.log == ["connect"], remote
        assert conn.send(b"lost") == 4
        conn.close()
