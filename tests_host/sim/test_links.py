# Links: opening, refusals, closing, listing; look-ups and socket options.
from __future__ import annotations

import errno

import pytest

from espat_sim.ports import TcpOptions
from sim.rig import Rig

HELLO = "192.0.2.1"


@pytest.fixture
def rig():
    return Rig(wifi=True)


# -- opening ---------------------------------------------------------------------------


def test_open_send_receive_close(rig):
    peers = rig.connect()
    assert rig.prompt("AT+CIPSEND=4", b"test") == b"\r\nRecv 4 bytes\r\n\r\nSEND OK\r\n"
    rig.collect(0.1)
    assert bytes(peers[0].received) == b"test"
    peers[0].send(b"hello")
    assert rig.collect(0.1) == b"\r\n+IPD,5:hello"
    assert rig.command("AT+CIPCLOSE") == b"CLOSED\r\n\r\nOK\r\n"
    rig.collect(0.1)
    assert peers[0].closed


def test_connect_comes_before_ok(rig):
    rig.net.serve_tcp("server.test", 80, lambda peer: None)
    assert rig.command('AT+CIPSTART="TCP","server.test",80') == b"CONNECT\r\n\r\nOK\r\n"


def test_five_links_and_not_a_sixth(rig):
    rig.ok("AT+CIPMUX=1")
    rig.net.serve_tcp("server.test", 80, lambda peer: None)
    for i in range(5):
        answer = rig.command(f'AT+CIPSTART={i},"TCP","server.test",80')
        assert answer == b"%d,CONNECT\r\n\r\nOK\r\n" % i
    assert not rig.ok('AT+CIPSTART=5,"TCP","server.test",80')
    assert not rig.ok('AT+CIPSTARTEX="TCP","server.test",80')


def test_the_firmware_picks_the_lowest_free_id(rig):
    rig.net.serve_tcp("server.test", 80, lambda peer: None)
    assert not rig.ok('AT+CIPSTARTEX="TCP","server.test",80'), "only with several links"
    rig.ok("AT+CIPMUX=1")
    line = 'AT+CIPSTARTEX="TCP","server.test",80'
    assert rig.command(line) == b"0,CONNECT\r\n\r\nOK\r\n"
    assert rig.command(line) == b"1,CONNECT\r\n\r\nOK\r\n"
    rig.command("AT+CIPCLOSE=0")
    assert rig.command(line) == b"0,CONNECT\r\n\r\nOK\r\n"


def test_a_used_link_is_refused(rig):
    rig.connect()
    assert rig.command('AT+CIPSTART="TCP","server.test",80') == b"\r\nERROR\r\n"


def test_the_link_id_is_there_exactly_when_there_are_several(rig):
    rig.net.serve_tcp("server.test", 80, lambda peer: None)
    assert not rig.ok('AT+CIPSTART=0,"TCP","server.test",80')
    rig.ok("AT+CIPMUX=1")
    assert not rig.ok('AT+CIPSTART="TCP","server.test",80')


def test_without_an_address_nothing_opens():
    rig = Rig()
    rig.ok("AT+CWMODE=1")
    assert rig.command('AT+CIPSTART="TCP","192.0.2.1",80') == b"\r\nERROR\r\n"
    assert rig.command('AT+CIPDOMAIN="server.test"') == b"\r\nERROR\r\n"
    assert rig.command('AT+PING="192.0.2.1"') == b"\r\nERROR\r\n"


def test_a_refused_connection(rig):
    rig.net.address("server.test")
    assert rig.command('AT+CIPSTART="TCP","server.test",81') == b"\r\nERROR\r\n"
    rig.connect()  # the link is free again


def test_an_unknown_name(rig):
    assert rig.command('AT+CIPSTART="TCP","unknown.test",81') == b"\r\nERROR\r\n"


def test_a_silent_server_ends_in_an_error(rig):
    rig.net.drop("server.test", 80)
    start = rig.clock.now_us
    assert rig.command('AT+CIPSTART="TCP","server.test",80') == b"\r\nERROR\r\n"
    assert 10_000_000 < rig.clock.now_us - start <= 21_000_000


def test_the_released_firmware_has_no_timeout_argument(rig):
    assert not rig.ok('AT+CIPSTART="TCP","server.test",80,,,5000')


def test_the_detailed_connect_message(rig):
    rig.ok("AT+SYSMSG=2")
    rig.net.hosts["server.test"] = HELLO
    rig.net.serve_tcp("server.test", 80, lambda peer: None)
    answer = rig.command('AT+CIPSTART="TCP","server.test",80')
    local_port = rig.m.links.open_links[0].conn.local_port
    assert answer == b'+LINK_CONN:0,0,"TCP",0,"%s",80,%d\r\n\r\nOK\r\n' % (
        HELLO.encode(),
        local_port,
    )


def test_data_that_comes_with_the_connection_is_not_lost(rig):
    rig.net.serve_tcp("server.test", 80, lambda peer: peer.send(b"welcome"))
    rig.write('AT+CIPSTART="TCP","server.test",80\r\n')
    assert rig.collect(0.2) == b"CONNECT\r\n\r\nOK\r\n\r\n+IPD,7:welcome"


def test_socket_options_reach_the_network(rig):
    rig.ok("AT+CIPTCPOPT=5,1,,60")
    peers = rig.connect()
    assert peers[0].options == TcpOptions(linger_s=5, nodelay=True, keep_alive_s=60)
    rig.ok("AT+CIPTCPOPT=-1,0,,0")
    assert peers[0].options == TcpOptions(), "also of a link that is open"


def test_no_linger_means_a_reset(rig):
    rig.ok("AT+CIPTCPOPT=0,,")
    peers = rig.connect()
    assert rig.command("AT+CIPCLOSE") == b"CLOSED\r\n\r\nOK\r\n"
    rig.collect(0.1)
    assert peers[0].error == errno.ECONNRESET


def test_linger_waits_for_the_peer_and_blocks_the_port(rig):
    rig.ok("AT+CIPTCPOPT=30,,")
    peers = rig.connect()
    peers[0].pause()
    for _ in range(9):
        rig.prompt("AT+CIPSEND=7900", bytes(7900))
    rig.write("AT+CIPCLOSE\r\n")
    assert rig.collect(5) == b"", "the window of the peer is full"
    rig.write("AT\r\n")
    assert rig.collect(0.1) == b"\r\nbusy p...\r\n"
    peers[0].resume()
    assert rig.collect(1) == b"CLOSED\r\n\r\nOK\r\n"
    assert len(peers[0].received) == 9 * 7900
    assert peers[0].closed and not peers[0].error


def test_linger_ends_with_a_reset(rig):
    rig.ok("AT+CIPTCPOPT=5,,")
    peers = rig.connect()
    peers[0].pause()
    for _ in range(9):
        rig.prompt("AT+CIPSEND=7900", bytes(7900))
    rig.write("AT+CIPCLOSE\r\n")
    assert rig.collect(4.9) == b""
    assert rig.collect(0.5) == b"CLOSED\r\n\r\nOK\r\n"
    assert peers[0].error == errno.ECONNRESET


def test_nothing_to_linger_for(rig):
    rig.ok("AT+CIPTCPOPT=30,,")
    rig.connect()
    assert rig.command("AT+CIPCLOSE", 0.5) == b"CLOSED\r\n\r\nOK\r\n"


def test_keep_alive_finds_a_peer_that_vanished(rig):
    rig.ok("AT+CIPTCPOPT=,,,60")
    peers = rig.connect()
    peers[0].vanish()
    assert rig.collect(60) == b""
    assert rig.collect(5) == b"CLOSED\r\n"


def test_without_keep_alive_nobody_notices(rig):
    peers = rig.connect()
    peers[0].vanish()
    assert rig.collect(8000) == b""


def test_a_link_can_be_bound_to_an_own_address(rig):
    rig.net.serve_tcp("server.test", 80, lambda peer: None)
    line = 'AT+CIPSTART="TCP","server.test",80,,"%s"'
    for bad in ("192.0.2.77", "nonsense", "fe80::1"):
        assert rig.command(line % bad) == b"\r\nERROR\r\n"
    assert rig.ok(line % rig.net.station_ip)
    rig.ok("AT+CIPCLOSE")
    assert rig.ok(line % ""), "it may be empty"


def test_newer_firmware_has_a_limit_of_the_hosts_own():
    rig = Rig(wifi=True, profile="esp32s2-guide")
    rig.net.drop("server.test", 80)
    start = rig.clock.now_us
    assert rig.command('AT+CIPSTART="TCP","server.test",80,,,700') == b"\r\nERROR\r\n"
    assert 690_000 < rig.clock.now_us - start < 800_000
    assert not rig.ok('AT+CIPSTART="TCP","server.test",80,,,60001')
    assert rig.lines('AT+CIPDOMAIN="server.test",1,500')[-1] == "OK"


def test_keep_alive_is_kept_for_the_link(rig):
    rig.net.serve_tcp("server.test", 80, lambda peer: None)
    assert rig.ok('AT+CIPSTART="TCP","server.test",80,60')
    assert rig.lines("AT+CIPTCPOPT?") == ["+CIPTCPOPT:0,-1,0,0,60", "OK"]
    assert not rig.ok('AT+CIPSTART="TCP","server.test",80,7201')


# -- modes -----------------------------------------------------------------------------


def test_the_connection_mode_changes_only_without_links(rig):
    rig.connect()
    assert not rig.ok("AT+CIPMUX=1")
    assert rig.ok("AT+CIPMUX=0"), "no change is no harm"
    rig.ok("AT+CIPCLOSE")
    assert rig.ok("AT+CIPMUX=1")
    rig.connect(index="0,")
    assert not rig.ok("AT+CIPMUX=0")


def test_passthrough_and_several_links_exclude_each_other(rig):
    assert rig.ok("AT+CIPMODE=1")
    assert not rig.ok("AT+CIPMUX=1")
    rig.ok("AT+CIPMODE=0")
    rig.ok("AT+CIPMUX=1")
    assert not rig.ok("AT+CIPMODE=1")


# -- closing ---------------------------------------------------------------------------


def test_closing(rig):
    assert rig.command("AT+CIPCLOSE") == b"\r\nERROR\r\n"
    assert rig.command("AT+CIPCLOSE=0") == b"\r\nERROR\r\n"
    rig.ok("AT+CIPMUX=1")
    rig.connect(index="0,")
    rig.connect(index="4,", port=81)
    assert rig.command("AT+CIPCLOSE") == b"\r\nERROR\r\n"
    assert rig.command("AT+CIPCLOSE=1") == b"\r\nERROR\r\n"
    assert rig.command("AT+CIPCLOSE=4") == b"4,CLOSED\r\n\r\nOK\r\n"
    rig.connect(index="2,", port=82)
    assert rig.command("AT+CIPCLOSE=5") == b"0,CLOSED\r\n2,CLOSED\r\n\r\nOK\r\n"


def test_the_peer_closes(rig):
    peers = rig.connect()
    peers[0].send(b"bye")
    peers[0].close()
    assert rig.collect(0.1) == b"\r\n+IPD,3:byeCLOSED\r\n"
    assert rig.command("AT+CIPSEND=1") == b"\r\nERROR\r\n"
    rig.connect()


def test_the_peer_resets(rig):
    peers = rig.connect()
    peers[0].reset()
    assert rig.collect(0.1) == b"CLOSED\r\n"


def test_a_server_that_closes_while_nobody_reads_gets_its_end_back(rig):
    peers = rig.connect()
    peers[0].shutdown()
    rig.collect(0.1)
    assert peers[0].closed, "the module ends its direction too"


def test_link_loss_by_control(rig):
    rig.connect()
    assert rig.m.control({"do": "link_loss"})["ok"]
    assert rig.collect(0.1) == b"CLOSED\r\n"
    assert not rig.m.control({"do": "link_loss"})["ok"]


# -- listing and look-ups --------------------------------------------------------------


def test_listing(rig):
    assert rig.lines("AT+CIPSTATE?") == ["OK"]
    assert rig.lines("AT+CIPSTATUS") == ["STATUS:2", "OK"]
    rig.net.hosts["server.test"] = HELLO
    rig.connect()
    local_port = rig.m.links.open_links[0].conn.local_port
    row = f'0,"TCP","192.0.2.1",80,{local_port},0'
    assert rig.lines("AT+CIPSTATE?") == ["+CIPSTATE:" + row, "OK"]
    assert rig.lines("AT+CIPSTATUS") == ["STATUS:3", "+CIPSTATUS:" + row, "OK"]
    rig.ok("AT+CIPCLOSE")
    assert rig.lines("AT+CIPSTATUS") == ["STATUS:4", "OK"]
    rig.ok("AT+CWQAP")
    rig.collect(0.1)
    assert rig.lines("AT+CIPSTATUS") == ["STATUS:5", "OK"]


def test_status_before_any_wifi():
    rig = Rig()
    assert rig.lines("AT+CIPSTATUS") == ["STATUS:0", "OK"]
    rig.ok("AT+CWMODE=1")
    assert rig.lines("AT+CIPSTATUS") == ["STATUS:1", "OK"]


def test_interfaces_that_are_up_have_their_lines():
    rig = Rig(air={"aps": [{"ssid": "six", "ipv6_prefix": "2001:db8:1:2"}]})
    assert rig.lines("AT+CIFSR") == ["OK"]
    rig.ok("AT+CWMODE=3")
    rig.ok("AT+CIPV6=1")
    rig.ok('AT+CWJAP="six",""')
    rig.collect(3)
    names = [line.split(",")[0] for line in rig.lines("AT+CIFSR")]
    kinds = ["APIP", "APIP6LL", "APMAC", "STAIP", "STAIP6LL", "STAIP6GL", "STAMAC"]
    assert names == [f"+CIFSR:{kind}" for kind in kinds] + ["OK"]


def test_names(rig):
    rig.net.hosts["six.test"] = ["192.0.2.6", "2001:db8::6"]
    assert rig.lines('AT+CIPDOMAIN="six.test"') == ['+CIPDOMAIN:"192.0.2.6"', "OK"]
    assert not rig.ok('AT+CIPDOMAIN="six.test",3'), "IPv6 is off"
    rig.ok("AT+CIPV6=1")
    assert rig.lines('AT+CIPDOMAIN="six.test",3') == ['+CIPDOMAIN:"2001:db8::6"', "OK"]
    assert rig.command('AT+CIPDOMAIN="no.test"') == b"\r\nERROR\r\n"


def test_a_name_that_has_only_ipv6_is_found_when_ipv4_is_only_preferred(rig):
    rig.net.hosts["only6.test"] = ["2001:db8::7"]
    assert not rig.ok('AT+CIPDOMAIN="only6.test",1'), "IPv6 is off"
    rig.ok("AT+CIPV6=1")
    assert rig.lines('AT+CIPDOMAIN="only6.test",1') == ['+CIPDOMAIN:"2001:db8::7"', "OK"]
    assert rig.command('AT+CIPDOMAIN="only6.test",2') == b"\r\nERROR\r\n"


def test_ping(rig):
    rig.net.hosts["server.test"] = HELLO
    assert rig.lines('AT+PING="server.test"') == ["+PING:4", "OK"]
    assert rig.command('AT+PING="198.51.100.1"') == b"+PING:TIMEOUT\r\n\r\nERROR\r\n"
    assert rig.command('AT+PING="no.test"') == b"+PING:TIMEOUT\r\n\r\nERROR\r\n"


def test_name_servers(rig):
    assert rig.ok('AT+CIPDNS=1,"9.9.9.9","2001:4860:4860::8888"')
    assert rig.lines("AT+CIPDNS?") == ['+CIPDNS:1,"9.9.9.9","2001:4860:4860::8888"', "OK"]
    assert not rig.ok('AT+CIPDNS=1,"9.9.9.9","9.9.9.9"')
    assert not rig.ok('AT+CIPDNS=1,"nonsense"')
    assert rig.ok("AT+CIPDNS=1")
    assert rig.lines("AT+CIPDNS?") == ['+CIPDNS:1,"208.67.222.222","8.8.8.8"', "OK"]


def test_socket_options(rig):
    assert rig.ok("AT+CIPTCPOPT=,1,5000")
    assert rig.lines("AT+CIPTCPOPT?") == ["+CIPTCPOPT:0,-1,1,5000,0", "OK"]
    rig.ok("AT+CIPMUX=1")
    assert rig.ok("AT+CIPTCPOPT=5,0,0,0,60")
    assert rig.lines("AT+CIPTCPOPT?")[4] == "+CIPTCPOPT:4,0,0,0,60"
    assert not rig.ok("AT+CIPTCPOPT=0,-2,,")
    assert not rig.ok("AT+CIPTCPOPT=0,1,1"), "commas of what is left out stay"
    assert rig.ok("AT+CIPTCPOPT=0,,,")
