# Far ends over the control channel: what a program in another process can do to its network.
# Only JSON goes in and out.
from __future__ import annotations

import json

import pytest

from sim.rig import Rig


@pytest.fixture
def rig():
    return Rig(wifi=True)


def ask(rig, do, **request):
    answer = json.loads(json.dumps(rig.m.control(json.loads(json.dumps({"do": do, **request})))))
    assert answer["ok"], answer
    return answer


def test_a_client_of_the_modules_server(rig):
    rig.ok("AT+CIPMUX=1")
    rig.ok("AT+CIPSERVER=1,80")
    number = ask(rig, "client", port=80)["id"]
    assert rig.collect(0.1) == b"0,CONNECT\r\n"
    assert ask(rig, "far", id=number, send="hello")["connected"]
    assert rig.collect(0.1) == b"\r\n+IPD,0,5:hello"
    rig.prompt("AT+CIPSEND=0,2", b"\xff\x00")
    rig.collect(0.1)
    assert ask(rig, "far", id=number)["data_hex"] == "ff00"
    assert ask(rig, "far", id=number)["data_hex"] == "", "it was told once"
    ask(rig, "far", id=number, end="close")
    assert rig.collect(0.1) == b"0,CLOSED\r\n"
    assert ask(rig, "far", id=number)["closed"]


def test_a_client_with_tls(rig):
    rig.ok("AT+CIPMUX=1")
    rig.ok('AT+CIPSERVER=1,443,"SSL",1')
    without = ask(rig, "client", port=443, tls=True)["id"]
    ask(rig, "client", port=443, tls="cert")
    assert rig.collect(1) == b"0,CONNECT\r\n"
    assert ask(rig, "far", id=without)["closed"]


@pytest.mark.parametrize("tls", [False, True])
def test_a_server_and_its_connections(rig, tls):
    server = ask(rig, "serve", host="own.test", port=443, tls=tls)["id"]
    rig.ok('AT+CIPSSLCSNI="own.test"')
    assert rig.ok(f'AT+CIPSTART="{"SSL" if tls else "TCP"}","own.test",443')
    (number,) = ask(rig, "far", id=server)["connections"]
    told = ask(rig, "far", id=number, send_hex="0d0a4f4b0d0a")
    assert told.get("sni") == ("own.test" if tls else None)
    assert rig.collect(0.1) == b"\r\n+IPD,6:\r\nOK\r\n"
    ask(rig, "far", id=number, end="reset")
    assert rig.collect(0.1) == b"CLOSED\r\n"


def test_a_peer_that_does_not_read(rig):
    server = ask(rig, "serve", host="own.test", port=80)["id"]
    rig.ok('AT+CIPSTART="TCP","own.test",80')
    (number,) = ask(rig, "far", id=server)["connections"]
    ask(rig, "far", id=number, pause=True)
    rig.prompt("AT+CIPSEND=4", b"test")
    rig.collect(0.1)
    assert ask(rig, "far", id=number)["data_hex"] == ""
    assert ask(rig, "far", id=number, pause=False)["data_hex"] == b"test".hex()


def test_a_udp_host(rig):
    number = ask(rig, "udp_host", ip="192.0.2.9", port=5000)["id"]
    rig.ok('AT+CIPSTART="UDP","192.0.2.9",5000,1111,0')
    rig.prompt("AT+CIPSEND=3", b"abc")
    rig.collect(0.1)
    station = rig.net.station_ip
    assert ask(rig, "far", id=number)["datagrams"] == [["616263", station, 1111]]
    ask(rig, "far", id=number, send="back", to=[station, 1111])
    assert rig.collect(0.1) == b"\r\n+IPD,4:back"


def test_names(rig):
    ask(rig, "host", name="new.test", ip="192.0.2.77")
    assert rig.lines('AT+CIPDOMAIN="new.test"')[0] == '+CIPDOMAIN:"192.0.2.77"'
    ask(rig, "host", name="new.test")
    assert not rig.ok('AT+CIPDOMAIN="new.test"')


@pytest.mark.parametrize(
    "request_",
    [
        {"do": "far", "id": 0},
        {"do": "far"},
        {"do": "client"},
        {"do": "serve", "host": "a.test"},
        {"do": "udp_host", "ip": "192.0.2.9", "port": "x"},
    ],
)
def test_bad_requests_are_answered(rig, request_):
    assert rig.m.control(request_)["ok"] is False


def test_an_end_that_does_not_exist(rig):
    number = ask(rig, "udp_host", ip="192.0.2.9", port=5000)["id"]
    assert not rig.m.control({"do": "far", "id": number, "end": "explode"})["ok"]
