# IPv6: addresses that come by themselves, links over them, names, ping, servers.
# The access point announces a prefix, or none.
from __future__ import annotations

import pytest

from espat_sim import AccessPoint, peers_tls
from sim.rig import Rig, air

ERROR = b"\r\nERROR\r\n"
PREFIX = "2001:db8:1:2"
HOST = "2001:db8::6"


def joined(prefix=PREFIX, ipv6=1):
    rig = Rig(air=air(AccessPoint(b"six", ipv6_prefix=prefix)))
    assert rig.ok("AT+CWMODE=1")
    assert rig.ok(f"AT+CIPV6={ipv6}")
    assert rig.ok('AT+CWJAP="six",""')
    rig.collect(3)
    return rig


@pytest.fixture
def rig():
    return joined()


def addresses(rig):
    rows = (line.partition(":")[2].partition(":") for line in rig.lines("AT+CIPSTA?")[:-1])
    return {name: value.strip('"') for name, _, value in rows}


def test_addresses_come_after_the_ipv4_one():
    rig = Rig(air=air(AccessPoint(b"six", ipv6_prefix=PREFIX)))
    rig.ok("AT+CWMODE=1")
    rig.ok("AT+CIPV6=1")
    rig.write('AT+CWJAP="six",""\r\n')
    assert rig.collect(5) == (
        b"WIFI CONNECTED\r\nWIFI GOT IP\r\n\r\nOK\r\nWIFI GOT IPv6 LL\r\nWIFI GOT IPv6 GL\r\n"
    )
    found = addresses(rig)
    assert found["ip6ll"] == "fe80::7edf:a1ff:fee5:7001"
    assert found["ip6gl"] == PREFIX + ":7edf:a1ff:fee5:7001"
    assert f'+CIFSR:STAIP6GL,"{found["ip6gl"]}"' in rig.lines("AT+CIFSR")


def test_without_a_prefix_there_is_the_link_local_one_only():
    assert "ip6gl" not in addresses(joined(prefix=""))
    assert "ip6ll" not in addresses(joined(ipv6=0))


def test_switching_it_off_takes_the_addresses_away(rig):
    rig.ok("AT+CIPV6=0")
    assert set(addresses(rig)) == {"ip", "gateway", "netmask"}


def test_a_link_to_a_literal_and_to_a_name(rig):
    rig.ok("AT+CIPMUX=1")
    seen = []
    rig.net.serve_tcp(HOST, 80, seen.append)
    rig.net.hosts["six.test"] = ["192.0.2.6", HOST]
    assert rig.ok(f'AT+CIPSTART=0,"TCPv6","{HOST}",80')
    assert rig.ok('AT+CIPSTART=1,"TCPv6","six.test",80')
    assert rig.lines("AT+CIPSTATE?")[0].startswith(f'+CIPSTATE:0,"TCPv6","{HOST}",80,')
    assert seen[0].remote_ip == addresses(rig)["ip6gl"]
    rig.ok("AT+CIPDINFO=1")
    seen[0].send(b"x")
    assert rig.collect(0.1) == f'\r\n+IPD,0,1,"{HOST}",80:x'.encode()


def test_link_local_hosts_see_the_link_local_address(rig):
    seen = []
    rig.net.serve_tcp("fe80::1", 80, seen.append)
    assert rig.ok('AT+CIPSTART="TCPv6","fe80::1",80')
    assert seen[0].remote_ip == addresses(rig)["ip6ll"]


def test_a_link_can_be_bound_to_an_own_address(rig):
    seen = []
    rig.net.serve_tcp(HOST, 80, seen.append)
    own = addresses(rig)["ip6ll"]
    assert rig.ok(f'AT+CIPSTART="TCPv6","{HOST}",80,,"{own}"')
    assert seen[0].remote_ip == own
    rig.ok("AT+CIPCLOSE")
    assert rig.command(f'AT+CIPSTART="TCPv6","{HOST}",80,,"fe80::2"') == ERROR
    assert rig.command(f'AT+CIPSTART="TCPv6","{HOST}",80,,"{rig.net.station_ip}"') == ERROR


def test_families_are_not_mixed(rig):
    rig.net.serve_tcp(HOST, 80, lambda peer: None)
    rig.net.serve_tcp("192.0.2.6", 80, lambda peer: None)
    assert rig.command(f'AT+CIPSTART="TCP","{HOST}",80') == ERROR
    assert rig.command('AT+CIPSTART="TCPv6","192.0.2.6",80') == ERROR


def test_udp(rig):
    peer = rig.net.udp_peer(HOST, 5000)
    assert rig.ok(f'AT+CIPSTART="UDPv6","{HOST}",5000,1111,0')
    rig.prompt("AT+CIPSEND=5", b"hello")
    rig.collect(0.1)
    own = addresses(rig)["ip6gl"]
    assert peer.received == [(b"hello", own, 1111)]
    peer.sendto(b"back", own, 1111)
    assert rig.collect(0.1) == b"\r\n+IPD,4:back"


def test_a_group(rig):
    peer = rig.net.udp_peer(HOST, 1000)
    assert rig.ok('AT+CIPSTART="UDPv6","FF02::FC",1000,1002,0')
    rig.prompt("AT+CIPSEND=5", b"hello")
    rig.collect(0.1)
    assert peer.received[0][0] == b"hello"
    peer.sendto(b"group", "ff02::fc", 1002)
    assert rig.collect(0.1) == b"\r\n+IPD,5:group"


def test_tls(rig):
    seen = []
    rig.net.serve_tcp(HOST, 443, seen.append, tls=peers_tls.server_context(HOST))
    assert rig.ok(f'AT+CIPSTART="SSLv6","{HOST}",443')
    seen[0].send(b"secret")
    assert rig.collect(0.1) == b"\r\n+IPD,6:secret"


def test_a_server(rig):
    rig.ok("AT+CIPMUX=1")
    assert rig.ok('AT+CIPSERVER=1,80,"TCPv6"')
    peer = rig.net.client_tcp(80, ip="2001:db8::9")
    assert rig.collect(0.1) == b"0,CONNECT\r\n"
    assert peer.remote_ip == addresses(rig)["ip6gl"]
    assert '"TCPv6","2001:db8::9"' in rig.lines("AT+CIPSTATE?")[0]


def test_names_and_ping(rig):
    rig.net.hosts["six.test"] = ["192.0.2.6", HOST]
    rig.net.hosts["only6.test"] = [HOST]
    assert rig.lines('AT+CIPDOMAIN="six.test",3')[0] == f'+CIPDOMAIN:"{HOST}"'
    assert rig.lines('AT+CIPDOMAIN="only6.test"')[0] == f'+CIPDOMAIN:"{HOST}"'
    assert rig.lines(f'AT+PING="{HOST}"')[0].startswith("+PING:")
    assert rig.lines('AT+PING="only6.test"')[-1] == "OK"
    rig.ok("AT+CIPV6=0")
    assert rig.lines('AT+PING="only6.test"') == ["+PING:TIMEOUT", "ERROR"]


def test_without_an_own_address_nothing_goes():
    rig = joined(ipv6=0)
    rig.ok("AT+CIPV6=1")  # the addresses come with the next join
    rig.net.serve_tcp(HOST, 80, lambda peer: None)
    assert rig.command(f'AT+CIPSTART="TCPv6","{HOST}",80') == ERROR


def test_links_need_the_switch():
    rig = joined(ipv6=0)
    for kind in ("TCPv6", "UDPv6", "SSLv6"):
        assert rig.command(f'AT+CIPSTART="{kind}","{HOST}",80') == ERROR
