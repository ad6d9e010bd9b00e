# The servers of the virtual network over the control channel: what a program in another process can
# make them do, and what it is told. Only JSON goes in and out.
from __future__ import annotations

import json

import pytest

from espat_sim import Module, VirtualClock, peers
from sim.rig import Rig


@pytest.fixture
def rig():
    made = Rig(wifi=True, profile="esp32s2-3.4-full")
    peers.install(made.net)
    return made


def ask(rig, do, **request):
    answer = json.loads(json.dumps(rig.m.control(json.loads(json.dumps({"do": do, **request})))))
    assert answer["ok"], answer
    return answer


def refused(rig, do, **request):
    answer = rig.m.control({"do": do, **request})
    assert not answer["ok"] and answer["error"]


def connect(rig):
    assert rig.ok('AT+MQTTUSERCFG=0,1,"c","u","p",0,0,""')
    return rig.ok('AT+MQTTCONN=0,"mqtt.test",1883,0')


def test_the_broker_publishes_and_tells_what_came(rig):
    assert connect(rig)
    assert rig.ok('AT+MQTTSUB=0,"a",1')
    told = ask(rig, "broker", topic="a", data_hex="00ff", qos=1)
    assert (told["clients"], told["connects"], told["topics"]) == (1, 1, ["a"])
    assert rig.collect(0.2) == b'+MQTTSUBRECV:0,"a",2,\x00\xff\r\n'
    assert rig.ok('AT+MQTTPUB=0,"b","data",1,1')
    assert ask(rig, "broker")["received"] == [["b", b"data".hex(), 1, True]]
    assert ask(rig, "broker")["received"] == []


def test_the_broker_misbehaves(rig):
    ask(rig, "broker", users={"u": "other"})
    assert not connect(rig)
    ask(rig, "broker", users={}, refuse=3)
    assert not connect(rig)
    ask(rig, "broker", refuse=0, forbid=["no"], mute=[4])
    assert connect(rig)
    assert not rig.ok('AT+MQTTSUB=0,"no",0')
    assert not rig.ok('AT+MQTTPUB=0,"b","data",1,0')
    ask(rig, "broker", mute=[], drop_after=100)
    rig.write('AT+MQTTPUBRAW=0,"b",500,1,0\r\n')
    rig.wait_for(b">")
    rig.write(bytes(500))
    assert b"+MQTTPUB:FAIL\r\n" in rig.collect(0.5)


def test_the_broker_ends_its_connections(rig):
    assert connect(rig)
    assert ask(rig, "broker", end="close")["clients"] == 0
    assert rig.collect(0.5) == b"+MQTTDISCONNECTED:0\r\n"
    refused(rig, "broker", end="politely")


def test_the_web_server_has_a_page_of_ones_own(rig):
    ask(rig, "web", path="/own", body="mine", status=201)
    ask(rig, "web", path="/chunks", body="in pieces", chunks=2)
    said = rig.command('AT+HTTPCLIENT=3,1,"http://web.test/own",,,1,"data"')
    assert said == b"+HTTPCLIENT:4,mine\r\n\r\nOK\r\n"
    assert rig.command('AT+HTTPCGET="http://web.test/chunks"').count(b"+HTTPCGET:") == 5
    first, second = ask(rig, "web")["requests"]
    assert (first["method"], first["target"]) == ("POST", "/own")
    assert ["content-type", "application/json"] in first["headers"]
    assert bytes.fromhex(first["body_hex"]) == b"data"
    assert second["method"] == "GET" and ask(rig, "web")["requests"] == []


def test_a_web_socket(rig):
    refused(rig, "ws")
    assert rig.ok('AT+WSOPEN=1,"ws://ws.test/quiet","chat"')
    told = ask(rig, "ws", data="hello")
    assert (told["path"], told["subprotocols"], told["closed"]) == ("/quiet", ["chat"], False)
    assert rig.collect(0.2) == b"+WS_DATA:1,5,hello\r\n"
    rig.prompt("AT+WSSEND=1,2,2", b"\x00\xff")
    rig.collect(0.1)
    assert ask(rig, "ws", id=0)["frames"] == [[2, "00ff"]]
    ask(rig, "ws", end="close")
    assert rig.collect(2) == b"+WS_CLOSED:1\r\n"
    assert ask(rig, "ws")["close_code"] == 1000
    refused(rig, "ws", end="politely")


def test_without_the_servers_the_requests_are_refused():
    class Bare:
        m = Module(clock=VirtualClock())

    for do in ("broker", "web", "ws"):
        refused(Bare, do)
