# Receiving: +IPD in active mode, announcements and reads in passive mode, nothing lost.
from __future__ import annotations

import random

import pytest

from sim.rig import Rig

HELLO = "192.0.2.1"


@pytest.fixture
def rig():
    return Rig(wifi=True)


def passive(rig):
    assert rig.ok("AT+CIPRECVTYPE=1")


def read(rig, arguments):
    """The data of a passive read, b"" for ERROR; an announcement may stand before it."""
    answer = rig.command(f"AT+CIPRECVDATA={arguments}")
    start = answer.find(b"+CIPRECVDATA:")
    if start < 0:
        assert answer.endswith(b"\r\nERROR\r\n")
        return b""
    count, _, rest = answer[start + 13 :].partition(b",")
    assert rest[int(count) :] == b"\r\nOK\r\n"
    return rest[: int(count)]


# -- active receive --------------------------------------------------------------------


def test_long_data_comes_in_records_of_2920_at_most(rig):
    peers = rig.connect()
    data = random.Random(1).randbytes(10_000)
    peers[0].send(data)
    output = rig.collect(2)
    got = bytearray()
    while output:
        head, _, output = output.partition(b":")
        assert head.startswith(b"\r\n+IPD,")
        n = int(head[7:])
        assert 1 <= n <= 2920
        got += output[:n]
        output = output[n:]
    assert bytes(got) == data


def test_the_address_of_the_peer_is_shown_on_request(rig):
    rig.net.hosts["server.test"] = HELLO
    peers = rig.connect()
    rig.ok("AT+CIPDINFO=1")
    peers[0].send(b"x")
    assert rig.collect(0.1) == b'\r\n+IPD,1,"192.0.2.1",80:x'
    passive(rig)
    peers[0].send(b"yz")
    assert rig.collect(0.1) == b"\r\n+IPD,2\r\n"
    assert rig.command("AT+CIPRECVDATA=9") == b'+CIPRECVDATA:2,"192.0.2.1",80,yz\r\nOK\r\n'


def test_a_host_that_holds_the_module_back_holds_the_server_back(rig):
    rig.ok("AT+UART_CUR=115200,8,1,0,3")
    rig.host.set_rxbuf(256)
    rig.host.flow = True
    peers = rig.connect()
    data = random.Random(2).randbytes(40_000)
    peers[0].send(data)
    rig.clock.advance(5_000_000)
    assert rig.host.any() <= 256
    assert peers[0].unsent > 20_000, "the rest waits at the server"
    got = bytearray()
    while not got.endswith(data[-10:]):
        rig.clock.advance(2_000)
        got += rig.host.read(100)
    assert rig.host.overruns == 0
    assert len(got) > len(data)


# -- passive receive -------------------------------------------------------------------


def test_an_announcement_comes_once_until_everything_was_read(rig):
    peers = rig.connect()
    passive(rig)
    peers[0].send(b"first")
    assert rig.collect(0.1) == b"\r\n+IPD,5\r\n"
    peers[0].send(b"second")
    assert rig.collect(0.1) == b"", "not before the first was read"
    assert rig.command("AT+CIPRECVDATA=3") == b"+CIPRECVDATA:3,fir\r\nOK\r\n"
    peers[0].send(b"third")
    assert rig.collect(0.1) == b"", "a part is not everything"
    assert rig.command("AT+CIPRECVLEN?") == b"+CIPRECVLEN:13,0,0,0,0\r\n\r\nOK\r\n"
    assert rig.command("AT+CIPRECVDATA=100") == b"+CIPRECVDATA:13,stsecondthird\r\nOK\r\n"
    assert rig.command("AT+CIPRECVDATA=100") == b"\r\nERROR\r\n"
    peers[0].send(b"fourth")
    assert rig.collect(0.1) == b"\r\n+IPD,6\r\n"


def test_the_window_holds_5760_bytes_and_no_more(rig):
    peers = rig.connect()
    passive(rig)
    data = random.Random(3).randbytes(20_000)
    peers[0].send(data)
    announcement = rig.collect(1)
    assert announcement.startswith(b"\r\n+IPD,")
    assert rig.command("AT+CIPRECVLEN?") == b"+CIPRECVLEN:5760,0,0,0,0\r\n\r\nOK\r\n"
    got = bytearray()
    while len(got) < len(data):
        part = read(rig, "4096")
        got += part
        if not part:
            rig.collect(0.1)
    assert bytes(got) == data


def test_closed_is_withheld_until_the_buffer_is_drained(rig):
    peers = rig.connect()
    passive(rig)
    peers[0].send(b"last words")
    peers[0].close()
    assert rig.collect(1) == b"\r\n+IPD,10\r\n"
    assert rig.command("AT+CIPRECVDATA=5") == b"+CIPRECVDATA:5,last \r\nOK\r\n"
    assert rig.collect(0.1) == b""
    rig.write("AT+CIPRECVDATA=50\r\n")
    assert rig.collect(0.1) == b"+CIPRECVDATA:5,words\r\nOK\r\nCLOSED\r\n"


def test_data_before_a_reset_can_still_be_read(rig):
    peers = rig.connect()
    passive(rig)
    peers[0].send(b"data")
    rig.collect(0.1)
    peers[0].reset()
    assert rig.collect(0.1) == b""
    assert not rig.ok("AT+CIPSEND=1")
    rig.write("AT+CIPRECVDATA=50\r\n")
    assert rig.collect(0.1) == b"+CIPRECVDATA:4,data\r\nOK\r\nCLOSED\r\n"


def test_closing_gives_up_what_was_not_read(rig):
    peers = rig.connect()
    passive(rig)
    peers[0].send(b"data")
    peers[0].close()
    rig.collect(0.1)
    assert rig.command("AT+CIPCLOSE") == b"CLOSED\r\n\r\nOK\r\n"


def test_reading_needs_passive_mode_a_link_and_memory(rig):
    assert not rig.ok("AT+CIPRECVDATA=10")
    peers = rig.connect()
    peers[0].send(b"x")
    rig.collect(0.1)
    assert not rig.ok("AT+CIPRECVDATA=10"), "active mode"
    passive(rig)
    peers[0].send(b"y")
    rig.collect(0.1)
    assert not rig.ok("AT+CIPRECVDATA=0")
    assert not rig.ok("AT+CIPRECVDATA=148400"), "not so much RAM"
    assert rig.ok("AT+CIPRECVDATA=2920")


def test_receive_types_per_link(rig):
    assert rig.lines("AT+CIPRECVTYPE?") == ["+CIPRECVTYPE:0,0", "OK"]
    rig.ok("AT+CIPMUX=1")
    assert rig.ok("AT+CIPRECVTYPE=2,1")
    assert rig.lines("AT+CIPRECVTYPE?") == [f"+CIPRECVTYPE:{i},{int(i == 2)}" for i in range(5)] + [
        "OK"
    ]
    assert rig.ok("AT+CIPRECVTYPE=5,1")
    assert rig.lines("AT+CIPRECVTYPE?")[4] == "+CIPRECVTYPE:4,1"
    assert not rig.ok("AT+CIPRECVTYPE=6,1")
    peers = rig.connect(index="2,")
    peers[0].send(b"abc")
    assert rig.collect(0.1) == b"\r\n+IPD,2,3\r\n"
    assert rig.command("AT+CIPRECVDATA=2,9") == b"+CIPRECVDATA:3,abc\r\nOK\r\n"


def test_the_old_name_of_the_receive_type(rig):
    assert rig.ok("AT+CIPRECVMODE=1")
    assert rig.lines("AT+CIPRECVMODE?") == ["+CIPRECVMODE:0,1", "OK"]


def test_going_back_to_active_hands_over_what_waits(rig):
    peers = rig.connect()
    passive(rig)
    peers[0].send(b"data")
    rig.collect(0.1)
    rig.write("AT+CIPRECVTYPE=0\r\n")
    assert rig.collect(0.1) == b"\r\nOK\r\n\r\n+IPD,4:data"


def test_random_traffic_on_five_links_loses_no_byte(rig):
    rig.ok("AT+CIPMUX=1")
    rig.ok("AT+CIPRECVTYPE=5,1")
    rng = random.Random(5)
    sent = [bytearray() for _ in range(5)]
    got = [bytearray() for _ in range(5)]
    peers = [rig.connect(index=f"{i},", port=100 + i)[0] for i in range(5)]
    for _ in range(300):
        i = rng.randrange(5)
        data = rng.randbytes(rng.randrange(1, 2000))
        peers[i].send(data)
        sent[i] += data
        j = rng.randrange(5)
        got[j] += read(rig, f"{j},{rng.randrange(1, 4000)}")
    for i in range(5):
        while len(got[i]) < len(sent[i]):
            rig.collect(0.02)
            got[i] += read(rig, f"{i},5760")
    assert got == sent
