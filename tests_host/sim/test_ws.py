# The WebSocket commands against the server of the virtual network: opening, frames, states, pings,
# and the ways in which a connection ends.
from __future__ import annotations

import dataclasses
import re

import pytest

from espat_sim import peers_services
from espat_sim.profiles import load
from sim.rig import Rig

URL = "ws://ws.test"
SENT = (b"\r\nSEND OK\r\n", b"\r\nERROR\r\n")


class WsRig(Rig):
    def __init__(self, **options):
        super().__init__(wifi=True, profile="esp32s2-3.4-full", **options)
        self.server = peers_services.install(self.net).ws

    @property
    def peer(self):
        return self.server.peers[-1]

    def open(self, path="/echo", link=0):
        assert self.ok(f'AT+WSOPEN={link},"{URL}{path}"')

    def send(self, data, link=0, more="", seconds=30):
        self.write(f"AT+WSSEND={link},{len(data)}{more}\r\n")
        assert self.wait_for((b"\r\n>", b"ERROR\r\n")) == b"\r\nOK\r\n\r\n>"
        self.write(data)
        return self.wait_for(SENT, seconds)

    def states(self):
        lines = self.lines("AT+WSOPEN?")
        return {int(line.split(",")[0][-1]): int(line.split(",")[1]) for line in lines[:-1]}


@pytest.fixture
def rig():
    return WsRig()


def records(data):
    found = []
    while data:
        match = re.match(rb"\+WS_DATA:(\d),(\d+),", data)
        assert match, data
        size = int(match[2])
        data = data[match.end() :]
        found.append(data[:size])
        assert data[size : size + 2] == b"\r\n"
        data = data[size + 2 :]
    return found


# -- opening -------------------------------------------------------------------------------


def test_opening_says_so_before_ok(rig):
    assert rig.lines("AT+WSOPEN?") == ["OK"]
    assert rig.command(f'AT+WSOPEN=1,"{URL}/echo?a=b"') == b"+WS_CONNECTED:1\r\n\r\nOK\r\n"
    assert rig.lines("AT+WSOPEN?") == ['+WSOPEN:1,2,"ws://ws.test/echo?a=b"', "OK"]
    assert rig.peer.path == "/echo?a=b"


def test_three_links_and_no_more(rig):
    for link in range(3):
        rig.open(link=link)
    assert rig.states() == {0: 2, 1: 2, 2: 2}
    assert not rig.ok(f'AT+WSOPEN=3,"{URL}/echo"')
    assert not rig.ok(f'AT+WSOPEN=0,"{URL}/echo"')
    for link in range(3):
        said = rig.send(b"%d" % link, link) + rig.collect(0.1)
        assert b"+WS_DATA:%d,1,%d\r\n" % (link, link) in said


def test_headers_subprotocol_and_authorization(rig):
    rig.prompt("AT+WSHEAD=8", b"X-One: 1")
    rig.prompt("AT+WSHEAD=8", b"X-Two: 2")
    assert rig.lines("AT+WSHEAD?") == ['+WSHEAD:0,"X-One:1"', '+WSHEAD:1,"X-Two:2"', "OK"]
    assert rig.ok(f'AT+WSOPEN=0,"{URL}/echo","chat",5000,"Basic abc"')
    assert rig.peer.subprotocols == ["chat"]
    for name, value in ((b"x-one", b"1"), (b"x-two", b"2"), (b"authorization", b"Basic abc")):
        assert rig.peer.header(name) == value
    assert rig.ok("AT+WSCLOSE=0")
    assert rig.ok("AT+WSHEAD=0")
    assert rig.lines("AT+WSHEAD?") == ["OK"]
    rig.open()
    assert rig.peer.header(b"x-one") == b""


def test_secure_links(rig):
    assert rig.ok('AT+WSOPEN=0,"wss://ws.test/echo"')
    assert rig.net.tls_peers[0].sni == "ws.test"
    assert b"+WS_DATA:0,4,data\r\n" in rig.send(b"data") + rig.collect(0.1)
    assert not rig.ok('AT+WSOPEN=1,"wss://ws.test:444/echo"')  # it wants a certificate


def test_newer_firmware_shows_a_certificate_and_checks_the_server():
    rig = Rig(wifi=True, profile=dataclasses.replace(load("esp32s2-3.4-full"), ws_tls=True))
    peers_services.install(rig.net)
    assert rig.ok("AT+WSCFG=0,10,120,1024,1,0,0")
    assert rig.ok('AT+WSOPEN=0,"wss://ws.test:444/echo"')
    assert rig.ok("AT+WSCFG=1,10,120,1024,2,0,0")
    assert not rig.ok('AT+WSOPEN=1,"wss://ws.test/echo"')  # without the time
    assert rig.ok("AT+CIPSNTPCFG=1,0")
    assert rig.wait_for(b"+TIME_UPDATED\r\n", 5)
    assert rig.ok('AT+WSOPEN=1,"wss://ws.test/echo"')
    assert rig.ok("AT+WSCFG=2,10,120,1024,2,0,1")  # an authority that did not sign it
    assert not rig.ok('AT+WSOPEN=2,"wss://ws.test/echo"')


@pytest.mark.parametrize(
    "uri",
    [
        "ws://nobody.test/",
        "ws://ws.test:1/",
        "wss://ws.test:80/",
        "ws://ws.test/status/403",
        "ws://web.test/get",
        "http://ws.test/echo",
        "ws://ws.test/a b",
        "nonsense",
    ],
)
def test_uris_that_lead_nowhere(rig, uri):
    assert rig.command(f'AT+WSOPEN=0,"{uri}"', 60).endswith(b"\r\nERROR\r\n")
    assert rig.collect(30) == b""
    rig.open()


def test_the_time_to_open_is_limited(rig):
    rig.net.serve_tcp("mute.test", 80, lambda peer: None)
    for argument, limit_s in (("", 15), (",,2000", 2), (",,0", 15)):
        start = rig.clock.now_us
        assert not rig.ok(f'AT+WSOPEN=0,"ws://mute.test/"{argument}')
        assert limit_s <= (rig.clock.now_us - start) / 1e6 < limit_s + 0.5


def test_a_subprotocol_that_nobody_asked_for(rig):
    rig.net.serve_tcp("odd.test", 80, lambda peer: peer.on_data(lambda data: peer.send(_ANSWER)))
    assert not rig.ok('AT+WSOPEN=0,"ws://odd.test/"')


_ANSWER = b"HTTP/1.1 101 Sure\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"


@pytest.mark.parametrize(
    "line",
    [
        "CFG=3,10,120",
        "CFG=0,0,120",
        "CFG=0,7201,120",
        "CFG=0,10,0",
        "CFG=0,10,120,0",
        "CFG=0,10,120,8193",
        "CFG=0,10,120,1024,0",
        "CFG=0,10",
        "HEAD=-1",
        'OPEN=0,""',
        'OPEN=0,"ws://ws.test/echo","chat",180001',
        "SEND=0,4",
        "CLOSE=0",
    ],
)
def test_refusals(rig, line):
    assert not rig.ok("AT+WS" + line)


@pytest.mark.parametrize("line", ["0,0", "0,1015", "0,4,16", "0,4,1,60001", "1,4", "3,4"])
def test_refusals_of_data(rig, line):
    rig.open()
    assert not rig.ok("AT+WSSEND=" + line)


def test_without_a_network():
    rig = Rig(profile="esp32s2-3.4-full")
    assert not rig.ok('AT+WSOPEN=0,"ws://198.51.100.112/"')


def test_the_released_firmware_has_none_of_it():
    assert not Rig(wifi=True).ok("AT+WSOPEN?")


# -- data ----------------------------------------------------------------------------------


@pytest.mark.parametrize("opcode", [0, 1, 2])
def test_frames_go_out_as_they_are(rig, opcode):
    rig.open("/quiet")
    data = b"\r\nOK\r\n\0\xff+++"
    assert rig.send(data, more=f",{opcode}") == b"\r\nSEND OK\r\n"
    rig.collect(0.1)
    assert rig.peer.frames == [(opcode, data)]


def test_text_is_the_default(rig):
    rig.open("/quiet")
    rig.send(b"text")
    rig.collect(0.1)
    assert rig.peer.frames == [(1, b"text")]


@pytest.mark.parametrize("size", [1, 125, 126, 1014, 8182])
def test_as_much_as_the_buffer_allows(rig, size):
    assert rig.ok("AT+WSCFG=0,10,120,8192")
    rig.open()
    data = (bytes(range(256)) * 40)[:size]
    said = rig.send(data, more=",2") + rig.collect(1)
    assert b"".join(records(said.replace(b"\r\nSEND OK\r\n", b"", 1))) == data


@pytest.mark.parametrize("size", [0, 1, 1024, 1025, 5000, 65536])
def test_long_frames_come_in_records_of_the_buffer(rig, size):
    assert rig.ok(f'AT+WSOPEN=0,"{URL}/frames/1/{size}"')
    got = records(rig.collect(10))
    assert b"".join(got) == bytes(i & 0xFF for i in range(size))
    assert [len(part) for part in got[:-1]] == [1024] * (len(got) - 1)


def test_many_frames_and_a_slow_host(rig):
    assert rig.ok(f'AT+WSOPEN=0,"{URL}/frames/100/900"')
    got = records(rig.collect(15))
    assert len(got) == 100 and set(map(len, got)) == {900}


def test_a_message_in_parts(rig):
    assert rig.ok(f'AT+WSOPEN=0,"{URL}/parts/3/4"')
    assert records(rig.collect(0.5)) == [b"aaaa", b"bbbb", b"cccc"]


def test_a_stalled_server_fails_the_send_and_the_link(rig):
    assert rig.ok("AT+WSCFG=0,7200,7200,8192")
    rig.open()
    rig.peer.under.pause()
    for _ in range(30):
        said = rig.send(bytes(8000), more=",2,1000")
        if b"ERROR" in said:
            break
    assert b"ERROR" in said
    assert b"+WS_DISCONNECTED:0\r\n" in said + rig.collect(0.1)


# -- control frames and ends -----------------------------------------------------------------


def test_pings_of_the_server_are_answered(rig):
    assert rig.ok(f'AT+WSOPEN=0,"{URL}/ping"')
    assert rig.collect(1) == b""
    assert rig.peer.frames == [(10, b"are you there")]


def test_pings_of_the_module(rig):
    assert rig.ok("AT+WSCFG=0,5,20")
    rig.open()
    assert rig.collect(61) == b""
    assert rig.peer.frames == [(9, b"")] * 12


def test_a_server_without_pongs_is_lost_and_tried_again(rig):
    assert rig.ok("AT+WSCFG=0,5,20")
    rig.open("/deaf")
    assert rig.collect(24) == b""
    assert rig.collect(2) == b"+WS_DISCONNECTED:0\r\n"
    assert rig.states() == {0: 3}
    assert rig.collect(11) == b"+WS_CONNECTED:0\r\n"
    assert len(rig.server.peers) == 2


def test_a_long_interval_of_pings_is_no_reason_to_give_up(rig):
    assert rig.ok("AT+WSCFG=0,60,10")
    rig.open()
    assert rig.collect(200) == b""


@pytest.mark.parametrize("how", ["drop", "reset"])
def test_a_lost_link_comes_back_by_itself(rig, how):
    rig.open(f"/{how}")
    said = rig.send(b"x") + rig.collect(0.5)
    assert b"+WS_DISCONNECTED:0\r\n" in said
    assert rig.states() == {0: 3}
    assert not rig.ok("AT+WSSEND=0,1")
    assert rig.collect(11) == b"+WS_CONNECTED:0\r\n"
    assert rig.states() == {0: 2}


def test_a_server_that_is_gone_is_asked_again_and_again(rig):
    rig.open("/reset")
    handler = rig.server.serve
    rig.net.refuse("ws.test", 80)
    said = rig.send(b"x") + rig.collect(35)
    assert said.count(b"+WS_") == 1
    rig.net.serve_tcp("ws.test", 80, handler)
    assert rig.collect(11) == b"+WS_CONNECTED:0\r\n"


@pytest.mark.parametrize("path", ["/close/1000", "/close/1011", "/close"])
def test_a_server_that_closes(rig, path):
    rig.open(path)
    said = rig.send(b"x") + rig.collect(2)
    assert said.endswith(b"+WS_CLOSED:0\r\n")
    assert rig.states() == {}
    assert rig.collect(30) == b""
    assert rig.peer.frames[-1][0] == 8  # our answer
    rig.open()


def test_the_host_closes(rig):
    rig.open()
    assert rig.command("AT+WSCLOSE=0") == b"+WS_CLOSED:0\r\n\r\nOK\r\n"
    assert rig.peer.close_code == 1000
    assert not rig.ok("AT+WSCLOSE=0")
    rig.open()


def test_the_host_closes_and_the_server_does_not_answer(rig):
    rig.open("/deaf")
    start = rig.clock.now_us
    assert rig.command("AT+WSCLOSE=0") == b"+WS_CLOSED:0\r\n\r\nOK\r\n"
    assert rig.clock.now_us - start < 1.2e6


def test_the_host_ends_a_link_that_waits_for_its_server(rig):
    rig.open("/reset")
    rig.send(b"x")
    rig.collect(1)
    assert rig.command("AT+WSCLOSE=0") == b"\r\nOK\r\n"
    assert rig.collect(30) == b""


def test_the_host_s_own_closing_frame(rig):
    rig.open()
    said = rig.send(b"\x03\xe8", more=",8") + rig.collect(1)
    assert said.endswith(b"+WS_CLOSED:0\r\n")
    assert rig.peer.close_code == 1000


@pytest.mark.parametrize("more", [",3", ",11"])
def test_opcodes_that_nobody_knows_end_with_the_server(rig, more):
    rig.open()
    said = rig.send(b"x", more=more) + rig.collect(2)
    assert said.endswith(b"+WS_CLOSED:0\r\n")


def test_the_network_goes(rig):
    rig.open()
    rig.m.control({"do": "kick"})
    assert b"+WS_DISCONNECTED:0\r\n" in rig.collect(1)
    rig.ok('AT+CWJAP="espat-lab","espat-pass"')
    assert b"+WS_CONNECTED:0\r\n" in rig.collect(25)


def test_a_reset_forgets_the_links(rig):
    rig.open()
    rig.m.control({"do": "reboot"})
    rig.wait_ready()
    assert rig.peer.closed
    assert rig.ok("ATE0")
    assert rig.lines("AT+WSOPEN?") == ["OK"]


@pytest.mark.parametrize(
    "data",
    [
        b"\x83\x00",  # an opcode that is none
        b"\xc1\x00",  # a reserved bit
        b"\x81\x81abcdx",  # masked by the server
        b"\x89\x7e\x00\x7e" + bytes(126),  # a ping that is too long
        b"HTTP/1.1 200 OK\r\n\r\n",
    ],
)
def test_what_is_no_websocket_ends_the_connection(rig, data):
    rig.open("/quiet")
    rig.peer.under.send(data)
    assert rig.collect(1) == b"+WS_DISCONNECTED:0\r\n"
    assert rig.ok("AT+WSCLOSE=0")
