# Dialogues of the guide's chapter 4 that the table of dialogues does not have: MQTT of two modules
# (4.3.1), a picture (4.6.2), HTTP with the bodies as they are printed (4.6.4, 4.6.5).
from __future__ import annotations

import json

import pytest

from espat_sim import peers_tls
from espat_sim.peers_http import HttpServer, Reply
from espat_sim.peers_mqtt import Broker
from sim.rig import Rig

TRACE_POST = "Root=1-61505e76-278b5c267aaf55842bd58b32"
TRACE_PUT = "Root=1-61503d41-1dd8cbe0056190f721ab1912"
PICTURE = (
    "https://www.espressif.com/sites/all/themes/espressif/images/about-us/solution-platform.jpg"
)
# The body that 4.6.4 and 4.6.6 send: 427 bytes.
BODY = json.dumps(
    {
        "headers": {
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
            "Accept-Language": "en-US,en;q=0.9,zh-CN;q=0.8,zh;q=0.7",
            "Content-Length": "0",
            "Host": "httpbin.org",
            "Origin": "http://httpbin.org",
            "Referer": "http://httpbin.org/",
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 "
            "(KHTML, like Gecko) Chrome/91.0.4472.114 Safari/537.36",
            "X-Amzn-Trace-Id": "Root=1-6150581e-1ad4bd5254b4bf5218070413",
        }
    }
).replace('", "', '","')


def sizes(name: bytes, data: bytes) -> tuple[list[int], bytes]:
    """The sizes of the records, and what follows them."""
    found = []
    while data.startswith(b"+" + name + b":"):
        head, _, rest = data.partition(b",")
        found.append(int(head.partition(b":")[2]))
        data = rest[found[-1] + 2 :]
    return found, data


@pytest.fixture
def rig():
    made = Rig(wifi=True)
    web = HttpServer(made.clock)
    web.origin = "20.187.154.207"
    made.net.serve_tcp("httpbin.org", 80, web.serve)
    made.web = web
    return made


def test_4_3_1_publisher_and_subscriber():
    broker = Broker()
    rigs = {name: Rig(wifi=True) for name in ("subscriber", "publisher")}
    for name, rig in rigs.items():
        rig.net.serve_tcp("192.168.3.102", 8883, broker.serve)
        assert rig.ok(f'AT+MQTTUSERCFG=0,1,"{name}","espressif","123456789",0,0,""')
        said = rig.command('AT+MQTTCONN=0,"192.168.3.102",8883,1')
        assert said == b'+MQTTCONNECTED:0,1,"192.168.3.102","8883","",1\r\n\r\nOK\r\n'
    assert rigs["subscriber"].ok('AT+MQTTSUB=0,"topic",1')
    assert rigs["publisher"].command('AT+MQTTPUB=0,"topic","test",1,0') == b"\r\nOK\r\n"
    assert rigs["subscriber"].collect(0.2) == b'+MQTTSUBRECV:0,"topic",4,test\r\n'
    for rig in rigs.values():
        assert rig.command("AT+MQTTCLEAN=0") == b"\r\nOK\r\n"


def test_4_6_2_a_picture_over_tls(rig):
    data = bytes(i * 31 & 0xFF for i in range(20_000))
    host = "www.espressif.com"
    rig.web.routes = {r"/sites/.*\.jpg": lambda request: Reply(body=data, kind=b"image/jpeg")}
    rig.net.serve_tcp(host, 443, rig.web.serve, tls=peers_tls.server_context(host))
    said = rig.command(f'AT+HTTPCLIENT=2,0,"{PICTURE}",,,2')
    found, rest = sizes(b"HTTPCLIENT", said)
    assert rest == b"\r\nOK\r\n" and sum(found) == len(data)
    assert found.count(512) > 30 and max(found) == 512


def test_4_6_4_post_of_a_counted_body(rig):
    assert len(BODY) == 427
    rig.web.trace_id = TRACE_POST
    line = 'AT+HTTPCPOST="http://httpbin.org/post",427,2,"connection: keep-alive",'
    rig.write(line + '"content-type: application/json"\r\n')
    assert rig.wait_for(b">") == b"\r\nOK\r\n\r\n>"
    rig.write(BODY)
    found, rest = sizes(b"HTTPCPOST", rig.wait_for(b"\r\nSEND OK\r\n"))
    assert found == [281, 512, 512, 45]
    assert rest == b"\r\nSEND OK\r\n"


def test_4_6_5_put_without_data(rig):
    rig.web.trace_id = TRACE_PUT
    found, rest = sizes(
        b"HTTPCLIENT", rig.command('AT+HTTPCLIENT=4,0,"http://httpbin.org/put?user=foo",,,1')
    )
    assert found == [282, 140]
    assert rest == b"\r\nOK\r\n"
