# The module as a server: clients that come and go, limits, time-outs, refusals, TLS.
# Clients are hosts of the virtual network, at the station or at the soft-AP.
from __future__ import annotations

import random

import pytest

from espat_sim import factory_pki, peers_tls
from sim.rig import Rig

ERROR = b"\r\nERROR\r\n"


@pytest.fixture
def rig():
    made = Rig(wifi=True)
    assert made.ok("AT+CIPMUX=1")
    return made


def client(rig, port=333, wait_s=0.1, **options):
    peer = rig.net.client_tcp(port, **options)
    rig.clock.advance(int(wait_s * 1_000_000))
    return peer


def said(rig, seconds=0.1):
    return rig.collect(seconds)


# -- starting and stopping -------------------------------------------------------------


def test_the_default_port_is_333(rig):
    assert rig.lines("AT+CIPSERVER?") == ["+CIPSERVER:0", "OK"]
    assert rig.ok("AT+CIPSERVER=1")
    assert rig.lines("AT+CIPSERVER?") == ['+CIPSERVER:1,333,"TCP",0', "OK"]
    assert client(rig).connected
    assert said(rig) == b"0,CONNECT\r\n"


def test_a_server_needs_several_connections(rig):
    rig.ok("AT+CIPMUX=0")
    assert rig.command("AT+CIPSERVER=1") == ERROR
    assert rig.command("AT+CIPSERVER=0") == ERROR


def test_there_is_one_server(rig):
    assert rig.command("AT+CIPSERVER=0") == ERROR
    assert rig.ok("AT+CIPSERVER=1,80")
    assert rig.command("AT+CIPSERVER=1,81") == ERROR
    assert rig.ok("AT+CIPSERVER=0")
    assert rig.ok("AT+CIPSERVER=1,81")
    assert not client(rig, 80).connected
    assert client(rig, 81).connected


def test_the_connection_mode_stays_while_there_is_a_server(rig):
    rig.ok("AT+CIPSERVER=1")
    assert rig.command("AT+CIPMUX=0") == ERROR
    rig.ok("AT+CIPSERVER=0")
    assert rig.ok("AT+CIPMUX=0")


def test_ending_the_server_keeps_its_clients_or_not(rig):
    rig.ok("AT+CIPSERVER=1")
    kept = client(rig)
    said(rig)
    assert rig.command("AT+CIPSERVER=0") == b"\r\nOK\r\n"
    assert rig.prompt("AT+CIPSEND=0,2", b"hi").endswith(b"SEND OK\r\n")
    kept.send(b"yes")
    assert said(rig) == b"\r\n+IPD,0,3:yes"
    rig.ok("AT+CIPSERVER=1")
    second = client(rig)
    said(rig)
    assert rig.command("AT+CIPSERVER=0,1") == b"0,CLOSED\r\n1,CLOSED\r\n\r\nOK\r\n"
    rig.collect(0.1)
    assert kept.closed and second.closed


def test_own_links_outlive_the_server(rig):
    rig.connect(index="0,")
    rig.ok("AT+CIPSERVER=1")
    assert rig.command("AT+CIPSERVER=0,1") == b"\r\nOK\r\n"
    assert rig.ok("AT+CIPCLOSE=0")


@pytest.mark.parametrize(
    "arguments",
    [
        "2",
        "1,0",
        "1,65536",
        '1,80,"UDP"',
        '1,80,"TCP",2',
        '1,80,"TCP",0,0',
        '0,0,"TCP"',
        "0,2",
        '1,80,"TCPv6"',  # IPv6 is off
    ],
)
def test_bad_arguments(rig, arguments):
    if arguments.startswith("0"):
        rig.ok("AT+CIPSERVER=1")
    assert rig.command(f"AT+CIPSERVER={arguments}") == ERROR


def test_a_reboot_ends_the_server(rig):
    rig.ok("AT+CIPSERVER=1")
    peer = client(rig)
    rig.write("AT+RST\r\n")
    rig.wait_ready()
    assert peer.closed
    assert not rig.net.listeners
    rig.command("ATE0")
    assert rig.lines("AT+CIPSERVER?") == ["+CIPSERVER:0", "OK"]


# -- clients ---------------------------------------------------------------------------


def test_a_clients_data_goes_both_ways(rig):
    rig.ok("AT+CIPSERVER=1")
    peer = client(rig)
    said(rig)
    assert rig.lines("AT+CIPSTATE?") == [
        f'+CIPSTATE:0,"TCP","{rig.net.client_ip}",{peer.local_port},333,1',
        "OK",
    ]
    peer.send(b"question")
    assert said(rig) == b"\r\n+IPD,0,8:question"
    assert rig.prompt("AT+CIPSEND=0,6", b"answer") == b"\r\nRecv 6 bytes\r\n\r\nSEND OK\r\n"
    rig.collect(0.1)
    assert bytes(peer.received) == b"answer"
    peer.close()
    assert said(rig) == b"0,CLOSED\r\n"


def test_the_detailed_message_says_who_came(rig):
    rig.ok("AT+SYSMSG=2")
    rig.ok("AT+CIPSERVER=1")
    peer = client(rig)
    row = f'+LINK_CONN:0,0,"TCP",1,"{rig.net.client_ip}",{peer.local_port},333\r\n'
    assert said(rig) == row.encode()


def test_clients_take_the_lowest_free_links_among_the_own(rig):
    rig.connect(index="1,")
    rig.ok("AT+CIPSERVER=1")
    first, _ = client(rig), client(rig)
    assert said(rig) == b"0,CONNECT\r\n2,CONNECT\r\n"
    first.close()
    assert said(rig) == b"0,CLOSED\r\n"
    client(rig)
    assert said(rig) == b"0,CONNECT\r\n", "the next client has the number again"


def test_a_sixth_is_turned_away_and_comes_in_later(rig):
    rig.ok("AT+CIPSERVER=1")
    inside = [client(rig) for _ in range(5)]
    sixth = client(rig)
    assert said(rig) == b"".join(b"%d,CONNECT\r\n" % i for i in range(5))
    assert not sixth.connected and sixth.closed
    assert not rig.ok('AT+CIPSTARTEX="TCP","192.0.2.1",80')
    inside[3].close()
    assert said(rig) == b"3,CLOSED\r\n"
    assert client(rig).connected


def test_the_number_of_clients_can_be_limited(rig):
    assert rig.lines("AT+CIPSERVERMAXCONN?") == ["+CIPSERVERMAXCONN:5", "OK"]
    assert rig.ok("AT+CIPSERVERMAXCONN=2")
    rig.ok("AT+CIPSERVER=1")
    assert [client(rig).connected for _ in range(3)] == [True, True, False]
    said(rig)
    assert rig.command("AT+CIPSERVERMAXCONN=3") == ERROR, "before the server only"
    rig.connect(index="4,")


def test_a_limit_below_the_links_that_are_open(rig):
    rig.connect(index="0,")
    rig.connect(index="1,", port=81)
    said(rig)
    assert rig.command("AT+CIPSERVERMAXCONN=1") == b"Have 2 Connections\r\n" + ERROR
    assert not rig.ok("AT+CIPSERVERMAXCONN=0")
    assert not rig.ok("AT+CIPSERVERMAXCONN=6")


def test_data_before_the_connection_is_told_comes_after_it(rig):
    rig.ok("AT+CIPSERVER=1")
    peer = rig.net.client_tcp(333)
    peer.send(b"GET /")
    output = rig.collect(0.2)
    assert output == b"0,CONNECT\r\n"
    peer.send(b"GET /")  # a Peer sends nothing before it is connected
    assert rig.collect(0.2) == b"\r\n+IPD,0,5:GET /"


def test_a_passive_server_announces_the_first_data(rig):
    rig.ok("AT+CIPRECVTYPE=5,1")
    rig.ok("AT+CIPSERVER=1")
    peer = rig.net.client_tcp(333)
    peer.on_open(lambda: peer.send(b"at once"))
    assert rig.collect(0.2) == b"0,CONNECT\r\n\r\n+IPD,0,7\r\n"


def test_old_firmware_forgets_the_first_announcement(rig):
    assert rig.m.control({"do": "quirk", "name": "forget_first_ipd", "on": True})["ok"]
    rig.ok("AT+CIPRECVTYPE=5,1")
    rig.ok("AT+CIPSERVER=1")
    peer = rig.net.client_tcp(333)
    peer.on_open(lambda: peer.send(b"at once"))
    assert rig.collect(0.5) == b"0,CONNECT\r\n"
    peer.send(b" and later")
    assert rig.collect(0.5) == b"", "nor the next, as long as nobody reads"
    assert rig.lines("AT+CIPRECVLEN?")[0] == "+CIPRECVLEN:17,0,0,0,0"
    answer = rig.command("AT+CIPRECVDATA=0,100")
    assert answer == b"+CIPRECVDATA:17,at once and later\r\nOK\r\n"
    peer.send(b"now")
    assert rig.collect(0.1) == b"\r\n+IPD,0,3\r\n"


def test_a_quirk_that_does_not_exist_is_refused(rig):
    assert not rig.m.control({"do": "quirk", "name": "nonsense"})["ok"]
    assert rig.m.control({"do": "quirk", "name": "udp_merge"}) == {"ok": True, "on": True}


def test_last_data_of_a_client_and_the_next_one_on_its_link(rig):
    rig.ok("AT+CIPRECVTYPE=5,1")
    rig.ok("AT+CIPSERVERMAXCONN=1")
    rig.ok("AT+CIPSERVER=1")
    first = client(rig)
    first.send(b"last words")
    first.close()
    said(rig)
    assert not client(rig).connected, "the link is in use until its data was read"
    rig.write("AT+CIPRECVDATA=0,100\r\n")
    assert said(rig) == b"+CIPRECVDATA:10,last words\r\nOK\r\n0,CLOSED\r\n"
    second = client(rig)
    second.send(b"mine")
    assert said(rig) == b"0,CONNECT\r\n\r\n+IPD,0,4\r\n"


# -- time-out --------------------------------------------------------------------------


def test_an_idle_client_is_dropped(rig):
    assert rig.command("AT+CIPSTO=10") == ERROR, "no server"
    rig.ok("AT+CIPSERVER=1")
    assert rig.ok("AT+CIPSTO=10")
    assert rig.lines("AT+CIPSTO?") == ["+CIPSTO:10", "OK"]
    peer = client(rig)
    said(rig)
    assert rig.collect(8) == b""
    peer.send(b"x")
    assert rig.collect(8) == b"\r\n+IPD,0,1:x", "data starts the time again"
    rig.prompt("AT+CIPSEND=0,1", b"y")
    assert rig.collect(9) == b""
    assert rig.collect(2) == b"0,CLOSED\r\n"
    assert peer.closed


def test_own_links_have_no_time_out_and_0_is_never(rig):
    rig.ok("AT+CIPSERVER=1")
    rig.ok("AT+CIPSTO=0")
    client(rig)
    rig.connect(index="3,")
    said(rig)
    assert rig.collect(8000) == b""
    rig.ok("AT+CIPSTO=5")
    assert rig.collect(10) == b"0,CLOSED\r\n", "and it counts for those that are there"
    assert not rig.ok("AT+CIPSTO=7201")


# -- the soft-AP -----------------------------------------------------------------------


def test_clients_of_the_soft_ap():
    rig = Rig()
    rig.ok("AT+CWMODE=2")
    rig.ok("AT+CIPMUX=1")
    assert rig.ok("AT+CIPSERVER=1,80")
    peer = client(rig, 80, ip="192.168.4.2")
    assert said(rig) == b"0,CONNECT\r\n"
    assert peer.remote_ip == "192.168.4.1"
    assert '"192.168.4.2"' in rig.lines("AT+CIPSTATE?")[0]
    assert not client(rig, 80).connected, "there is no station"
    assert rig.command("AT+CWMODE=0") == b"0,CLOSED\r\n\r\nOK\r\n"


def test_links_of_both_interfaces(rig):
    rig.ok("AT+CWMODE=3")
    rig.ok("AT+CIPSERVER=1,80")
    near = client(rig, 80, ip="192.168.4.2")
    client(rig, 80)
    said(rig)
    rig.ok("AT+CWQAP")
    assert said(rig) == b"WIFI DISCONNECT\r\n1,CLOSED\r\n"
    near.send(b"still here")
    assert said(rig) == b"\r\n+IPD,0,10:still here"


# -- TLS -------------------------------------------------------------------------------


def test_a_client_with_tls(rig):
    assert rig.ok('AT+CIPSERVER=1,443,"SSL"')
    assert rig.lines("AT+CIPSERVER?")[0] == '+CIPSERVER:1,443,"SSL",0'
    context = peers_tls.client_context()
    context.check_hostname = True
    peer = client(rig, 443, 1.0, tls=context, server_name="espat.module")
    assert said(rig) == b"0,CONNECT\r\n"
    peer.send(b"secret")
    assert said(rig) == b"\r\n+IPD,0,6:secret"
    data = random.Random(7).randbytes(8000)
    assert rig.prompt("AT+CIPSEND=0,8000", data).endswith(b"SEND OK\r\n")
    rig.collect(0.1)
    assert bytes(peer.received) == data
    assert ',"SSL",' in rig.lines("AT+CIPSTATE?")[0]
    assert rig.command("AT+CIPCLOSE=0") == b"0,CLOSED\r\n\r\nOK\r\n"
    rig.collect(0.1)
    assert peer.closed and not peer.error


def test_a_client_is_told_only_after_its_handshake(rig):
    rig.ok('AT+CIPSERVER=1,443,"SSL"')
    plain = client(rig, 443)
    plain.send(b"GET / HTTP/1.0\r\n\r\n")
    assert said(rig) == b""
    assert plain.closed
    silent = client(rig, 443)
    assert said(rig, 12) == b""
    assert silent.closed, "ten seconds of silence"


def test_clients_may_have_to_show_a_certificate(rig):
    assert rig.ok('AT+CIPSERVER=1,443,"SSL",1')
    without = client(rig, 443, 1.0, tls=peers_tls.client_context())
    assert said(rig) == b""
    assert without.closed
    client(rig, 443, 1.0, tls=peers_tls.client_context("pc.test"))
    assert said(rig) == b"0,CONNECT\r\n"


@pytest.mark.parametrize(
    "space, ca, message",
    [
        ("server_cert", 0, b"NO CERT FOUND"),
        ("server_key", 0, b"NO PRVT_KEY FOUND"),
        ("server_ca", 1, b"NO CA FOUND"),
    ],
)
def test_a_server_without_its_certificates(rig, space, ca, message):
    rig.ok(f'AT+SYSMFG=0,"{space}","{space}.0"')
    assert rig.command(f'AT+CIPSERVER=1,443,"SSL",{ca}') == message + b"\r\n" + ERROR
    assert rig.ok("AT+CIPSERVER=1,443")


def test_a_server_whose_key_does_not_fit_serves_nobody(rig):
    key = factory_pki.CLIENT_KEY_0.encode()
    rig.prompt(f'AT+SYSMFG=2,"server_key","server_key.0",8,{len(key)}', key)
    rig.ok('AT+CIPSERVER=1,443,"SSL"')
    peer = client(rig, 443, 1.0, tls=peers_tls.client_context())
    assert peer.closed and said(rig) == b""


def test_five_clients_with_tls_shaking_hands_at_once(rig):
    rig.ok('AT+CIPSERVER=1,443,"SSL"')
    made = [rig.net.client_tcp(443, tls=peers_tls.client_context()) for _ in range(6)]
    output = said(rig, 2)
    assert sorted(output.split(b"\r\n")[:-1]) == [b"%d,CONNECT" % i for i in range(5)]
    assert [peer.connected for peer in made] == [True] * 5 + [False]


# -- passthrough -----------------------------------------------------------------------


def passing(rig):
    rig.ok("AT+CIPSERVERMAXCONN=1")
    rig.ok("AT+CIPSERVER=1,8080")
    peer = client(rig, 8080)
    assert said(rig) == b"0,CONNECT\r\n"
    assert rig.ok("AT+CIPMODE=1")
    rig.write("AT+CIPSEND\r\n")
    assert rig.wait_for(b">") == b"\r\nOK\r\n\r\n>"
    return peer


def test_passthrough_with_a_single_client(rig):
    peer = passing(rig)
    rig.write(b"to the client\r\nOK\r\n")
    rig.collect(0.1)
    assert bytes(peer.received) == b"to the client\r\nOK\r\n"
    peer.send(b"+IPD,0,3:abc\r\n")
    assert said(rig) == b"+IPD,0,3:abc\r\n"
    rig.collect(0.03)
    rig.write("+++")
    assert rig.collect(1) == b""
    assert rig.ok("AT+CIPMODE=0")
    assert rig.command("AT+CIPCLOSE=0") == b"0,CLOSED\r\n\r\nOK\r\n"


def test_the_next_client_takes_the_stream_over(rig):
    first = passing(rig)
    first.close()
    assert said(rig) == b"", "no state message in the stream"
    rig.write("for the next one")
    rig.collect(0.5)
    second = client(rig, 8080)
    rig.collect(0.1)
    assert bytes(second.received) == b"for the next one"
    second.send(b"thanks")
    assert said(rig) == b"thanks"


def test_passthrough_needs_a_server_for_one(rig):
    rig.ok("AT+CIPSERVER=1")
    assert rig.command("AT+CIPMODE=1") == ERROR
    rig.ok("AT+CIPSERVER=0")
    rig.ok("AT+CIPSERVERMAXCONN=1")
    assert rig.command("AT+CIPMODE=1") == ERROR
    rig.ok("AT+CIPSERVER=1")
    assert rig.ok("AT+CIPMODE=1")
    assert rig.command("AT+CIPSEND") == ERROR, "nobody is there yet"
