# UDP: remote ends that stay or follow, borders of datagrams, groups and broadcasts, sizes.
# The hosts are in the test's hand.
from __future__ import annotations

import pytest

from sim.rig import Rig

ERROR = b"\r\nERROR\r\n"
HOST, PORT, LOCAL = "192.0.2.10", 5000, 1111


@pytest.fixture
def rig():
    return Rig(wifi=True)


def open_udp(rig, mode=0, host=HOST, passive=0):
    """The link and two hosts: the one it was opened for, and a stranger."""
    assert rig.ok(f"AT+CIPRECVTYPE={passive}")
    assert rig.ok(f'AT+CIPSTART="UDP","{host}",{PORT},{LOCAL},{mode}')
    return rig.net.udp_peer(HOST, PORT), rig.net.udp_peer("192.0.2.11", 6000)


def arrive(rig, peer, *datagrams, port=LOCAL):
    for data in datagrams:
        peer.sendto(data, rig.net.station_ip, port)
    return rig.collect(0.1)


def send(rig, data, target=""):
    assert rig.prompt(f"AT+CIPSEND={len(data)}{target}", data).endswith(b"SEND OK\r\n")
    rig.collect(0.1)


# -- the remote end --------------------------------------------------------------------


def test_mode_0_always_answers_the_same_host(rig):
    peer, stranger = open_udp(rig, 0)
    assert arrive(rig, stranger, b"hello") == b"\r\n+IPD,5:hello", "but it hears everybody"
    send(rig, b"reply")
    assert peer.received[0][0] == b"reply" and not stranger.received


def test_mode_1_follows_the_first_stranger_only(rig):
    peer, stranger = open_udp(rig, 1)
    third = rig.net.udp_peer("192.0.2.12", 7000)
    arrive(rig, peer, b"known")
    arrive(rig, stranger, b"first")
    arrive(rig, third, b"second")
    send(rig, b"reply")
    assert [len(p.received) for p in (peer, stranger, third)] == [0, 1, 0]
    assert '"192.0.2.11",6000' in rig.lines("AT+CIPSTATE?")[0]


def test_mode_2_follows_everybody(rig):
    peer, stranger = open_udp(rig, 2)
    arrive(rig, stranger, b"one")
    send(rig, b"to stranger")
    arrive(rig, peer, b"two")
    send(rig, b"to peer")
    assert [d[0] for d in stranger.received] == [b"to stranger"]
    assert [d[0] for d in peer.received] == [b"to peer"]


def test_a_target_for_one_datagram(rig):
    peer, stranger = open_udp(rig)
    rig.net.hosts["stranger.test"] = stranger.ip
    for command in ("AT+CIPSEND", "AT+CIPSENDEX", "AT+CIPSENDL"):
        answer = rig.prompt(f'{command}=3,"stranger.test",6000', b"one")
        assert answer.endswith(b"SEND OK\r\n")
        rig.collect(0.1)
    send(rig, b"two")
    assert [d[0] for d in stranger.received] == [b"one"] * 3
    assert [d[0] for d in peer.received] == [b"two"]
    assert rig.command('AT+CIPSENDL=3,"no.test",6000') == ERROR
    assert rig.prompt('AT+CIPSEND=3,"no.test",6000', b"one").endswith(b"SEND FAIL\r\n")


def test_the_host_may_close_and_the_link_stays(rig):
    peer, _ = open_udp(rig)
    peer.close()
    send(rig, b"into the void")
    assert rig.command("AT+CIPCLOSE") == b"CLOSED\r\n\r\nOK\r\n"


def test_a_listener_for_everybody(rig):
    _, stranger = open_udp(rig, 2, host="0.0.0.0")
    assert arrive(rig, stranger, b"hello") == b"\r\n+IPD,5:hello"
    send(rig, b"hello back")
    assert stranger.received[0][0] == b"hello back"


def test_the_detailed_connect_message(rig):
    rig.ok("AT+SYSMSG=2")
    assert rig.command(f'AT+CIPSTART="UDP","{HOST}",{PORT},{LOCAL},0') == (
        b'+LINK_CONN:0,0,"UDP",0,"192.0.2.10",5000,1111\r\n\r\nOK\r\n'
    )


@pytest.mark.parametrize("arguments", ["", f",{LOCAL}", f",{LOCAL},2", ",,", f",{LOCAL},2,"])
def test_arguments_that_may_be_left_out(rig, arguments):
    assert rig.ok(f'AT+CIPSTART="UDP","{HOST}",{PORT}{arguments}')


@pytest.mark.parametrize("arguments", [",,1", f",{LOCAL},3", ",65536", f',{LOCAL},0,"192.0.2.1"'])
def test_bad_arguments(rig, arguments):
    assert rig.command(f'AT+CIPSTART="UDP","{HOST}",{PORT}{arguments}') == ERROR


def test_a_link_can_be_bound_to_an_own_address(rig):
    assert rig.ok(f'AT+CIPSTART="UDP","{HOST}",{PORT},,,"{rig.net.station_ip}"')


def test_a_port_is_used_once(rig):
    rig.ok("AT+CIPMUX=1")
    assert rig.ok(f'AT+CIPSTART=0,"UDP","{HOST}",{PORT},{LOCAL},0')
    assert rig.command(f'AT+CIPSTART=1,"UDP","{HOST}",{PORT},{LOCAL},0') == ERROR
    assert rig.ok(f'AT+CIPSTART=1,"UDP","{HOST}",{PORT},{LOCAL + 1},0')


# -- borders, active -------------------------------------------------------------------


def test_one_message_for_every_datagram(rig):
    rig.ok("AT+CIPDINFO=1")
    peer, stranger = open_udp(rig)
    peer.sendto(b"one", rig.net.station_ip, LOCAL)
    output = arrive(rig, stranger, b"two", b"")
    assert output == (
        b'\r\n+IPD,3,"192.0.2.10",5000:one'
        b'\r\n+IPD,3,"192.0.2.11",6000:two'
        b'\r\n+IPD,0,"192.0.2.11",6000:'
    )


def test_the_largest_datagram(rig):
    peer, _ = open_udp(rig)
    first = arrive(rig, peer, bytes(1460)) + rig.collect(0.1)
    assert first == b"\r\n+IPD,1460:" + bytes(1460)
    assert arrive(rig, peer, bytes(1461)) == b"", "its fragments are not put together"


def test_a_long_send_is_one_datagram_and_more_than_8192_is_refused(rig):
    peer, _ = open_udp(rig)
    send(rig, bytes(8192))
    assert len(peer.received[0][0]) == 8192
    assert rig.command("AT+CIPSEND=8193") == ERROR


# -- borders, passive ------------------------------------------------------------------


def test_a_read_goes_on_into_the_next_datagram_and_loses_the_rest_of_it(rig):
    peer, _ = open_udp(rig, passive=1)
    assert arrive(rig, peer, *[b"%d" % i * 444 for i in range(6)]) == b"\r\n+IPD,444\r\n"
    assert rig.lines("AT+CIPRECVLEN?")[0] == "+CIPRECVLEN:2664,0,0,0,0"
    rig.write("AT+CIPRECVDATA=1000\r\n")
    output = rig.collect(0.5)
    data = b"0" * 444 + b"1" * 444 + b"2" * 112
    assert output == b"+CIPRECVDATA:1000," + data + b"\r\nOK\r\n\r\n+IPD,1332\r\n"


def test_a_read_smaller_than_the_datagram_loses_the_rest(rig):
    peer, _ = open_udp(rig, passive=1)
    arrive(rig, peer, b"x" * 331)
    assert rig.command("AT+CIPRECVDATA=256") == b"+CIPRECVDATA:256," + b"x" * 256 + b"\r\nOK\r\n"
    assert rig.command("AT+CIPRECVDATA=75") == ERROR


def test_newer_firmware_gives_one_datagram_a_read(rig):
    rig.m.control({"do": "quirk", "name": "udp_merge", "on": False})
    rig.ok("AT+CIPDINFO=1")
    peer, stranger = open_udp(rig, passive=1)
    arrive(rig, peer, b"one")
    arrive(rig, stranger, b"two")
    rig.write("AT+CIPRECVDATA=1000\r\n")
    assert rig.collect(0.1) == (b'+CIPRECVDATA:3,"192.0.2.10",5000,one\r\nOK\r\n\r\n+IPD,3\r\n')
    assert rig.command("AT+CIPRECVDATA=2") == b'+CIPRECVDATA:2,"192.0.2.11",6000,tw\r\nOK\r\n'
    assert rig.command("AT+CIPRECVDATA=2") == ERROR


def test_the_address_is_that_of_the_last_datagram(rig):
    rig.ok("AT+CIPDINFO=1")
    peer, stranger = open_udp(rig, passive=1)
    arrive(rig, peer, b"one")
    arrive(rig, stranger, b"two")
    answer = rig.command("AT+CIPRECVDATA=1000")
    assert answer == b'+CIPRECVDATA:6,"192.0.2.11",6000,onetwo\r\nOK\r\n'


def test_the_remote_end_follows_what_was_read(rig):
    peer, stranger = open_udp(rig, 2, passive=1)
    arrive(rig, stranger, b"hello")
    assert f'"{HOST}",{PORT}' in rig.lines("AT+CIPSTATE?")[0]
    rig.ok("AT+CIPRECVDATA=100")
    assert '"192.0.2.11",6000' in rig.lines("AT+CIPSTATE?")[0]


@pytest.mark.parametrize("size, kept", [(1400, 4), (10, 6)])
def test_a_full_buffer_loses_datagrams(rig, size, kept):
    """5760 bytes, or six datagrams."""
    peer, _ = open_udp(rig, passive=1)
    for _ in range(8):
        arrive(rig, peer, bytes(size))
    assert rig.lines("AT+CIPRECVLEN?")[0] == f"+CIPRECVLEN:{kept * size},0,0,0,0"


# -- groups and broadcasts -------------------------------------------------------------


def test_a_group_is_sent_to_and_heard(rig):
    members = [rig.net.udp_peer(f"192.0.2.{i}", PORT) for i in (20, 21)]
    assert rig.ok(f'AT+CIPSTART="UDP","239.1.2.3",{PORT},{LOCAL},0')
    send(rig, b"all of you")
    assert [m.received[0][0] for m in members] == [b"all of you"] * 2
    members[0].sendto(b"to the group", "239.1.2.3", LOCAL)
    members[0].sendto(b"to another", "239.1.2.4", LOCAL)
    assert rig.collect(0.1) == b"\r\n+IPD,12:to the group"


def test_broadcasts(rig):
    peer = rig.net.udp_peer(HOST, PORT)
    assert rig.ok(f'AT+CIPSTART="UDP","255.255.255.255",{PORT},{LOCAL},0')
    send(rig, b"anybody?")
    assert peer.received[0][0] == b"anybody?"
    peer.sendto(b"everybody", "255.255.255.255", LOCAL)
    assert rig.collect(0.1) == b"\r\n+IPD,9:everybody"


def test_udp_over_the_soft_ap():
    rig = Rig()
    rig.ok("AT+CWMODE=2")
    peer = rig.net.udp_peer("192.168.4.2", 8080)
    assert rig.ok('AT+CIPSTART="UDP","192.168.4.2",8080,2233,0')
    send(rig, b"hello")
    assert peer.received == [(b"hello", "192.168.4.1", 2233)]
    peer.sendto(b"back", "192.168.4.1", 2233)
    assert rig.collect(0.1) == b"\r\n+IPD,4:back"
    rig.ok("AT+CIPCLOSE")
    assert rig.command('AT+CIPSTART="UDP","192.0.2.1",8080') == ERROR, "no way out of here"


# -- passthrough -----------------------------------------------------------------------


def test_passthrough_over_udp(rig):
    peer, _ = open_udp(rig)
    assert rig.ok("AT+CIPMODE=1")
    rig.write("AT+CIPSEND\r\n")
    rig.wait_for(b">")
    rig.write("raw")
    rig.collect(0.1)
    assert peer.received == [(b"raw", rig.net.station_ip, LOCAL)]
    assert arrive(rig, peer, b"back") == b"back"


def test_passthrough_over_udp_needs_mode_0(rig):
    open_udp(rig, 2)
    assert rig.command("AT+CIPMODE=1") == ERROR
    rig.ok("AT+CIPCLOSE")
    rig.ok("AT+CIPMODE=1")
    open_link = f'AT+CIPSTART="UDP","{HOST}",{PORT},{LOCAL},2'
    assert rig.ok(open_link)
    assert rig.command("AT+CIPSEND") == ERROR


def test_wifi_that_goes_takes_udp_links_along(rig):
    open_udp(rig)
    rig.m.control({"do": "kick"})
    assert rig.collect(0.1) == b"WIFI DISCONNECT\r\nCLOSED\r\n"
