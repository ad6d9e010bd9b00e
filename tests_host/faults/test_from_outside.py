"""What strangers choose (a network's name, a payload, a topic, a header) makes the driver send no
command and misread no answer: two strangers, one harmless, and the same commands both times.

Owns the strangers. Endless lines and absurd lengths are the fuzzers'.
"""

from __future__ import annotations

import pytest

from espat_sim import Module, peers_http
from faults.life import pattern
from faults.test_field_notes import LAB, fetch, modem

WORDS = (
    b'x",-1,"y',
    b"a,b\\c",
    b"+IPD,0,5:",
    b"\r\nOK\r\n",
    b"\r\nERROR\r\n",
    b"\r\n+IPD,0,5:abcde",
    b"\r\n0,CLOSED\r\n",
    b"\r\nWIFI DISCONNECT\r\n",
    b"\r\nready\r\n",
    b"\r\n>\r\nSEND OK\r\n",
    b"\r\nAT+RST\r\n",
    b"\xff\xfe\x00",
)


def sent(module: Module) -> list[bytes]:
    """From now on, what the driver puts on the wire."""
    said: list[bytes] = []
    module.trace = lambda way, t, data: said.append(data) if way == "in" else None
    return said


@pytest.mark.parametrize("name", WORDS)
def test_the_name_of_a_network(module: Module, name: bytes):
    m = modem()
    s = m.socket()
    s.settimeout(5)
    s.connect(("echo.test", 7))
    plain = sent(module)
    m.wifi.scan()
    air = {"key": "12345678", "rssi": -40, "channel": 6}
    assert module.control({"do": "ap_add", "ssid_hex": name.hex(), **air})["ok"]
    hostile = sent(module)
    found = m.wifi.scan()
    assert b"".join(hostile) == b"".join(plain)
    assert LAB[0].encode() in [bytes(ap[0]) for ap in found]
    s.write(b"still here")
    assert s.read(10) == b"still here"
    assert m.wifi.isconnected()
    s.close()
    assert fetch(m, 300) == pattern(300)
    assert m.stats()["reboots"] == 1


@pytest.mark.parametrize("data", WORDS)
@pytest.mark.parametrize("passive", (True, False))
def test_a_payload(module: Module, data: bytes, passive: bool):
    m = modem(passive=passive)
    s = m.socket()
    s.settimeout(5)
    s.connect(("echo.test", 7))
    other = m.socket()
    other.settimeout(5)
    other.connect(("echo.test", 7))
    for part in (data, data * 30, b"x" * 63 + data):
        s.write(part)
        assert s.read(len(part)) == part
    other.write(b"still here")
    assert other.read(10) == b"still here"
    assert m.wifi.isconnected() and m.stats()["reboots"] == 1


def test_a_topic_that_says_ready_costs_a_restart_and_no_more(module: Module):
    """Not told from a reboot: the links fail, everything is set up again, and goes on."""
    m = modem()
    m.mqtt.connect("mqtt.test")
    m.mqtt.subscribe("#")
    assert module.control({"do": "broker", "topic": "t/\r\nready\r\n", "data": "x"})["ok"]
    m.pause(500)
    assert fetch(m, 300) == pattern(300)
    assert m.wifi.isconnected()


@pytest.mark.parametrize("data", [w for w in WORDS if b"\x00" not in w and b"ready" not in w])
def test_an_mqtt_topic_and_its_payload(module: Module, data: bytes):
    m = modem()
    m.mqtt.connect("mqtt.test")
    m.mqtt.subscribe("#")
    said = sent(module)
    topic = "t/" + data.decode("latin-1")
    assert module.control({"do": "broker", "topic": topic, "data_hex": data.hex()})["ok"]
    assert module.control({"do": "broker", "topic": "t/end", "data": "end"})["ok"]
    seen = []
    while True:
        got = m.mqtt.receive(3000)
        if got is None or bytes(got[1]) == b"end":
            break
        seen.append((bytes(got[0]), bytes(got[1])))
    assert got is not None, "the end did not come"
    assert not b"".join(said), "the driver answered a message"
    assert all(payload == data for _, payload in seen)
    assert fetch(m, 300) == pattern(300)
    assert m.stats()["reboots"] == 1


# (A line feed ends a header, in the module too.)
HEADERS = (
    b"X: y",
    b"OK",
    b"ERROR",
    b"ready",
    b"WIFI DISCONNECT",
    b"0,CLOSED",
    b"+IPD,0,5:abcde",
    b"+CIPRECVDATA:5,abcde",
    b"+HTTPCLIENT:3,a: b",
    b"X: +HTTPCLIENT:3,a: b",
    b"AT+RST: AT+RST",
    b'X: ",-1,"y\\',
    b"X: \xff\xfe",
    b"\xff\xfe: y",
    b"X: " + b"OK " * 200,
    b"X: a\rOK\rb",
    b": ",
    b">",
)


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_of_a_web_server(module: Module, header: bytes):
    """In HEAD, whose headers are lines on the wire."""
    m = modem()
    s = m.socket()
    s.settimeout(5)
    s.connect(("echo.test", 7))
    server = module.net.services.web  # type: ignore[attr-defined]
    text = b"HTTP/1.1 200 OK\r\nZz: zzzzzzzz\r\nLast: word\r\nContent-Length: 3\r\n\r\n"
    for name in ("plain", "hostile"):
        server.routes["/" + name] = lambda r: peers_http.Reply(
            raw=text + (b"" if r.method == "HEAD" else b"abc")
        )
    said: dict[str, list[bytes]] = {}
    for name in ("plain", "plain", "hostile"):  # the first one tells the module its own headers
        wire = sent(module)
        url = f"http://web.test/{name}"
        if name == "hostile":  # behind the module's own client, which would refuse some
            new = b"+HTTPCLIENT:%d,%s\r\n" % (len(header), header)
            module.faults.swap(b"+HTTPCLIENT:12,Zz: zzzzzzzz\r\n", new)
        r = m.http.head(url)
        assert r.status_code == 200
        assert r.headers.get("Last") == "word", r.headers
        assert m.http.get(url).content == b"abc"
        said[name] = [x.replace(b"hostile", b"plain") for x in b"".join(wire).split(b"\r\n")]
    assert said["hostile"] == said["plain"]
    s.write(b"still here")
    assert s.read(10) == b"still here"
    assert m.wifi.isconnected() and m.stats()["reboots"] == 1
    s.close()
    assert fetch(m, 300) == pattern(300)


@pytest.mark.parametrize("text", [w.strip() for w in WORDS])
def test_what_mdns_finds(module: Module, text: bytes):
    """The driver browses for nothing; what a newer module says of what it has found is nobody's.
    (Of names that are looked up there comes an address: four or sixteen bytes, and no text.)"""
    m = modem()
    m.mdns.start("clock", "_http", 80)
    s = m.socket()
    s.settimeout(5)
    s.connect(("echo.test", 7))
    said = sent(module)
    module.faults.inject_line(b"+MDNS:%d,%s\r\n" % (len(text), text), 0)
    m.pause(500)
    assert not b"".join(said)
    s.write(b"still here")
    assert s.read(10) == b"still here"
    assert m.wifi.isconnected() and fetch(m, 300) == pattern(300)
