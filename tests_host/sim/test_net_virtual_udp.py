# The virtual network: its interfaces and IPv6, datagrams, groups and broadcasts.
# Everything runs on a VirtualClock; nothing here may wait in real time.
from __future__ import annotations

import errno

import pytest

from espat_sim.clock import VirtualClock
from espat_sim.net_virtual import VirtualNetwork
from espat_sim.net_virtual_udp import QUEUE_DATAGRAMS
from espat_sim.ports import SOFT_AP
from sim.net_recorder import Recorder

SECOND = 1_000_000


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def net(clock):
    return VirtualNetwork(clock)


# -- interfaces ----------------------------------------------------------------------------


def test_the_soft_ap_has_connections_of_its_own(clock, net):
    net.set_up(True, SOFT_AP)
    net.serve_tcp("a.test", 80, lambda peer: None)
    events = Recorder()
    over_station = net.connect("tcp", net.address("a.test"), 80, events)
    net.serve_tcp("192.168.4.2", 80, lambda peer: None)
    ap_events = Recorder()
    over_ap = net.connect("tcp", "192.168.4.2", 80, ap_events)
    clock.advance(SECOND)
    assert ap_events.log == ["connect"]
    assert (over_ap.local_ip, over_station.local_ip) == (net.ap_ip, net.station_ip)
    net.set_up(False)
    assert (events.error, ap_events.error) == (errno.ECONNABORTED, 0)
    net.set_up(False, SOFT_AP)
    assert ap_events.error == errno.ECONNABORTED


def test_nobody_is_reached_over_an_interface_that_is_down(clock, net):
    net.serve_tcp("192.168.4.2", 80, lambda peer: None)
    events = Recorder()
    net.connect("tcp", "192.168.4.2", 80, events)
    clock.advance(SECOND)
    assert events.error == errno.EHOSTUNREACH
    net.listen("tcp", 333, lambda conn: Recorder())
    client = net.client_tcp(333, ip="192.168.4.2")
    clock.advance(SECOND)
    assert not client.connected


def test_ipv6_needs_an_address_and_a_listener_of_its_family(clock, net):
    net.serve_tcp("2001:db8::7", 80, lambda peer: None)
    events = Recorder()
    net.connect("tcp", "2001:db8::7", 80, events)
    clock.advance(SECOND)
    assert events.error == errno.EHOSTUNREACH
    net.station_ip6 = "2001:db8::1"
    events = Recorder()
    conn = net.connect("tcp", "2001:db8::7", 80, events)
    clock.advance(SECOND)
    assert (events.log, conn.local_ip) == (["connect"], "2001:db8::1")
    net.listen("tcp", 333, lambda conn: Recorder(), family=6)
    four, six = net.client_tcp(333), net.client_tcp(333, ip="2001:db8::9")
    clock.advance(SECOND)
    assert (four.connected, six.connected) == (False, True)


def test_datagrams_keep_their_borders_and_their_sender(clock, net):
    def answer(peer, data, ip, port):
        peer.sendto(b"re:" + data, ip, port)

    net.udp_peer("u.test", 53, answer)
    events = Recorder()
    conn = net.connect("udp", net.address("u.test"), 53, events, local_port=1112)
    clock.advance(SECOND)
    conn.send(b"one")
    conn.send(b"two")
    clock.advance(SECOND)
    source = (net.address("u.test"), 53)
    assert conn.recv_datagram() == (b"re:one", *source)
    assert conn.recv_datagram() == (b"re:two", *source)
    assert conn.recv_datagram() is None
    other = net.udp_peer("v.test", 99)
    conn.sendto(b"over there", other.ip, 99)
    clock.advance(SECOND)
    assert other.received == [(b"over there", conn.local_ip, 1112)]


def test_more_datagrams_than_the_queue_holds_are_lost(clock, net):
    peer = net.udp_peer("u.test", 53)
    events = Recorder()
    conn = net.connect("udp", peer.ip, 53, events, local_port=5000)
    for number in range(QUEUE_DATAGRAMS + 3):
        peer.sendto(b"%d" % number, net.station_ip, 5000)
    clock.advance(SECOND)
    assert conn.lost == 3
    got = []
    while (datagram := conn.recv_datagram()) is not None:
        got.append(datagram[0])
    assert got == [b"%d" % number for number in range(QUEUE_DATAGRAMS)]


def test_a_broadcast_reaches_every_host_with_that_port(clock, net):
    one, two, other = (net.udp_peer(n, p) for n, p in [("1.test", 9), ("2.test", 9), ("3.test", 8)])
    conn = net.connect("udp", "255.255.255.255", 9, Recorder())
    clock.advance(SECOND)
    conn.send(b"all")
    clock.advance(SECOND)
    assert [len(host.received) for host in (one, two, other)] == [1, 1, 0]


def test_two_sockets_cannot_have_one_udp_port(clock, net):
    first, second = Recorder(), Recorder()
    net.connect("udp", net.address("u.test"), 53, first, local_port=5000)
    net.connect("udp", net.address("u.test"), 54, second, local_port=5000)
    clock.advance(SECOND)
    assert (first.log, second.error) == (["connect"], errno.EADDRINUSE)


def test_a_group_is_heard_by_those_who_asked_for_it(clock, net):
    peer = net.udp_peer("u.test", 53)
    member = net.connect("udp", "239.1.2.3", 53, Recorder(), local_port=5000)
    other = net.connect("udp", peer.ip, 53, Recorder(), local_port=5001)
    clock.advance(SECOND)
    peer.sendto(b"group", "239.1.2.3", 5000)
    peer.sendto(b"group", "239.1.2.3", 5001)
    peer.sendto(b"all", "255.255.255.255", 5001)
    peer.sendto(b"stray", "192.168.3.99", 5001)
    clock.advance(SECOND)
    assert member.recv_datagram()[0] == b"group"
    assert [other.recv_datagram(), other.recv_datagram()] == [(b"all", peer.ip, 53), None]
    member.send(b"hello group")
    clock.advance(SECOND)
    assert peer.received == [(b"hello group", net.station_ip, 5000)]
