# runs-on: cpython
"""Owns: what a socket sees of servers with a will of their own: they close or vanish in the middle
of a transfer, trickle, stop reading, or talk first. The servers are scripted, on CPython alone."""

from __future__ import annotations

from typing import Callable

import pytest

from espat_sim import Module
from espat_sim.net_virtual_tcp import Peer
from system import rig

RING = 16384  # in active receive nothing holds the module back


@pytest.fixture(params=[True, False], ids=["passive", "active"])
def serve(request: pytest.FixtureRequest, module: Module) -> Callable:
    """serve(handler): a modem and a socket that is connected to a server with this handler."""

    def start(handler: Callable[[Peer], object]) -> tuple:
        module.net.serve_tcp("server.test", 80, handler)
        return rig.connected(("server.test", 80), passive=request.param, ring=RING)

    return start


def well(m) -> None:
    s = m.socket()
    s.connect(rig.ECHO)
    s.send(b"well")
    assert s.read(4) == b"well"
    s.close()


def test_a_server_that_talks_first(serve):
    m, s = serve(lambda peer: peer.send(b"220 welcome\r\n"))
    assert s.readline() == b"220 welcome\r\n"


def test_a_server_that_talks_first_and_closes(serve):
    def handler(peer: Peer) -> None:
        peer.send(b"go away\r\n")
        peer.close()

    m, s = serve(handler)
    assert s.read() == b"go away\r\n"
    assert s.recv(1) == b""
    s.close()
    well(m)


def test_a_server_that_closes_at_once(serve):
    m, s = serve(lambda peer: peer.close())
    assert s.recv(10) == b""
    with pytest.raises(OSError):
        s.send(b"x")
    s.close()
    well(m)


def test_a_server_that_resets_at_once(serve):
    m, s = serve(lambda peer: peer.reset())
    try:
        assert s.recv(10) == b""
    except OSError as e:
        assert e.errno == rig.ECONNRESET
    s.close()
    well(m)


def test_bytes_that_trickle(serve, module):
    def handler(peer: Peer) -> None:
        for i in range(60):
            module.clock.call_later(1000 + i * 7300, lambda i=i: peer.send(bytes([i])))
        module.clock.call_later(600_000, peer.close)

    m, s = serve(handler)
    assert s.read() == bytes(range(60))


def test_pauses_longer_than_the_drivers_patience(serve, module):
    # The module forgets a +IPD now and then (lwesp 46): a silent link is asked by itself.
    def handler(peer: Peer) -> None:
        for i, at_s in enumerate((1, 9, 30, 100)):
            module.clock.call_later(at_s * 1_000_000, lambda i=i: peer.send(b"part %d\n" % i))

    m, s = serve(handler)
    for i in range(4):
        assert s.readline() == b"part %d\n" % i


def test_the_peer_closes_in_the_middle_of_our_sending(serve):
    def handler(peer: Peer) -> None:
        got = bytearray()

        def take(data: bytes) -> None:
            got.extend(data)
            if len(got) > 10_000:
                peer.close()

        peer.on_data(take)

    m, s = serve(handler)
    with pytest.raises(OSError) as info:
        for _ in range(100):
            s.sendall(rig.pattern(2000))
    assert info.value.errno in (rig.ECONNRESET, 32)
    s.close()
    well(m)


def test_the_peer_resets_in_the_middle_of_our_sending(serve):
    def handler(peer: Peer) -> None:
        peer.on_data(lambda data: peer.reset())

    m, s = serve(handler)
    with pytest.raises(OSError) as info:
        for _ in range(100):
            s.sendall(rig.pattern(2000))
    assert info.value.errno == rig.ECONNRESET
    s.close()
    well(m)


def test_the_peer_closes_in_the_middle_of_what_it_sends(serve):
    def handler(peer: Peer) -> None:
        peer.send(rig.pattern(7777))
        peer.close()

    m, s = serve(handler)
    got = bytearray()
    for n in (1, 100, 1460, 3):
        got += s.recv(n)
    got += s.read()
    assert got == rig.pattern(7777)


def test_the_peer_resets_in_the_middle_of_what_it_sends(serve):
    def handler(peer: Peer) -> None:
        peer.send(rig.pattern(30_000))
        peer.on_data(lambda data: peer.reset())

    m, s = serve(handler)
    got = bytearray(s.recv(100))
    try:
        s.send(b"stop")  # a module that waits for the confirmation of it says that it failed
        while True:
            part = s.recv(4096)
            if not part:
                break
            got += part
    except OSError as e:
        assert e.errno == rig.ECONNRESET
    assert len(got) < 30_000 and got == rig.pattern(len(got))
    s.close()
    well(m)


def test_a_peer_that_vanishes(serve):
    gone: list[Peer] = []
    m, s = serve(gone.append)
    s.send(b"are you there")
    gone[0].vanish()
    s.settimeout(10)
    rig.fails(rig.ETIMEDOUT, s.recv, 10)
    s.close()
    well(m)


def test_half_closed_by_the_peer(serve):
    # It has said all it has to say, and still reads. ESP-AT words it as CLOSED and gives the link
    # up when all was read: a send may fail, or arrive.
    seen: list[Peer] = []

    def handler(peer: Peer) -> None:
        seen.append(peer)
        peer.send(b"last words")
        peer.shutdown()

    m, s = serve(handler)
    assert s.read(10) == b"last words"
    assert s.recv(1) == b""
    s.close()
    well(m)


def test_a_peer_that_does_not_read(serve, module):
    # Its window and the module's buffer fill; SEND OK stays away until it reads again.
    peers: list[Peer] = []

    def handler(peer: Peer) -> None:
        peers.append(peer)
        peer.pause()

    m, s = serve(handler)
    module.clock.call_later(20_000_000, lambda: peers[0].resume())
    for i in range(12):
        s.sendall(rig.pattern(8192, i * 8192))
    rig.wait(m, 1000)
    assert peers[0].received == rig.pattern(12 * 8192)


def test_both_ways_at_once(serve):
    # Everything that arrives is answered twice; the replies pile up while we send.
    def handler(peer: Peer) -> None:
        peer.on_data(lambda data: (peer.send(data), peer.send(data)))

    m, s = serve(handler)
    got = bytearray()
    for i in range(20):
        s.sendall(rig.pattern(700, i * 700))
        got += s.recv(2000)
    while len(got) < 28_000:
        got += s.recv(2000)
    # The module may have handed our bytes over in several pieces: compare what is certain.
    assert sorted(got) == sorted(2 * rig.pattern(14_000))


def test_a_link_id_that_is_used_again_at_once(module):
    # Data of the old life of a link id never reaches the new one.
    m = rig.joined()
    lives: list[Peer] = []
    module.net.serve_tcp("server.test", 80, lives.append)
    for i in range(10):
        s = m.socket()
        s.connect(("server.test", 80))
        lives[-1].send(b"old data of life %d" % i)
        if i % 2:
            lives[-1].close()
        s.close()
        t = m.socket()
        t.connect(rig.ECHO)
        t.send(b"%d" % i)
        assert t.read(1) == b"%d" % i
        t.close()


def test_names_with_several_addresses_and_case(module):
    module.net.hosts["two.test"] = ["198.51.100.7", "2001:db8::7"]
    m = rig.joined()
    for name in ("two.test", "TWO.test", "Echo.Test"):
        s = m.socket()
        s.connect((name, 7))
        s.send(b"x")
        assert s.read(1) == b"x"
        s.close()


def test_names_longer_than_the_module_takes_for_a_connection(module):
    m = rig.joined()
    for n in (63, 64, 65, 120, 200):
        name = "h" * 40 + "." + "x" * (n - 46) + ".test"
        assert len(name) == n
        module.net.hosts[name] = "198.51.100.7"
        s = m.socket()
        s.connect((name, 7))
        s.send(b"%d" % n)
        assert s.recv(10) == b"%d" % n
        s.close()


def test_the_guides_tcp_client(module):
    addresses = ("192.168.3.112", "255.255.255.0", "192.168.3.1")
    told = 3 if rig.has("gateway in AT+CIPSTA") else 1
    # 4.2.1 and 4.2.12, with the addresses that the guide prints.
    rig.control(
        "ap_add", ssid="espressif", key="1234567890", ip="192.168.3.112", gateway="192.168.3.1"
    )
    module.net.serve_tcp("192.168.3.102", 8080, lambda peer: peer.on_data(peer.send))
    for passive in (True, False):
        m = rig.modem(passive=passive)
        m.wifi.connect("espressif", "1234567890")
        assert m.wifi.ifconfig()[:told] == addresses[:told]
        s = m.socket()
        s.connect(("192.168.3.102", 8080))
        assert s.send(b"test") == 4
        assert s.recv(100) == b"test"
        s.close()


def test_a_megabyte_passive(module):
    total = 1 << 20
    m, s = rig.connected(rig.PATTERN)
    s.send(b"%d\n" % total)
    buf = bytearray(4096)
    period = rig.pattern(65536)
    at = 0
    while True:
        n = s.recv_into(buf)
        if not n:
            break
        start = at % 65536
        wanted = (period + period)[start : start + n]
        assert buf[:n] == wanted, at
        at += n
    assert at == total
