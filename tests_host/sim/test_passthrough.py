# Passthrough: in, out by +++, its blocks, reconnection, and boot into it.
from __future__ import annotations

import random

import pytest

from espat_sim import Flash, peers_tls
from sim.rig import Rig


@pytest.fixture
def rig():
    return Rig(wifi=True)


def enter(rig):
    peers = rig.connect()
    assert rig.ok("AT+CIPMODE=1")
    rig.write("AT+CIPSEND\r\n")
    assert rig.wait_for(b">") == b"\r\nOK\r\n\r\n>"
    return peers


def leave(rig):
    rig.collect(0.03)
    rig.write("+++")
    rig.collect(1)


def test_raw_data_flows_both_ways(rig):
    peers = enter(rig)
    data = random.Random(1).randbytes(3000) + b"AT+RST\r\n"
    rig.write(data)
    rig.collect(0.5)
    assert bytes(peers[0].received) == data
    peers[0].send(b"\r\nOK\r\n+IPD,4:raw")
    assert rig.collect(0.1) == b"\r\nOK\r\n+IPD,4:raw"


def test_small_data_waits_for_the_flush_interval(rig):
    rig.ok("AT+TRANSINTVL=100")
    peers = enter(rig)
    rig.write("abc")
    rig.collect(0.09)
    assert not peers[0].received
    rig.collect(0.03)
    assert bytes(peers[0].received) == b"abc"


def test_a_full_block_goes_at_once(rig):
    rig.ok("AT+TRANSINTVL=1000")
    peers = enter(rig)
    rig.write(bytes(3000))
    rig.collect(0.05)
    assert len(peers[0].received) == 2920


def test_the_escape_says_nothing_and_the_link_stays(rig):
    peers = enter(rig)
    rig.collect(0.03)
    rig.write("+++")
    assert rig.collect(1) == b""
    assert rig.ok("AT")
    rig.write("AT+CIPSEND\r\n")
    rig.wait_for(b">")
    rig.write("again")
    rig.collect(0.1)
    assert bytes(peers[0].received) == b"again"
    leave(rig)
    assert rig.ok("AT+CIPMODE=0")
    assert rig.command("AT+CIPCLOSE") == b"CLOSED\r\n\r\nOK\r\n"


def test_the_escape_is_told_when_asked_for(rig):
    rig.ok("AT+SYSMSG=1")
    enter(rig)
    rig.collect(0.03)
    rig.write("+++")
    assert rig.collect(1) == b"\r\n+QUITT\r\n"


@pytest.mark.parametrize("data", [b"abc+++", b"+++abc", b"++++", b"+++\r\n", b"++"])
def test_pluses_among_data_are_data(rig, data):
    peers = enter(rig)
    rig.collect(0.1)
    rig.write(data)
    rig.collect(1)
    assert bytes(peers[0].received) == data


def test_pluses_typed_too_soon_or_too_slowly_are_data(rig):
    peers = enter(rig)
    rig.write("abc")
    rig.collect(0.01)
    rig.write("+++")
    rig.collect(0.5)
    assert bytes(peers[0].received) == b"abc+++"
    for _ in range(3):
        rig.write("+")
        rig.collect(0.03)
    rig.collect(0.5)
    assert bytes(peers[0].received) == b"abc++++++"


def test_pluses_typed_one_by_one_quickly_are_the_escape(rig):
    peers = enter(rig)
    rig.collect(0.1)
    for _ in range(3):
        rig.write("+")
        rig.collect(0.01)
    rig.collect(1)
    assert rig.ok("AT")
    assert not peers[0].received


def test_after_the_escape_data_still_comes_without_frames(rig):
    peers = enter(rig)
    leave(rig)
    peers[0].send(b"raw")
    assert rig.collect(0.1) == b"raw"


def test_passthrough_needs_its_mode_and_a_link(rig):
    assert not rig.ok("AT+CIPSEND")
    rig.ok("AT+CIPMODE=1")
    assert not rig.ok("AT+CIPSEND")
    rig.connect()
    rig.ok("AT+CIPMODE=0")
    assert not rig.ok("AT+CIPSEND")


def test_a_lost_link_comes_back_by_itself(rig):
    rig.ok("AT+CIPRECONNINTV=10")
    peers = enter(rig)
    rig.write("one")
    rig.collect(0.1)
    peers[0].close()
    assert rig.collect(0.9) == b"", "no CLOSED in the stream"
    rig.write("two")
    rig.collect(0.3)
    assert len(peers) == 2
    assert bytes(peers[1].received) == b"two"


def test_data_that_waits_when_the_link_is_lost_goes_over_the_next(rig):
    peers = enter(rig)
    peers[0].pause()
    rig.write(bytes(80_000))
    peers[0].reset()
    rig.collect(0.05)
    rig.write(b"later")
    rig.collect(1)
    assert len(peers) == 2
    assert bytes(peers[1].received).endswith(b"later")


def test_passthrough_after_wifi_was_lost_and_found(rig):
    peers = enter(rig)
    rig.m.control({"do": "kick"})
    assert rig.collect(5) == b"", "the stream stays clean"
    rig.write("back")
    rig.collect(0.2)
    assert bytes(peers[-1].received) == b"back"


def test_state_messages_in_the_stream_when_asked_for(rig):
    rig.ok("AT+SYSMSG=4")
    peers = enter(rig)
    peers[0].close()
    assert rig.collect(1) == b"CLOSED\r\nCONNECT\r\n"


def test_boot_into_passthrough():
    flash = Flash()
    rig = Rig(wifi=True, flash=flash)
    peers = []
    rig.net.serve_tcp("server.test", 80, peers.append)
    assert rig.ok('AT+SAVETRANSLINK=1,"server.test",80,"TCP"')
    rig.write("AT+RST\r\n")
    output = rig.collect(5)
    assert output.endswith(b"\r\nready\r\nWIFI CONNECTED\r\nWIFI GOT IP\r\n\r\n>")
    rig.write("hello")
    rig.collect(0.1)
    assert bytes(peers[0].received) == b"hello"
    leave(rig)
    rig.command("ATE0")
    assert rig.ok("AT+SAVETRANSLINK=0")
    rig.write("AT+RST\r\n")
    assert rig.collect(5).endswith(b"WIFI GOT IP\r\n"), "and no passthrough"


def test_boot_into_passthrough_tries_until_the_server_is_there():
    rig = Rig(wifi=True, flash=Flash())
    peers = []
    rig.net.address("server.test")
    assert rig.ok('AT+SAVETRANSLINK=1,"server.test",80')
    rig.write("AT+RST\r\n")
    assert rig.collect(5).endswith(b"WIFI GOT IP\r\n"), "refused so far"
    rig.net.serve_tcp("server.test", 80, peers.append)
    assert rig.collect(1) == b"\r\n>"
    assert len(peers) == 1


def test_boot_into_udp_passthrough():
    rig = Rig(wifi=True, flash=Flash())
    peer = rig.net.udp_peer("192.0.2.10", 5000)
    assert rig.ok('AT+SAVETRANSLINK=1,"192.0.2.10",5000,"UDP",1005')
    rig.write("AT+RST\r\n")
    assert rig.collect(5).endswith(b"\r\n>")
    rig.write("hello")
    rig.collect(0.1)
    assert peer.received == [(b"hello", rig.net.station_ip, 1005)]


def test_a_lost_server_is_tried_again_and_again(rig):
    peers = enter(rig)
    rig.net.refuse("server.test", 80)
    peers[0].close()
    rig.collect(3)
    rig.net.serve_tcp("server.test", 80, peers.append)
    rig.write("back")
    rig.collect(0.5)
    assert bytes(peers[-1].received) == b"back"


def test_what_was_typed_before_the_escape_is_still_sent(rig):
    rig.ok("AT+TRANSINTVL=1000")
    peers = enter(rig)
    rig.write("last words")
    rig.collect(0.03)
    rig.write("+++")
    rig.collect(0.2)
    assert bytes(peers[0].received) == b"last words"


def test_after_the_escape_a_lost_link_stays_lost(rig):
    peers = enter(rig)
    leave(rig)
    peers[0].close()
    assert rig.collect(3) == b"CLOSED\r\n"
    assert len(peers) == 1


# -- over TLS --------------------------------------------------------------------------


def tls_server(rig):
    peers = []
    rig.net.serve_tcp("tls.test", 443, peers.append, tls=peers_tls.server_context("tls.test"))
    return peers


def test_a_stream_over_tls_that_is_lost_and_comes_back(rig):
    peers = tls_server(rig)
    assert rig.ok('AT+CIPSTART="SSL","tls.test",443')
    rig.ok("AT+CIPMODE=1")
    rig.write("AT+CIPSEND\r\n")
    rig.wait_for(b">")
    data = random.Random(4).randbytes(5000)
    rig.write(data)
    rig.collect(0.1)
    assert bytes(peers[0].received) == data
    peers[0].send(data)
    assert rig.collect(1) == data
    peers[0].close()
    rig.write("more")
    assert rig.collect(1) == b""
    assert bytes(peers[1].received) == b"more"
    leave(rig)
    assert rig.ok("AT+CIPMODE=0")


def test_boot_into_a_stream_over_tls_with_the_stored_checks():
    rig = Rig(wifi=True, flash=Flash())
    peers = tls_server(rig)
    assert rig.ok("AT+CIPSSLCCONF=1,0,0")
    assert rig.ok('AT+SAVETRANSLINK=1,"tls.test",443,"SSL"')
    rig.write("AT+RST\r\n")
    assert rig.collect(5).endswith(b"\r\n>")
    rig.write("hello")
    rig.collect(0.1)
    assert bytes(peers[0].received) == b"hello"


def test_boot_into_a_stream_over_tls_without_its_certificate():
    rig = Rig(wifi=True, flash=Flash())
    tls_server(rig)
    rig.ok("AT+CIPSSLCCONF=1,0,0")
    rig.ok('AT+SAVETRANSLINK=1,"tls.test",443,"SSL"')
    rig.ok('AT+SYSMFG=0,"client_key"')
    rig.write("AT+RST\r\n")
    assert rig.collect(5).endswith(b"WIFI GOT IP\r\nNO PRVT_KEY FOUND\r\n")
    rig.command("ATE0")
    assert rig.ok("AT")


# -- the last words ----------------------------------------------------------------------


def test_the_escape_while_a_block_is_on_its_way_loses_nothing(rig):
    peers = enter(rig)
    peers[0].pause()
    # The peer's window, the module's send buffer, and what the stream itself can hold.
    data = random.Random(5).randbytes(76_000)
    rig.write(data)
    rig.collect(0.1)
    rig.write("+++")
    rig.collect(1)
    peers[0].resume()
    rig.collect(1)
    assert rig.ok("AT")
    assert bytes(peers[0].received) == data


@pytest.mark.parametrize(
    "value",
    [
        '2,"server.test",80',
        '1,"server.test"',
        '1,"server.test",80,"FTP"',
        '1,"server.test",80,"TCP",7201',
        f'1,"{"h" * 65}",80',
    ],
)
def test_bad_boot_links(rig, value):
    assert not rig.ok("AT+SAVETRANSLINK=" + value)


def test_a_megabit_line_with_flow_control_loses_nothing(rig):
    rig.ok("AT+UART_CUR=921600,8,1,0,3")
    rig.host.set_baud(921600)
    rig.host.flow = True
    peers = enter(rig)
    rig.host.set_rxbuf(256)
    data = random.Random(2).randbytes(100_000)
    back = random.Random(3).randbytes(100_000)
    peers[0].send(back)
    sent, got = 0, bytearray()
    while sent < len(data) or len(got) < len(back):
        sent += rig.host.write(data[sent : sent + 300])
        rig.clock.advance(1000)
        got += rig.host.read(200)
    rig.clock.advance(1_000_000)
    assert bytes(peers[0].received) == data
    assert bytes(got) == back
