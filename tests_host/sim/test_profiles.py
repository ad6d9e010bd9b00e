# The firmwares between the first one and the newest: what each has, lacks, and words otherwise.
# esp8266-0.30 has files of its own (test_old_*.py), esp32s2-3.4 is what the other tests use.
from __future__ import annotations

import pytest

from espat_sim import peers, profiles
from espat_sim.registry import CommandTable
from sim.rig import Rig

NAMES = [name for name in profiles.names() if profiles.load(name).at_firmware]
JOIN = 'AT+CWJAP="espat-lab","espat-pass"'


def joined(name, **options):
    rig = Rig(profile=name, **options)
    assert rig.ok("AT+CWMODE=1")
    assert rig.ok(JOIN)
    return rig


def has(name, command):
    profile = profiles.load(name)
    return CommandTable(profile.command_files, profile.without).find(command) is not None


@pytest.mark.parametrize("name", NAMES)
def test_every_firmware_starts_joins_and_moves_data(name):
    rig = joined(name)
    version = rig.lines("AT+GMR")[0].partition(":")[2].partition("(")[0]
    number = name.partition("-")[2].split("-")[0].replace("x", "1")
    assert number in ("guide",) or version.startswith(number)
    (peer,) = rig.connect()
    rig.write("AT+CIPSEND=4\r\n")
    rig.wait_for((b">", b"> "))
    rig.collect(0.1)
    rig.write("data")
    assert b"SEND OK" in rig.collect(0.3)
    assert peer.received == b"data"
    peer.send(b"answer")
    assert rig.collect(0.3) == b"\r\n+IPD,6:answer"


@pytest.mark.parametrize("name", NAMES)
def test_a_firmware_lacks_what_it_names(name):
    profile = profiles.load(name)
    table = CommandTable(profile.command_files)
    assert profile.without <= set(table.by_name), "a name that is nowhere"


FEATURES = {
    "esp8266-0.30": (),
    "esp8266-1.7": ("passive", "mode", "sntp"),
    "esp8266-2.2": ("passive", "mode", "sntp", "mqtt", "http", "sysstore"),
    "esp32s2-2.x": ("passive", "mode", "sntp", "mqtt", "http", "sysstore"),
    "esp32c3-2.4": ("passive", "mode", "sntp", "mqtt", "http", "sysstore", "sendl", "filter"),
    "esp32s2-3.4": ("passive", "mode", "type", "sntp", "mqtt", "http", "sysstore", "sendl")
    + ("filter", "head", "mfg"),
}
COMMAND = {
    "passive": "AT+CIPRECVDATA",
    "mode": "AT+CIPRECVMODE",
    "type": "AT+CIPRECVTYPE",
    "sntp": "AT+CIPSNTPCFG",
    "mqtt": "AT+MQTTCONN",
    "http": "AT+HTTPCLIENT",
    "head": "AT+HTTPCHEAD",
    "sysstore": "AT+SYSSTORE",
    "sendl": "AT+CIPSENDL",
    "filter": "AT+SYSMSGFILTER",
    "mfg": "AT+SYSMFG",
}


@pytest.mark.parametrize("name", FEATURES)
def test_which_firmware_has_what(name):
    found = {feature for feature, command in COMMAND.items() if has(name, command)}
    assert found == set(FEATURES[name])


@pytest.mark.parametrize("name", ["esp8266-2.2", "esp32s2-2.x", "esp32c3-2.4"])
def test_receive_mode_is_for_all_links_at_once(name):
    rig = joined(name)
    assert rig.ok("AT+CIPMUX=1")
    assert not rig.ok("AT+CIPRECVMODE=5,1")
    assert rig.ok("AT+CIPRECVMODE=1")
    assert rig.lines("AT+CIPRECVMODE?") == ["+CIPRECVMODE:1", "OK"]
    (peer,) = rig.connect(index="3,")
    peer.send(b"abcdef")
    assert rig.collect(0.2) == b"\r\n+IPD,3,6\r\n"
    assert rig.lines("AT+CIPRECVLEN?")[0] == "+CIPRECVLEN:0,0,0,6,0"
    assert rig.command("AT+CIPRECVDATA=3,4") == b"+CIPRECVDATA:4,abcd\r\nOK\r\n"


@pytest.mark.parametrize("name", ["esp8266-2.2", "esp32s2-2.x"])
def test_a_send_of_2_x_takes_2048_bytes(name):
    rig = joined(name)
    rig.connect()
    assert not rig.ok("AT+CIPSEND=2049")


# -- AT 1.7 ----------------------------------------------------------------------------


@pytest.fixture
def old():
    rig = Rig(profile="esp8266-1.7")
    assert rig.ok("AT+CWMODE_CUR=1")
    assert rig.ok(JOIN.replace("CWJAP", "CWJAP_CUR"))
    return rig


def test_1_7_has_a_comma_before_the_length_and_a_colon_after_it(old):
    assert old.ok("AT+CIPRECVMODE=1")
    (peer,) = old.connect()
    peer.send(b"abc,:def")
    assert old.collect(0.3) == b"\r\n+IPD,8\r\n"
    assert old.command("AT+CIPRECVDATA=5") == b"+CIPRECVDATA,5:abc,:\r\nOK\r\n"
    assert old.command("AT+CIPRECVDATA=100") == b"+CIPRECVDATA,3:def\r\nOK\r\n"
    assert not old.ok("AT+CIPRECVDATA=100")
    assert not old.ok("AT+CIPRECVDATA=2049")


def test_1_7_has_tls(old):
    peers.install(old.net)
    assert old.ok("AT+CIPSSLSIZE=4096")
    assert old.ok('AT+CIPSTART="SSL","tls.test",7')
    old.write("AT+CIPSEND=4\r\n")
    assert old.wait_for(b"> ") == b"\r\nOK\r\n\r\n> "
    old.write("data")
    # SEND OK comes when the data were confirmed, as the answer does.
    assert b"\r\n+IPD,4:data" in old.collect(1)


def test_1_7_has_time_names_and_labels(old):
    assert old.ok('AT+CIPSNTPCFG=1,8,"ntp.test"')
    old.collect(1)
    assert "2026" in old.lines("AT+CIPSNTPTIME?")[0]
    old.net.hosts["server.test"] = "192.168.1.9"
    assert old.lines('AT+CIPDOMAIN="server.test"') == ["+CIPDOMAIN:192.168.1.9", "OK"]
    assert old.lines("AT+CIFSR")[0] == '+CIFSR:STAIP,"192.168.1.50"'
    assert old.lines("AT+CIPSTA_CUR?")[0] == '+CIPSTA_CUR:ip:"192.168.1.50"'
    assert len(old.lines("AT+CWLAP")[0].split(",")) == 7


def test_1_7_can_be_woken(old):
    assert old.ok("AT+WAKEUPGPIO=1,12,1")
    assert old.ok("AT+SLEEP=1")
    old.collect(0.2)
    old.write("AT\r\n")
    assert old.collect(0.2) == b""
    old.m.pin("WAKE").set(1)
    old.collect(0.01)
    assert old.ok("AT")


# -- after v3.4 ------------------------------------------------------------------------


@pytest.fixture
def later():
    return joined("esp32s2-5.0")


def test_a_read_may_keep_the_borders_of_datagrams(later):
    peer = later.net.udp_peer("192.168.1.9", 1000)
    assert later.ok("AT+CIPRECVTYPE=1")
    assert later.ok('AT+CIPSTART="UDP","192.168.1.9",1000,2000')
    for data in (b"one", b"two", b"three", b"four"):
        peer.sendto(data, later.net.station_ip, 2000)
    later.collect(0.3)
    assert later.command("AT+CIPRECVDATA=100,1") == b"+CIPRECVDATA:3,one\r\nOK\r\n"
    assert later.collect(0.1) == b"\r\n+IPD,12\r\n"
    assert later.command("AT+CIPRECVDATA=100,0") == b"+CIPRECVDATA:12,twothreefour\r\nOK\r\n"


def test_each_arrival_may_be_announced(later):
    assert later.ok("AT+CIPRECVTYPE=1,1")
    (peer,) = later.connect()
    peer.send(b"abc")
    assert later.collect(0.2) == b"\r\n+IPD,3\r\n"
    peer.send(b"de")
    assert later.collect(0.2) == b"\r\n+IPD,5\r\n"
    assert later.ok("AT+CIPRECVTYPE=1,0")
    peer.send(b"f")
    assert later.collect(0.2) == b""


def test_more_arguments(later):
    assert later.ok("AT+CIPMUX=1")
    assert later.ok('AT+CIPSERVER=1,80,"TCP",0,1')
    assert not later.ok('AT+CIPSERVER=1,81,"TCP",0,3')
    later.net.hosts["server.test"] = "192.168.1.9"
    assert later.ok('AT+CIPDOMAIN="server.test",1,1000,1')
    assert not later.ok('AT+CIPDOMAIN="server.test",1,1000,2')
    assert later.ok("AT+CWRECONNCFG=1,10,1")
    assert not later.ok("AT+CWRECONNCFG=1,10,2")
    assert not later.ok("AT+CIPSTATUS")
    assert not later.ok("AT+CIPRECVMODE=1")


def test_an_mqtt_command_may_have_a_time_limit(later):
    peers.install(later.net)
    assert later.ok('AT+MQTTUSERCFG=0,1,"me","","",0,0,""')
    later.net.serve_tcp("mute.test", 1883, lambda peer: None)
    start = later.clock.now_us
    assert not later.ok('AT+MQTTCONN=0,"mute.test",1883,0,1500')
    assert 1.5 <= (later.clock.now_us - start) / 1e6 < 1.7


def test_a_new_firmware_is_one_file_of_data(tmp_path, monkeypatch):
    (tmp_path / "esp99_9_9.py").write_text(
        "import dataclasses\n"
        "from espat_sim.profiles import esp32s2_3_4\n"
        "PROFILE = dataclasses.replace(esp32s2_3_4.PROFILE, name='esp99-9.9', send_max=77,\n"
        "    without=esp32s2_3_4.PROFILE.without | {'AT+PING'}, gmr=('AT version:9.9.0.0(x)',))\n"
    )
    monkeypatch.setattr(profiles, "__path__", [*profiles.__path__, str(tmp_path)])
    rig = joined("esp99-9.9")
    assert rig.lines("AT+GMR") == ["AT version:9.9.0.0(x)", "OK"]
    assert not rig.ok('AT+PING="server.test"')
    rig.connect()
    assert not rig.ok("AT+CIPSEND=78")
    assert "esp99-9.9" in profiles.names()
