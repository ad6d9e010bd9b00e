# Provisioning and the enterprise join: SmartConfig, WPS, the web server's pages, EAP.
# Phones, routers and browsers come over the control channel and the virtual network.
from __future__ import annotations

import dataclasses
import json

import pytest

from espat_sim import AccessPoint
from espat_sim.profiles import load
from sim.rig import Rig, air

ERROR = b"\r\nERROR\r\n"
HOME, PASSWORD = b"home net", b"home pass"
JOINED = b"WIFI CONNECTED\r\nWIFI GOT IP\r\n"
KEY = "1234567890123456"


def made(mode=1, **options):
    nets = air(
        AccessPoint(HOME, PASSWORD, wps=1),
        AccessPoint(b"open net", channel=1),
        AccessPoint(b"old", b"12345", ecn=1, wps=1),
        AccessPoint(
            b"office",
            eap={"methods": [1, 2], "identity": "me", "username": "user", "password": "secret"},
        ),
        AccessPoint(b"tls office", eap={"methods": [0], "client_cert": True}),
    )
    rig = Rig(air=nets, profile="esp32s2-3.4-full", **options)
    assert rig.ok(f"AT+CWMODE={mode}")
    return rig


@pytest.fixture
def rig():
    return made()


# -- SmartConfig -----------------------------------------------------------------------


def phone(rig, kind="ESPTOUCH", ssid=HOME, password=PASSWORD, **more):
    request = {"do": "smartconfig", "type": kind, "ssid_hex": ssid.hex()}
    return rig.m.control({**request, "password_hex": password.hex(), **more})["ok"]


def heard(kind, extra=b""):
    return b"smartconfig type:%s\r\nSmart get wifi info\r\nssid:%s\r\npassword:%s\r\n%s" % (
        kind.encode(),
        HOME,
        PASSWORD,
        extra,
    )


@pytest.mark.parametrize(
    "start, kind",
    [
        ("AT+CWSTARTSMART", "ESPTOUCH"),
        ("AT+CWSTARTSMART", "AIRKISS"),
        ("AT+CWSTARTSMART=1", "ESPTOUCH"),
        ("AT+CWSTARTSMART=2", "AIRKISS"),
        ("AT+CWSTARTSMART=3,3", "ESPTOUCH"),
        ("AT+CWSTARTSMART=4", "ESPTOUCH_V2"),
    ],
)
def test_a_phone_says_what_to_join(rig, start, kind):
    assert rig.command(start) == b"\r\nOK\r\n"
    assert phone(rig, kind)
    assert rig.collect(10) == heard(kind) + JOINED + b"smartconfig connected wifi\r\n"
    assert rig.ok("AT+CWSTOPSMART")
    assert rig.lines("AT+CWJAP?")[0].startswith('+CWJAP:"home net"')


def test_version_2_has_a_key_and_data_of_its_own(rig):
    rig.ok(f'AT+CWSTARTSMART=4,0,"{KEY}"')
    assert not phone(rig, "ESPTOUCH_V2"), "without the key it cannot be read"
    assert phone(rig, "ESPTOUCH_V2", key=KEY, data="a,b\r\nOK")
    extra = b"+SCRD:7,a,b\r\nOK\r\n"
    assert rig.collect(10).startswith(heard("ESPTOUCH_V2", extra) + JOINED)


@pytest.mark.parametrize(
    "start, kind",
    [("=1", "AIRKISS"), ("=2", "ESPTOUCH"), ("=3", "ESPTOUCH_V2"), ("=4", "ESPTOUCH")],
)
def test_a_phone_that_speaks_another_language(rig, start, kind):
    rig.ok("AT+CWSTARTSMART" + start)
    assert not phone(rig, kind)


def test_nobody_listens_before_and_after(rig):
    assert not phone(rig)
    rig.ok("AT+CWSTARTSMART")
    assert rig.ok("AT+CWSTOPSMART")
    assert not phone(rig)
    assert rig.ok("AT+CWSTOPSMART"), "as often as one likes"


def test_the_phone_learns_of_it_only_after_six_seconds(rig):
    def told():
        return rig.m.control({"do": "status"})["smartconfig"]["phone_told"]

    rig.ok("AT+CWSTARTSMART")
    phone(rig)
    rig.wait_for(b"smartconfig connected wifi\r\n")
    rig.collect(5)
    assert not told()
    rig.collect(2)
    assert told()


def test_stopped_in_the_middle_nothing_more_is_said(rig):
    rig.ok("AT+CWSTARTSMART")
    phone(rig)
    rig.wait_for(b"smartconfig type:ESPTOUCH\r\n")
    rig.ok("AT+CWSTOPSMART")
    assert rig.collect(10) == b""


def test_a_wrong_password_and_an_open_network_below_the_floor(rig):
    rig.ok("AT+CWSTARTSMART=3,3")
    phone(rig, password=b"wrong pass")
    assert rig.collect(20).endswith(b"password:wrong pass\r\n")
    phone(rig, ssid=b"open net", password=b"")
    assert rig.collect(20).endswith(b"password:\r\n")
    phone(rig)
    assert rig.collect(10).endswith(b"smartconfig connected wifi\r\n"), "the phone tries again"


def test_other_wifi_commands_have_to_wait(rig):
    rig.ok("AT+CWSTARTSMART")
    for line in ("AT+CWSTARTSMART", 'AT+CWJAP="home net","home pass"', "AT+CWLAP"):
        assert rig.command(line) == ERROR
    rig.ok("AT+CWSTOPSMART")
    assert rig.ok('AT+CWJAP="home net","home pass"')


@pytest.mark.parametrize("value", ["0", "5", "1,8", '4,0,"short"', f'1,0,"{KEY}"', ""])
def test_bad_smartconfig(rig, value):
    assert rig.command("AT+CWSTARTSMART=" + value) == ERROR


@pytest.mark.parametrize("mode", [0, 2, 3])
def test_smartconfig_is_for_the_station_alone(mode):
    assert made(mode).command("AT+CWSTARTSMART") == ERROR


# -- WPS -------------------------------------------------------------------------------


def press(rig, ssid="home net"):
    return rig.m.control({"do": "wps_button", "ssid": ssid})["ok"]


@pytest.mark.parametrize("router_first", [False, True])
def test_both_buttons_in_either_order(rig, router_first):
    if router_first:
        assert press(rig)
        rig.collect(60)
    rig.write("AT+WPS=1\r\n")
    assert rig.collect(0.1) == b"\r\nOK\r\n"
    if not router_first:
        rig.collect(60)
        assert press(rig)
    assert rig.collect(10) == JOINED
    assert rig.ok("AT+WPS=0")
    assert rig.lines("AT+CWJAP?")[0].startswith('+CWJAP:"home net"')


def test_two_minutes_are_the_limit(rig):
    rig.ok("AT+WPS=1")
    assert rig.collect(121) == b""
    press(rig)
    assert rig.collect(10) == b""
    assert rig.command("AT+WPS=1") == ERROR, "switch it off first"
    rig.ok("AT+WPS=0")
    rig.write("AT+WPS=1\r\n")
    assert rig.collect(10) == b"\r\nOK\r\n" + JOINED


def test_routers_without_a_button_or_with_wep(rig):
    assert not press(rig, "open net")
    assert not press(rig, "old")
    assert not press(rig, "nobody")


def test_wps_below_the_floor_and_without_a_station(rig):
    rig.ok("AT+WPS=1,6")
    press(rig)
    assert rig.collect(20) == b""
    assert made(2).command("AT+WPS=1") == ERROR
    for bad in ("2", "1,8", ""):
        assert rig.command("AT+WPS=" + bad) == ERROR


# -- the web server --------------------------------------------------------------------


@pytest.fixture
def web():
    rig = made(3)
    rig.ok('AT+CWSAP="pos_softap","",11,0,3')
    rig.ok("AT+CIPMUX=1")
    assert rig.ok("AT+WEBSERVER=1,80,25")
    return rig


class Browser:
    """One connection over the soft-AP."""

    def __init__(self, rig, port=80):
        self._rig = rig
        self.peer = rig.net.client_tcp(port, ip="192.168.4.2")
        rig.clock.advance(20_000)

    def ask(self, method, path, body=b"", *fields):
        """(status, body); the module's own lines stay in the line's buffer."""
        del self.peer.received[:]
        lines = [f"{method} {path} HTTP/1.1", f"Content-Length: {len(body)}", *fields, "", ""]
        self.peer.send("\r\n".join(lines).encode() + body)
        self._rig.clock.advance(100_000)
        head, _, page = bytes(self.peer.received).partition(b"\r\n\r\n")
        return head.split(b" ")[1].decode() if head else "", page

    def get(self, path):
        status, page = self.ask("GET", path)
        assert status == "200"
        return json.loads(page)

    def post(self, path, value):
        return self.ask("POST", path, json.dumps(value).encode())[0]


def submit(browser, ssid="home net", password="home pass"):
    return browser.post("/setstainfo", {"ssid": ssid, "password": password})


def test_a_browser_provisions_the_module(web):
    browser = Browser(web)
    assert browser.ask("GET", "/")[1].startswith(b"<!DOCTYPE html>")
    assert browser.get("/getversion") == {"version": "1.0"}
    names = [row["ssid"] for row in browser.get("/getaprecord")["aplist"]]
    assert "home net" in names
    assert browser.get("/getstainfo")["message"] == "waiting config"
    assert submit(browser) == "200"
    assert web.collect(5) == b"+WEBSERVERRSP:1\r\n" + JOINED
    shown = browser.get("/getstainfo")
    assert (shown["state"], shown["sta_ssid"], shown["message"]) == (1, "home net", "connect OK")
    assert browser.ask("POST", "/getresult", b"received=1")[0] == "200"
    assert web.collect(0.1) == b"+WEBSERVERRSP:2\r\n"
    assert browser.get("/getstainfo")["state"] == 0
    assert web.ok("AT+WEBSERVER=0")
    assert not Browser(web).peer.connected


def test_wrong_credentials_say_nothing_until_the_time_is_up(web):
    browser = Browser(web)
    submit(browser, password="wrong pass")
    assert web.collect(24) == b"+WEBSERVERRSP:1\r\n"
    assert browser.get("/getstainfo")["message"] == "connecting"
    assert submit(browser) == "400", "one at a time"
    assert web.collect(3) == b""
    assert browser.get("/getstainfo")["state"] == 2
    assert submit(browser) == "200", "and again"
    assert web.collect(5) == b"+WEBSERVERRSP:1\r\n" + JOINED


def test_an_older_page_sends_a_form(web):
    browser = Browser(web)
    status, _ = browser.ask("POST", "/setstainfo", b"ssid=home+net&password=home%20pass")
    assert status == "200"
    assert web.collect(5) == b"+WEBSERVERRSP:1\r\n" + JOINED


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"ssid": ""},
        {"ssid": "s" * 33, "password": "p"},
        {"ssid": "s", "password": "p" * 65},
        [],
    ],
)
def test_credentials_that_make_no_sense(web, value):
    assert Browser(web).post("/setstainfo", value) == "400"
    assert web.collect(1) == b""


def test_pages_that_are_not_there_and_requests_that_are_none(web):
    assert Browser(web).ask("GET", "/nonsense")[0] == "404"
    assert Browser(web).ask("POST", "/getversion")[0] == "404"
    assert Browser(web).ask("POST", "/setstainfo", bytes(400))[0] == "500"
    browser = Browser(web)
    browser.peer.send(b"nonsense\r\n\r\n")
    web.collect(0.1)
    assert browser.peer.received.startswith(b"HTTP/1.1 400 ")
    assert browser.peer.closed


def test_a_firmware_over_the_browser(web):
    browser = Browser(web)
    assert "ota" in browser.get("/getotainfo")["partitions"]
    image = b"\xe9" + bytes(20_000)
    browser.ask("POST", "/setotadata", image, "Object: ota")
    assert web.collect(1) == b"+WEBSERVERRSP:3\r\n+WEBSERVERRSP:4\r\n"
    assert web.m.flash.get("ota", "ota")[1] == image
    assert browser.ask("POST", "/setotadata", b"text", "Object: ota")[0] == "500"
    assert web.collect(1) == b"+WEBSERVERRSP:3\r\n+WEBSERVERRSP:5\r\n"
    browser.ask("POST", "/setotadata", b"data", "Object: fatfs")
    assert web.collect(1) == b"+WEBSERVERRSP:3\r\n+WEBSERVERRSP:4\r\n"


@pytest.mark.parametrize("how", ["close", "reset"])
def test_an_upload_that_breaks(web, how):
    browser = Browser(web)
    browser.peer.send(
        b"POST /setotadata HTTP/1.1\r\nContent-Length: 9000\r\nObject: ota\r\n\r\n\xe9"
    )
    assert web.collect(0.1) == b"+WEBSERVERRSP:3\r\n"
    getattr(browser.peer, how)()
    assert web.collect(0.1) == b"+WEBSERVERRSP:5\r\n"


def test_a_captive_portal_answers_every_name_and_sends_to_its_page():
    profile = dataclasses.replace(load("esp32s2-3.4-full"), captive_portal=True)
    rig = Rig(profile=profile)
    for line in ("AT+CWMODE=3", "AT+CIPMUX=1", "AT+WEBSERVER=1,80,25"):
        assert rig.ok(line)
    phone = rig.net.udp_peer("192.168.4.2", 5353)

    def ask(question):
        del phone.received[:]
        phone.sendto(question, "192.168.4.1", 53)
        rig.clock.advance(100_000)
        return phone.received[0][0] if phone.received else None

    head = b"\x12\x34\x01\x00\x00\x01" + bytes(6)
    name = b"\x11connectivitycheck\x07gstatic\x03com\x00"
    reply = ask(head + name + b"\0\x01\0\x01")
    assert reply[:8] == b"\x12\x34\x81\x80\x00\x01\x00\x01" and reply.endswith(b"\xc0\xa8\x04\x01")
    assert name in reply
    assert ask(head + name + b"\0\x1c\0\x01")[:8] == b"\x12\x34\x81\x83\x00\x01\x00\x00", "IPv6"
    for bad in (b"", b"noise", head, head + name, head + b"\xff" * 20, reply):
        assert ask(bad) is None
    browser = Browser(rig)
    assert browser.ask("GET", "/generate_204")[0] == "302"
    assert b"Location: http://192.168.4.1/\r\n" in bytes(browser.peer.received)
    assert browser.ask("GET", "/")[0] == "200"
    assert browser.ask("POST", "/nothing")[0] == "404"
    rig.ok("AT+WEBSERVER=0")
    assert ask(head + name + b"\0\x01\0\x01") is None


@pytest.mark.parametrize("value", ["1", "1,80", "1,80,20", "1,80,61", "1,0,25", "2,80,25", "0,80"])
def test_bad_web_servers(web, value):
    assert web.command("AT+WEBSERVER=" + value) == ERROR


def test_the_web_server_is_beside_the_other_one(web):
    assert web.ok("AT+CIPSERVER=1,333")
    assert web.command("AT+CIPSERVER=1,80") == ERROR
    assert web.lines("AT+CIPSTATE?") == ["OK"], "browsers take no links"


def test_the_released_firmware_has_neither_web_server_nor_enterprise():
    rig = Rig(wifi=True)
    assert rig.command("AT+WEBSERVER=0") == ERROR
    assert rig.command('AT+CWJEAP="office",1,"me","user","secret",0') == ERROR


# -- WPA2 enterprise -------------------------------------------------------------------

GOOD = 'AT+CWJEAP="office",1,"me","user","secret",0'


def test_joining_and_asking(rig):
    assert rig.command("AT+CWJEAP?") == b"\r\nOK\r\n"
    assert rig.command(GOOD) == JOINED + b"\r\nOK\r\n"
    assert rig.lines("AT+CWJEAP?") == ['+CWJEAP:"office",1,"me","user","secret",0', "OK"]
    assert rig.command('AT+CWJEAP="tls office",0,"me",,,3').endswith(JOINED + b"\r\nOK\r\n")


@pytest.mark.parametrize(
    "line",
    [
        'AT+CWJEAP="office",1,"me","user","wrong",0,5',
        'AT+CWJEAP="office",1,"you","user","secret",0,5',
        'AT+CWJEAP="tls office",1,"me","user","secret",1,5',
        'AT+CWJEAP="home net",1,"me","user","secret",0,5',
        'AT+CWJEAP="nobody",1,"me","user","secret",0,5',
    ],
)
def test_what_fails_ends_with_the_time(rig, line):
    rig.ok("AT+SYSLOG=1")
    start = rig.clock.now_us
    answer = rig.command(line)
    assert answer == b"+CWJEAP:Timeout\r\nERR CODE:0x010a8016\r\n" + ERROR
    assert 4_900_000 < rig.clock.now_us - start < 5_200_000


@pytest.mark.parametrize(
    "value, code",
    [
        ('"",1,"me","user","secret",0', 0x8013),
        (f'"{"s" * 33}",1,"me","user","secret",0', 0x8014),
        ('"office",3,"me","user","secret",0', 0x8024),
        ('"office",1,"","user","secret",0', 0x8018),
        (f'"office",1,"me","{"u" * 33}","secret",0', 0x801A),
        ('"office",1,"me","user",,0', 0x801C),
        ('"office",1,"me","user","secret",4', 0x801E),
        ('"office",0,"me",,,2', 0x801F),
        ('"office",1,"me","user"', 0x8020),
    ],
)
def test_refusals_have_their_codes(rig, value, code):
    rig.ok("AT+SYSLOG=1")
    assert rig.command("AT+CWJEAP=" + value) == b"ERR CODE:0x010a%04x\r\n" % code + ERROR


def test_refusals_that_depend_on_the_module(rig):
    rig.ok("AT+SYSLOG=1")
    for space, code in [("wpa2_ca", 0x8009), ("wpa2_key", 0x800E), ("wpa2_cert", 0x800C)]:
        rig.ok(f'AT+SYSMFG=0,"{space}"')
        security = 2 if "ca" in space else 1
        answer = rig.command(f'AT+CWJEAP="tls office",0,"me",,,{security}')
        expected = 0x801F if "ca" in space else code
        assert answer == b"ERR CODE:0x010a%04x\r\n" % expected + ERROR
    answer = rig.command('AT+CWJEAP="office",1,"me","user","secret",2')
    assert answer == b"ERR CODE:0x010a8009\r\n" + ERROR
    rig.ok("AT+CWMODE=2")
    assert rig.command(GOOD) == b"ERR CODE:0x010a8022\r\n" + ERROR


def test_an_ordinary_join_does_not_open_an_enterprise_network(rig):
    assert rig.command('AT+CWJAP="office","secret123"').endswith(ERROR)


def test_the_factory_switch(rig):
    assert rig.ok("AT+FACTPLCP=1,1")
    for bad in ("2,0", "1,2", "1"):
        assert rig.command("AT+FACTPLCP=" + bad) == ERROR
