# Links of the profile esp8266-0.30: opening, sending, the send buffer, passthrough, server.
# Commands and forms: test_old_commands.py.
from __future__ import annotations

import pytest

from espat_sim import Flash, peers
from sim.old_rig import BOTH, JOIN, OLD, buffered, fill_the_way, made, sent
from sim.rig import Rig


@pytest.fixture
def rig():
    return made()


@pytest.fixture
def both():
    return made(BOTH)


# -- links -----------------------------------------------------------------------------


def test_addresses_have_no_labels(both):
    assert both.lines("AT+CIFSR") == ['+CIFSR:"192.168.4.1"', '+CIFSR:"192.168.1.50"', "OK"]


def test_a_link_says_connect_and_its_address_has_no_quotes(rig):
    (peer,) = rig.connect()
    assert rig.lines("AT+CIPSTATUS")[:2] == [
        "STATUS:3",
        f'+CIPSTATUS:0,"TCP","{peer.local_ip}",80,{peer.remote_port},0',
    ]
    peer.send(b"data")
    assert rig.collect(0.2) == b"\r\n+IPD,4:data"
    assert rig.ok("AT+CIPDINFO=1")
    peer.send(b"data")
    assert rig.collect(0.2) == b"\r\n+IPD,4,%s,80:data" % peer.local_ip.encode()


def test_a_link_that_exists_already(rig):
    rig.connect()
    rig.write('AT+CIPSTART="TCP","server.test",80\r\n')
    assert rig.collect(0.2) == b"ALREADY CONNECT\r\n"
    assert rig.ok("AT")


def test_the_prompt_has_no_ok_and_a_blank(rig):
    (peer,) = rig.connect()
    rig.write("AT+CIPSEND=4\r\n")
    assert rig.collect(0.1) == b"\r\n> "
    rig.write(b"data")
    assert rig.collect(0.1) == b"\r\nRecv 4 bytes\r\n\r\nSEND OK\r\n"
    assert peer.received == b"data"
    rig.m.control({"do": "quirk", "name": "prompt_ok", "on": True})
    rig.write("AT+CIPSEND=4\r\n")
    assert rig.collect(0.1) == b"\r\nOK\r\n\r\n> "


def test_a_send_takes_2048_bytes(rig):
    (peer,) = rig.connect()
    assert not rig.ok("AT+CIPSEND=2049")
    assert b"SEND OK" in sent(rig, "AT+CIPSEND=2048", b"+++" + bytes(2045), 1)
    assert len(peer.received) == 2048


def test_a_send_without_a_link(rig):
    assert rig.lines("AT+CIPSEND=4") == ["link is not valid", "ERROR"]


def test_busy_while_sending(rig):
    (peer,) = rig.connect()
    peer.pause()
    output = b""
    for _ in range(40):
        rig.write("AT+CIPSEND=2048\r\n")
        rig.wait_for(b"> ")
        rig.write(bytes(2048))
        output = rig.collect(0.5)
        if b"SEND OK" not in output:
            break
    rig.write("AT\r\n")
    assert rig.collect(0.1) == b"\r\nbusy s...\r\n"
    peer.resume()
    assert b"SEND OK" in rig.collect(1)


def test_an_extended_send_ends_at_its_mark(rig):
    (peer,) = rig.connect()
    assert b"Recv 3 bytes" in sent(rig, "AT+CIPSENDEX=100", b"abc\\0")
    assert peer.received == b"abc"


def test_udp(rig):
    peer = rig.net.udp_peer("192.168.1.9", 1000)
    assert rig.ok('AT+CIPSTART="UDP","192.168.1.9",1000,2000,2')
    assert b"SEND OK" in sent(rig, "AT+CIPSEND=2", b"ab")
    other = rig.net.udp_peer("192.168.1.8", 1001)
    other.sendto(b"from elsewhere", rig.net.station_ip, 2000)
    assert b"+IPD,14:from elsewhere" in rig.collect(0.2)
    assert peer is not other


def test_keep_alive_is_in_half_seconds(rig):
    rig.net.serve_tcp("server.test", 80, lambda peer: None)
    assert rig.ok('AT+CIPSTART="TCP","server.test",80,21')
    assert rig.m.cfg["tcpopt"][0][3] == 11
    assert not rig.ok('AT+CIPSTART="TCP","server.test",80,7201')


def test_several_links_and_a_server(rig):
    assert not rig.ok("AT+CIPSERVER=1,1001")
    assert rig.ok("AT+CIPMUX=1")
    assert not rig.ok("AT+CIPSTO=10")
    assert rig.ok("AT+CIPSERVER=1,1001")
    assert rig.ok("AT+CIPSTO=10")
    assert rig.lines("AT+CIPSTO?") == ["+CIPSTO:10", "OK"]
    client = rig.net.client_tcp(1001)
    assert rig.collect(0.2) == b"0,CONNECT\r\n"
    client.send(b"hello")
    assert rig.collect(0.2) == b"\r\n+IPD,0,5:hello"
    assert not rig.ok("AT+CIPCLOSE=5")
    assert rig.lines("AT+CIPCLOSE=0") == ["0,CLOSED", "OK"]
    assert rig.ok("AT+CIPSERVER=0")
    assert rig.ok("AT+CIPCLOSE=5")


def test_passthrough(rig):
    (peer,) = rig.connect()
    assert rig.ok("AT+CIPMODE=1")
    rig.write("AT+CIPSEND\r\n")
    assert rig.collect(0.1) == b"\r\n> "
    rig.write(b"stream")
    rig.collect(0.1)
    assert peer.received == b"stream"
    rig.write(b"+++")
    rig.collect(1.1)
    assert rig.ok("AT+CIPMODE=0")


def test_a_stored_link_begins_at_boot():
    flash = Flash()
    rig = Rig(profile=OLD, flash=flash)
    rig.ok("AT+CWMODE=1")
    assert rig.ok(JOIN)
    ends = []
    rig.net.serve_tcp("192.168.1.9", 1002, ends.append)
    assert not rig.ok('AT+SAVETRANSLINK=1,"192.168.1.9",1002,"SSL"')
    assert rig.ok('AT+SAVETRANSLINK=1,"192.168.1.9",1002,"TCP",20')
    rig.command("AT+RST")
    rig.wait_ready()
    assert rig.collect(5).endswith(b"\r\n> ")
    rig.write(b"data")
    rig.collect(0.1)
    assert ends[0].received == b"data"
    rig.write(b"+++")
    rig.collect(1.1)
    assert rig.ok("AT+SAVETRANSLINK=0")
    assert flash.get("at", "translink") is None


def test_ping_answers_a_bare_number(rig):
    rig.connect()
    lines = rig.lines('AT+PING="server.test"')
    assert lines[0][0] == "+" and lines[0][1:].isdigit()
    assert rig.lines('AT+PING="no.test"') == ["ERROR"]


def test_an_update_says_four_stages(rig):
    serve = peers.serve_firmware(["v1.5"], {"user1": b"\xe9" + bytes(1000)})
    rig.net.serve_tcp("iot.espressif.cn", 80, serve)
    assert rig.lines("AT+CIUPDATE") == [f"+CIPUPDATE:{n}" for n in (1, 2, 3, 4)] + ["OK"]
    rig.wait_ready()


# -- the send buffer -------------------------------------------------------------------


def test_segments_are_numbered_and_confirmed_later(rig):
    (peer,) = rig.connect()
    assert buffered(rig, 100) == b"1,0\r\n\r\nOK\r\n\r\n> "
    assert rig.collect(0.2) == b"\r\nRecv 100 bytes\r\n1,SEND OK\r\n"
    assert buffered(rig, 100) == b"2,1\r\n\r\nOK\r\n\r\n> "
    rig.wait_for(b"2,SEND OK\r\n")
    assert len(peer.received) == 200
    assert rig.lines("AT+CIPBUFSTATUS") == ["3,2,2,2920,16", "OK"]
    assert rig.lines("AT+CIPCHECKSEQ=2") == ["2,TRUE", "OK"]
    assert not rig.ok("AT+CIPCHECKSEQ=3")
    assert rig.ok("AT+CIPBUFRESET")
    assert rig.lines("AT+CIPBUFSTATUS") == ["1,0,0,2920,16", "OK"]


def test_segments_of_several_links(rig):
    assert rig.ok("AT+CIPMUX=1")
    rig.connect(index="3,")
    assert buffered(rig, 10, "3,") == b"1,0\r\n\r\nOK\r\n\r\n> "
    assert rig.collect(0.2).endswith(b"3,1,SEND OK\r\n")
    assert rig.lines("AT+CIPCHECKSEQ=3,1") == ["3,1,TRUE", "OK"]
    assert rig.lines("AT+CIPBUFSTATUS=3")[0] == "2,1,1,2920,16"
    assert rig.ok("AT+CIPBUFRESET=3")
    for line in ("AT+CIPBUFRESET", "AT+CIPBUFSTATUS", "AT+CIPBUFSTATUS=2", "AT+CIPSENDBUF=2,1"):
        assert not rig.ok(line)


def test_the_buffer_fills_up_and_a_reset_has_to_wait(rig):
    (peer,) = rig.connect()
    fill_the_way(rig, peer)
    assert buffered(rig, 2000).endswith(b"> ")
    assert buffered(rig, 900).endswith(b"> ")
    assert buffered(rig, 100).endswith(b"ERROR\r\n")
    assert not rig.ok("AT+CIPBUFRESET")
    rig.collect(0.2)
    assert rig.lines("AT+CIPCHECKSEQ=1") == ["1,FALSE", "OK"]
    peer.resume()
    assert rig.collect(1) == b"1,SEND OK\r\n2,SEND OK\r\n"
    assert rig.ok("AT+CIPBUFRESET")


def test_segments_of_a_link_that_breaks(rig):
    (peer,) = rig.connect()
    fill_the_way(rig, peer)
    buffered(rig, 10)
    rig.collect(0.1)
    peer.reset()
    assert rig.collect(0.2) == b"1,SEND FAIL\r\nCLOSED\r\n"


def test_more_than_the_segment_is_thrown_away(rig):
    (peer,) = rig.connect()
    rig.write("AT+CIPSENDBUF=4\r\n")
    rig.wait_for(b"> ")
    rig.write(b"data and more")
    assert b"\r\nbusy\r\n" in rig.collect(0.2)
    assert peer.received == b"data"


def test_the_buffer_is_for_tcp(rig):
    assert rig.ok('AT+CIPSTART="UDP","192.168.1.9",1000')
    assert not rig.ok("AT+CIPSENDBUF=4")
