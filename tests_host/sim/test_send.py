# Sending: counted, with an end mark, long with progress, aborted, refused; UDP and TLS.
from __future__ import annotations

import random
import time

import pytest

from sim.rig import Rig

SEND_OK = b"\r\nSEND OK\r\n"


@pytest.fixture
def rig():
    return Rig(wifi=True)


def received(rig, peers, seconds=0.1):
    rig.collect(seconds)
    return bytes(peers[0].received)


# -- CIPSEND ---------------------------------------------------------------------------


def test_payload_bytes_are_not_looked_at(rig):
    peers = rig.connect()
    data = bytes(range(256)) + b"\r\nOK\r\n+IPD,5:AT+RST\r\n+++"
    assert rig.prompt(f"AT+CIPSEND={len(data)}", data).endswith(SEND_OK)
    assert received(rig, peers) == data


def test_surplus_bytes_make_busy_and_are_lost(rig):
    peers = rig.connect()
    answer = rig.prompt("AT+CIPSEND=4", b"testmore")
    assert answer == b"\r\nbusy p...\r\n\r\nRecv 4 bytes\r\n" + SEND_OK
    assert received(rig, peers) == b"test"
    assert rig.ok("AT")


def test_data_before_the_prompt_is_lost(rig):
    rig.connect()
    rig.write(b"AT+CIPSEND=4\r\ntest")
    assert rig.collect(0.1) == b"\r\nbusy p...\r\n\r\nOK\r\n\r\n>"


def test_nothing_but_the_count_ends_the_wait(rig):
    peers = rig.connect()
    rig.write("AT+CIPSEND=6\r\n")
    rig.wait_for(b">")
    rig.write("AT\r\n")
    assert rig.collect(60) == b""
    rig.write("ab")
    assert rig.wait_for(SEND_OK) == b"\r\nRecv 6 bytes\r\n" + SEND_OK
    assert received(rig, peers) == b"AT\r\nab"


def test_a_lone_escape_aborts_a_counted_send(rig):
    peers = rig.connect()
    rig.write("AT+CIPSEND=100\r\n")
    rig.wait_for(b">")
    rig.write("abc")
    rig.collect(0.05)
    rig.write("+++")
    assert rig.collect(0.05) == b"\r\nSEND Canceled\r\n"
    rig.collect(1)
    assert rig.ok("AT")
    assert received(rig, peers) == b""


@pytest.mark.parametrize("n", ["0", "8193", "-1", '"4"'])
def test_counts_out_of_range(rig, n):
    rig.connect()
    assert not rig.ok(f"AT+CIPSEND={n}")


def test_8192_bytes_at_once(rig):
    peers = rig.connect()
    data = random.Random(1).randbytes(8192)
    assert rig.prompt("AT+CIPSEND=8192", data).endswith(SEND_OK)
    assert received(rig, peers, 1) == data


def test_without_a_link_there_is_no_prompt(rig):
    assert rig.command("AT+CIPSEND=4") == b"\r\nERROR\r\n"
    assert rig.command("AT+CIPSEND") == b"\r\nERROR\r\n"
    rig.ok("AT+CIPMUX=1")
    assert rig.command("AT+CIPSEND=0,4") == b"\r\nERROR\r\n"
    rig.connect(index="1,")
    assert rig.command("AT+CIPSEND=0,4") == b"\r\nERROR\r\n"
    assert rig.command("AT+CIPSEND=4") == b"\r\nERROR\r\n"
    assert rig.prompt("AT+CIPSEND=1,4", b"test").endswith(SEND_OK)


def test_a_link_that_goes_while_data_comes_in(rig):
    peers = rig.connect()
    rig.write("AT+CIPSEND=4\r\n")
    rig.wait_for(b">")
    rig.write("te")
    peers[0].reset()
    assert rig.collect(0.1) == b"CLOSED\r\n"
    rig.write("st")
    assert rig.collect(0.1) == b"\r\nRecv 4 bytes\r\n\r\nERROR\r\n"


def test_a_peer_that_does_not_read_is_waited_for(rig):
    peers = rig.connect()
    peers[0].pause()
    filler = bytes(8192)
    for _ in range(8):
        assert rig.prompt("AT+CIPSEND=8192", filler).endswith(SEND_OK)
    rig.write("AT+CIPSEND=8192\r\n")
    rig.wait_for(b">")
    rig.write(filler)
    assert rig.collect(30) == b"\r\nRecv 8192 bytes\r\n"
    peers[0].resume()
    assert rig.collect(5) == SEND_OK


def test_the_send_timeout_ends_the_wait(rig):
    peers = rig.connect()
    assert rig.ok("AT+CIPTCPOPT=,,2000")
    peers[0].pause()
    for _ in range(8):
        rig.prompt("AT+CIPSEND=8192", bytes(8192))
    start = rig.clock.now_us
    assert rig.prompt("AT+CIPSEND=8192", bytes(8192)).endswith(b"\r\nSEND FAIL\r\n")
    assert 2_000_000 < rig.clock.now_us - start < 4_000_000


def test_received_data_may_fall_between_prompt_and_send_ok(rig):
    peers = rig.connect()
    rig.write("AT+CIPSEND=4\r\n")
    rig.wait_for(b">")
    peers[0].send(b"early")
    assert rig.collect(0.1) == b"\r\n+IPD,5:early"
    rig.write("test")
    assert rig.collect(0.1) == b"\r\nRecv 4 bytes\r\n" + SEND_OK


# -- CIPSENDEX -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "n, data, sent",
    [
        (10, rb"test\0", b"test"),
        (4, b"test", b"test"),
        (20, rb"a\\0b\0", rb"a\0b"),
        (20, rb"a\bc\"\0", b'abc"'),
    ],
)
def test_the_end_mark(rig, n, data, sent):
    peers = rig.connect()
    answer = rig.prompt(f"AT+CIPSENDEX={n}", data)
    assert answer == b"\r\nRecv %d bytes\r\n" % len(sent) + SEND_OK
    assert received(rig, peers) == sent


# -- CIPSENDL --------------------------------------------------------------------------


def test_a_long_send_reports_its_progress(rig):
    peers = rig.connect()
    assert rig.ok("AT+CIPSENDLCFG=1000,500")
    data = random.Random(2).randbytes(2300)
    answer = rig.prompt("AT+CIPSENDL=2300", data)
    assert answer.endswith(SEND_OK)
    reports = [line for line in answer.decode().split("\r\n") if line.startswith("+CIPSENDL:")]
    assert [int(r[10:].split(",")[0]) for r in reports] == [1000, 2000, 2300]
    assert reports[-1] == "+CIPSENDL:2300,2300"
    assert received(rig, peers) == data


def test_a_long_send_moves_on_while_it_receives(rig):
    peers = rig.connect()
    rig.write("AT+CIPSENDL=100000\r\n")
    rig.wait_for(b">")
    rig.write(bytes(9000))
    rig.collect(0.5)
    assert len(peers[0].received) == 9000


def test_a_long_send_is_cancelled_by_an_escape(rig):
    rig.connect()
    rig.write("AT+CIPSENDL=100000\r\n")
    rig.wait_for(b">")
    rig.write(bytes(500))
    rig.collect(0.1)
    rig.write("+++")
    assert rig.collect(0.1) == b"\r\nSEND CANCELLED\r\n"
    assert rig.ok("AT")


def test_a_long_send_over_a_lost_link_takes_the_rest_and_fails(rig):
    peers = rig.connect()
    rig.write("AT+CIPSENDL=5000\r\n")
    rig.wait_for(b">")
    rig.write(bytes(1000))
    rig.collect(0.1)
    peers[0].reset()
    assert rig.collect(0.1) == b"CLOSED\r\n"
    rig.write(bytes(3999))
    assert rig.collect(1) == b""
    rig.write(b"x")
    assert rig.collect(0.1) == b"\r\nSEND FAIL\r\n"


def test_a_long_send_with_a_slow_peer_raises_rts(rig):
    rig.ok("AT+UART_CUR=921600,8,1,0,3")
    rig.host.set_baud(921600)
    rig.host.flow = True
    peers = rig.connect()
    peers[0].pause()
    data = random.Random(3).randbytes(200_000)
    rig.write("AT+CIPSENDL=200000\r\n")
    rig.wait_for(b">")
    sent = 0
    while sent < len(data):
        n = rig.host.write(data[sent : sent + 1000])
        sent += n
        rig.clock.advance(1000)
        if n == 0 and rig.host.cts() and peers[0]._paused:
            assert sent < 100_000
            peers[0].resume()
    rig.wait_for(SEND_OK)
    assert received(rig, peers, 1) == data
    assert rig.m.line.module.overruns == 0


def test_pluses_at_the_end_of_a_long_send_are_data(rig):
    peers = rig.connect()
    assert rig.prompt("AT+CIPSENDL=7", b"data+++").endswith(SEND_OK)
    rig.write("AT+CIPSENDL=3\r\n")
    rig.wait_for(b">")
    rig.write("a")
    rig.collect(0.1)
    rig.write("++")
    rig.wait_for(SEND_OK)
    assert received(rig, peers) == b"data+++a++"


# -- other kinds of links --------------------------------------------------------------


def test_udp_keeps_its_peer_or_follows(rig):
    home = rig.net.udp_peer("192.0.2.10", 5000)
    other = rig.net.udp_peer("192.0.2.11", 6000)
    station = rig.net.station_ip
    rig.ok("AT+CIPMUX=1")
    assert rig.ok('AT+CIPSTART=0,"UDP","192.0.2.10",5000,1111,0')
    assert rig.ok('AT+CIPSTART=1,"UDP","192.0.2.10",5000,2222,2')
    for port in (1111, 2222):
        other.sendto(b"hi", station, port)
    assert rig.collect(0.1) == b"\r\n+IPD,0,2:hi\r\n+IPD,1,2:hi"
    rig.prompt("AT+CIPSEND=0,4", b"home")
    rig.prompt("AT+CIPSEND=1,5", b"other")
    rig.collect(0.1)
    assert [d[0] for d in home.received] == [b"home"]
    assert [d[0] for d in other.received] == [b"other"]
    rig.prompt('AT+CIPSEND=0,4,"192.0.2.11",6000', b"once")
    rig.collect(0.1)
    assert other.received[-1][0] == b"once"


def test_a_udp_mode_needs_a_local_port(rig):
    assert not rig.ok('AT+CIPSTART="UDP","192.0.2.10",5000,,1')


def test_a_target_is_for_udp_only(rig):
    rig.connect()
    assert not rig.ok('AT+CIPSEND=4,"192.0.2.11",6000')


def test_64_kib_each_way_cost_little_processor_time(rig):
    rig.ok("AT+UART_CUR=921600,8,1,0,0")
    rig.host.set_baud(921600)
    peers = rig.connect()
    data = random.Random(4).randbytes(65536)
    start = time.process_time()
    for i in range(0, len(data), 8192):
        assert rig.prompt("AT+CIPSEND=8192", data[i : i + 8192]).endswith(SEND_OK)
    peers[0].send(data)
    output = rig.collect(2)
    assert time.process_time() - start < 3.0
    assert len(output) > len(data)
    assert bytes(peers[0].received) == data
