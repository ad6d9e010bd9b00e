# The station: joining with every argument and every failure, loss, reconnection, scanning.
from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from espat_sim import AccessPoint, Air, Flash
from sim.rig import Rig, air

JOIN = 'AT+CWJAP="espat-lab","espat-pass"'
JOINED = b"WIFI CONNECTED\r\nWIFI GOT IP\r\n\r\nOK\r\n"


@pytest.fixture
def rig():
    rig = Rig()
    assert rig.ok("AT+CWMODE=1")
    return rig


def failed(code):
    return f"+CWJAP:{code}\r\n\r\nERROR\r\n".encode()


# -- joining ---------------------------------------------------------------------------


def test_join(rig):
    start = rig.clock.now_us
    assert rig.command(JOIN) == JOINED
    assert 500_000 < rig.clock.now_us - start < 3_000_000
    assert rig.lines("AT+CWSTATE?") == ['+CWSTATE:2,"espat-lab"', "OK"]
    assert rig.lines("AT+CWJAP?") == [
        '+CWJAP:"espat-lab","02:65:73:70:61:01",6,-45,0,1,3,0,1',
        "OK",
    ]


def test_join_an_open_network(rig):
    assert rig.command('AT+CWJAP="espat-open",""') == JOINED


def test_a_join_of_twenty_seconds_costs_microseconds():
    rig = Rig(air=air(AccessPoint(b"slow", b"12345678", dhcp=False)))
    rig.ok("AT+CWMODE=1")
    start = time.process_time()
    before = rig.clock.now_us
    answer = rig.command('AT+CWJAP="slow","12345678",,,,,,20')
    assert answer == b"WIFI CONNECTED\r\nWIFI DISCONNECT\r\n" + failed(1)
    assert rig.clock.now_us - before >= 20_000_000
    assert time.process_time() - start < 0.05


def test_a_wrong_key(rig):
    assert rig.command('AT+CWJAP="espat-lab","espat-pasS"') == failed(2)
    assert rig.lines("AT+CWSTATE?") == ['+CWSTATE:4,"espat-lab"', "OK"]


def test_an_unknown_network(rig):
    assert rig.command('AT+CWJAP="nowhere","12345678"') == failed(3)


def test_a_network_that_vanishes_during_the_handshake(rig):
    rig.write(JOIN + "\r\n")
    rig.collect(0.8)
    rig.m.control({"do": "ap_down", "ssid": "espat-lab"})
    assert rig.wait_for(b"ERROR\r\n") == failed(4)


def test_a_network_that_vanishes_before_the_address(rig):
    rig.write(JOIN + "\r\n")
    rig.wait_for(b"WIFI CONNECTED\r\n")
    rig.m.control({"do": "ap_down", "ssid": "espat-lab"})
    assert rig.wait_for(b"ERROR\r\n") == b"WIFI DISCONNECT\r\n" + failed(1)


def test_a_network_that_blinks_during_the_join_is_joined_in_the_end(rig):
    rig.write(JOIN + "\r\n")
    rig.wait_for(b"WIFI CONNECTED\r\n")
    rig.m.control({"do": "ap_down", "ssid": "espat-lab"})
    rig.m.control({"do": "ap_up", "ssid": "espat-lab"})
    assert rig.wait_for(b"OK\r\n") == b"WIFI DISCONNECT\r\n" + JOINED


def test_joining_needs_station_mode():
    rig = Rig()
    assert rig.command(JOIN) == b"\r\nERROR\r\n"
    rig.ok("AT+CWMODE=2")
    assert rig.command(JOIN) == b"\r\nERROR\r\n"


def test_joining_another_network_leaves_the_first(rig):
    rig.ok(JOIN)
    assert rig.command('AT+CWJAP="espat-open",""') == b"WIFI DISCONNECT\r\n" + JOINED


def test_special_characters_are_escaped_in_and_not_out():
    ssid = b'a\\b,c"d' + "\u4e2d".encode("gbk")
    rig = Rig(air=air(AccessPoint(ssid, b'k"e,y\\1234')))
    rig.ok("AT+CWMODE=1")
    line = b'AT+CWJAP="a\\\\b\\,c\\"d' + "\u4e2d".encode("gbk") + b'","k\\"e\\,y\\\\1234"'
    assert rig.command(line) == JOINED
    assert b'+CWJAP:"' + ssid + b'","02:' in rig.command("AT+CWJAP?")


def test_the_bssid_chooses_among_networks_of_one_name():
    rig = Rig(
        air=air(
            AccessPoint(b"twin", b"12345678", bssid="02:00:00:00:00:01", channel=1, rssi=-80),
            AccessPoint(b"twin", b"12345678", bssid="02:00:00:00:00:02", channel=9, rssi=-30),
        )
    )
    rig.ok("AT+CWMODE=1")

    def joined(arguments):
        assert rig.ok(f'AT+CWJAP="twin","12345678"{arguments}')
        return rig.lines("AT+CWJAP?")[0].split(",")[1]

    assert joined("") == '"02:00:00:00:00:01"', "a fast scan takes the first"
    assert joined(",,,,,1") == '"02:00:00:00:00:02"', "a full scan takes the strongest"
    assert joined(',"02:00:00:00:00:01",,,,1') == '"02:00:00:00:00:01"'
    assert rig.command('AT+CWJAP="twin","12345678","02:00:00:00:00:03"').endswith(failed(3))


def test_pci_and_pmf_leave_networks_out():
    rig = Rig(air=air(AccessPoint(b"open"), AccessPoint(b"old", b"12345678", pmf=False)))
    rig.ok("AT+CWMODE=1")
    assert rig.command('AT+CWJAP="open","",,1') == failed(3)
    assert rig.command('AT+CWJAP="old","12345678",,,,,,,3') == failed(3)
    assert rig.ok('AT+CWJAP="old","12345678",,,,,,,1')


@pytest.mark.parametrize(
    "line",
    [
        f'AT+CWJAP="{"s" * 33}","12345678"',
        f'AT+CWJAP="espat-lab","{"k" * 64}"',
        'AT+CWJAP="espat-lab","espat-pass","02:65:73:70:61"',
        'AT+CWJAP="espat-lab","espat-pass",,2',
        'AT+CWJAP="espat-lab","espat-pass",,,7201',
        'AT+CWJAP="espat-lab","espat-pass",,,,101',
        'AT+CWJAP="espat-lab","espat-pass",,,,,,2',
        'AT+CWJAP="espat-lab","espat-pass",,,,,,601',
        'AT+CWJAP="espat-lab","espat-pass",,,,,,,4',
        'AT+CWJAP="espat-lab","espat-pass",,,,,,,1,1',
        'AT+CWJAP="",""',
        'AT+CWJAP="espat-open"',
    ],
)
def test_join_arguments_out_of_range(rig, line):
    assert rig.command(line) == b"\r\nERROR\r\n"


def test_the_execute_form_joins_the_last_network(rig):
    assert not rig.ok("AT+CWJAP")
    rig.ok(JOIN)
    rig.ok("AT+CWQAP")
    rig.collect(1)
    assert rig.command("AT+CWJAP") == JOINED
    assert rig.command("AT+CWJAP=,").endswith(JOINED), "both left out: the last ones"


def test_ipv6_addresses_come_when_it_is_on():
    rig = Rig(air=air(AccessPoint(b"six", ipv6_prefix="2001:db8:1:2")))
    rig.ok("AT+CWMODE=1")
    rig.ok("AT+CIPV6=1")
    assert rig.ok('AT+CWJAP="six",""')
    rig.collect(3)
    lines = rig.lines("AT+CIPSTA?")
    assert lines[3].startswith('+CIPSTA:ip6ll:"fe80::')
    assert lines[4].startswith('+CIPSTA:ip6gl:"2001:db8:1:2:')


def test_without_dhcp_and_without_a_static_address_the_join_times_out(rig):
    rig.ok("AT+CWDHCP=0,1")
    answer = rig.command('AT+CWJAP="espat-lab","espat-pass",,,,,,3')
    assert answer == b"WIFI CONNECTED\r\nWIFI DISCONNECT\r\n" + failed(1)


# -- leaving and losing ----------------------------------------------------------------


def test_leaving(rig):
    rig.ok(JOIN)
    assert rig.command("AT+CWQAP") == b"\r\nOK\r\n"
    assert rig.collect(20) == b"WIFI DISCONNECT\r\n", "and no reconnection"
    assert rig.lines("AT+CWJAP?") == ["OK"]


def test_a_mode_without_station_leaves(rig):
    rig.ok(JOIN)
    assert rig.command("AT+CWMODE=0") == b"WIFI DISCONNECT\r\n\r\nOK\r\n"
    rig.write("AT+CWMODE=1\r\n")
    assert rig.collect(5) == JOINED[-6:] + JOINED[:-6], "joins again by itself after OK"


def test_auto_connect_can_be_left_out_at_a_mode_change(rig):
    rig.ok(JOIN)
    rig.command("AT+CWMODE=0")
    rig.write("AT+CWMODE=1,0\r\n")
    assert rig.collect(5) == b"\r\nOK\r\n"


def test_wifi_off(rig):
    rig.ok(JOIN)
    assert rig.command("AT+CWINIT=0") == b"WIFI DISCONNECT\r\n\r\nOK\r\n"
    assert not rig.ok(JOIN)
    rig.write("AT+CWINIT=1\r\n")
    assert b"WIFI GOT IP" in rig.collect(5)


def test_a_lost_network_is_joined_again(rig):
    rig.ok(JOIN)
    rig.m.control({"do": "ap_down", "ssid": "espat-lab"})
    assert rig.collect(10) == b"WIFI DISCONNECT\r\n"
    assert rig.lines("AT+CWSTATE?")[0][:10] in ("+CWSTATE:3", "+CWSTATE:4")
    rig.m.control({"do": "ap_up", "ssid": "espat-lab"})
    assert rig.collect(10) == b"WIFI CONNECTED\r\nWIFI GOT IP\r\n"


def test_a_silent_network_is_given_up_after_missing_beacons(rig):
    rig.ok(JOIN)
    rig.m.control({"do": "ap_down", "ssid": "espat-lab", "silent": True})
    assert rig.collect(5.9) == b""
    assert rig.collect(0.2) == b"WIFI DISCONNECT\r\n"


def test_reconnection_can_be_off(rig):
    rig.ok(JOIN)
    rig.ok("AT+CWRECONNCFG=0,0")
    rig.m.control({"do": "kick"})
    assert rig.collect(60) == b"WIFI DISCONNECT\r\n"


def test_reconnection_has_a_count(rig):
    rig.ok(JOIN)
    rig.ok("AT+CWRECONNCFG=2,3")
    rig.m.control({"do": "ap_down", "ssid": "espat-lab"})
    rig.collect(60)
    rig.m.control({"do": "ap_up", "ssid": "espat-lab"})
    assert rig.collect(60) == b""


def test_after_a_boot_the_stored_network_is_joined():
    flash = Flash()
    rig = Rig(flash=flash)
    rig.ok("AT+CWMODE=1")
    rig.ok(JOIN)
    rig.write("AT+RST\r\n")
    assert rig.collect(5).endswith(b"\r\nready\r\nWIFI CONNECTED\r\nWIFI GOT IP\r\n")
    rig.command("AT+CWAUTOCONN=0")
    rig.write("AT+RST\r\n")
    assert rig.collect(5).endswith(b"\r\nready\r\n")


def test_open_links_close_when_wifi_is_lost():
    rig = Rig(wifi=True)
    rig.ok("AT+CIPMUX=1")
    rig.connect(index="0,")
    rig.connect(index="3,", port=81)
    rig.m.control({"do": "kick"})
    assert rig.collect(0.3) == b"WIFI DISCONNECT\r\n0,CLOSED\r\n3,CLOSED\r\n"


# -- scanning --------------------------------------------------------------------------


def test_scan(rig):
    assert rig.command("AT+CWLAP") == (
        b'+CWLAP:(3,"espat-lab",-45,"02:65:73:70:61:01",6,-1,-1,4,4,7,0)\r\n'
        b'+CWLAP:(0,"espat-open",-63,"02:65:73:70:61:02",11,-1,-1,0,0,7,0)\r\n'
        b"\r\nOK\r\n"
    )


def test_filtered_scans(rig):
    def names(line):
        return [part.split('"')[1] for part in rig.lines(line)[:-1]]

    assert names('AT+CWLAP="espat-open"') == ["espat-open"]
    assert names('AT+CWLAP=,"02:65:73:70:61:01"') == ["espat-lab"]
    assert names("AT+CWLAP=,,11") == ["espat-open"]
    assert names("AT+CWLAP=,,1") == []


def test_a_scan_of_one_channel_is_quick_and_a_passive_one_slow(rig):
    def duration(line):
        start = rig.clock.now_us
        assert rig.ok(line)
        return rig.clock.now_us - start

    assert duration("AT+CWLAP=,,6") < 200_000
    assert duration("AT+CWLAP=,,,1") > 4_000_000
    assert duration("AT+CWLAP=,,,0,0,300") > 3_800_000


def test_scan_options(rig):
    assert rig.ok("AT+CWLAPOPT=1,6")
    assert rig.lines("AT+CWLAP") == ['+CWLAP:("espat-lab",-45)', '+CWLAP:("espat-open",-63)', "OK"]
    assert rig.ok("AT+CWLAPOPT=1,2,-50")
    assert rig.lines("AT+CWLAP") == ['+CWLAP:("espat-lab")', "OK"]
    assert rig.ok("AT+CWLAPOPT=1,2,-100,1")
    assert rig.lines("AT+CWLAP") == ['+CWLAP:("espat-open")', "OK"]
    assert not rig.ok("AT+CWLAPOPT=1,2048")


def test_a_hidden_network_shows_its_name_only_when_asked_for():
    rig = Rig(air=air(AccessPoint(b"secret", b"12345678", hidden=True)))
    rig.ok("AT+CWMODE=1")
    assert rig.lines("AT+CWLAP")[0].startswith('+CWLAP:(3,"",')
    assert rig.lines('AT+CWLAP="secret"')[0].startswith('+CWLAP:(3,"secret",')
    assert rig.ok('AT+CWJAP="secret","12345678"')


def test_sixty_networks():
    rig = Rig(air=Air(AccessPoint(b"net%d" % i, rssi=-90 + i) for i in range(60)))
    rig.ok("AT+CWMODE=1")
    lines = rig.lines("AT+CWLAP")
    assert len(lines) == 61
    assert '"net59"' in lines[0]


def test_a_scan_needs_station_mode_and_no_connecting():
    rig = Rig()
    assert not rig.ok("AT+CWLAP")
    rig.ok("AT+CWMODE=1")
    rig.ok(JOIN)
    rig.m.control({"do": "ap_down", "ssid": "espat-lab"})
    rig.collect(1.5)
    assert rig.lines("AT+CWSTATE?")[0].startswith("+CWSTATE:3")
    assert not rig.ok("AT+CWLAP")


# -- addresses and identity ------------------------------------------------------------


def test_addresses(rig):
    assert rig.lines("AT+CIPSTA?")[0] == '+CIPSTA:ip:"0.0.0.0"'
    rig.ok(JOIN)
    assert rig.lines("AT+CIPSTA?") == [
        '+CIPSTA:ip:"192.168.1.50"',
        '+CIPSTA:gateway:"192.168.1.1"',
        '+CIPSTA:netmask:"255.255.255.0"',
        "OK",
    ]
    assert rig.lines("AT+CIFSR") == [
        '+CIFSR:STAIP,"192.168.1.50"',
        '+CIFSR:STAMAC,"7c:df:a1:e5:70:01"',
        "OK",
    ]
    assert rig.lines("AT+CIPDNS?") == ['+CIPDNS:0,"192.168.1.1"', "OK"]


def test_a_static_address_and_dhcp_replace_each_other(rig):
    rig.ok(JOIN)
    rig.write('AT+CIPSTA="192.168.1.77","192.168.1.1","255.255.255.0"\r\n')
    assert rig.collect(1) == b"\r\nOK\r\nWIFI GOT IP\r\n"
    assert rig.lines("AT+CIPSTA?")[0] == '+CIPSTA:ip:"192.168.1.77"'
    assert rig.lines("AT+CWDHCP?") == ["+CWDHCP:2", "OK"]
    rig.write("AT+CWDHCP=1,1\r\n")
    assert rig.collect(2) == b"\r\nOK\r\nWIFI GOT IP\r\n"
    assert rig.lines("AT+CWDHCP?") == ["+CWDHCP:3", "OK"]
    assert rig.lines("AT+CIPSTA?")[0] == '+CIPSTA:ip:"192.168.1.50"'


@pytest.mark.parametrize("value", ['"1.2.3"', '"256.1.1.1"', '"1.2.3.4","1.2.3.1"', "1"])
def test_bad_static_addresses(rig, value):
    assert not rig.ok("AT+CIPSTA=" + value)


def test_mac(rig):
    assert rig.ok('AT+CIPSTAMAC="1A:FE:35:98:D3:7B"')
    assert rig.lines("AT+CIPSTAMAC?") == ['+CIPSTAMAC:"1a:fe:35:98:d3:7b"', "OK"]
    for bad in ("01:00:00:00:00:01", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00"):
        assert not rig.ok(f'AT+CIPSTAMAC="{bad}"')


def test_host_name(rig):
    assert rig.ok('AT+CWHOSTNAME="my_test"')
    assert rig.lines("AT+CWHOSTNAME?") == ["+CWHOSTNAME:my_test", "OK"]
    assert not rig.ok(f'AT+CWHOSTNAME="{"h" * 33}"')
    rig.ok("AT+CWMODE=2")
    assert not rig.ok('AT+CWHOSTNAME="x"')


def test_country(rig):
    assert rig.ok('AT+CWCOUNTRY=1,"DE",1,13')
    assert rig.lines("AT+CWCOUNTRY?") == ['+CWCOUNTRY:1,"DE",1,13', "OK"]
    assert not rig.ok('AT+CWCOUNTRY=1,"DE",14,2')
    assert not rig.ok('AT+CWCOUNTRY=1,"DEUT",1,13')


def test_leaving_ends_the_wait_for_ipv6():
    rig = Rig(air=air(AccessPoint(b"six", ipv6_prefix="2001:db8:1:2")))
    rig.ok("AT+CWMODE=1")
    rig.ok("AT+CIPV6=1")
    rig.ok('AT+CWJAP="six",""')
    rig.ok("AT+CWQAP")
    assert rig.collect(5) == b"WIFI DISCONNECT\r\n"


def test_a_key_that_changed_is_noticed_at_the_next_join(rig):
    rig.ok(JOIN)
    assert rig.m.control({"do": "ap_set", "ssid": "espat-lab", "key": "other-key"})["ok"]
    rig.ok("AT+CWQAP")
    rig.collect(0.1)
    assert rig.command(JOIN) == failed(2)


def test_a_script_in_the_air_file(tmp_path):
    path = tmp_path / "air.json"
    path.write_text(
        '{"aps": [{"ssid": "caf\\u00e9", "key": "12345678", "channel": 3}],'
        ' "script": [{"at_s": 10, "do": "ap_down", "ssid": "caf\\u00e9"}]}',
        encoding="utf-8",
    )
    rig = Rig(air=str(path))
    rig.ok("AT+CWMODE=1")
    assert rig.command('AT+CWJAP="caf\u00e9","12345678"'.encode()) == JOINED
    assert rig.collect(12) == b"WIFI DISCONNECT\r\n"


def test_a_request_for_later(rig):
    rig.ok(JOIN)
    assert rig.m.control({"do": "ap_down", "ssid": "espat-lab", "in_ms": 3000})["ok"]
    assert rig.collect(2.9) == b""
    assert rig.collect(0.2) == b"WIFI DISCONNECT\r\n"


def test_the_air_of_the_document():
    text = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")
    block = text.split("```json\n")[1].split("```")[0]
    rig = Rig(air=json.loads(block))
    rig.ok("AT+CWMODE=1")
    lines = rig.command("AT+CWLAP").split(b"\r\n")
    assert [line.count(b'"home"') for line in lines].count(1) == 2
    assert any(line.startswith(b'+CWLAP:(0,"",') for line in lines), "the hidden one"
    assert rig.ok('AT+CWJAP="home","12345678","02:00:00:00:00:0b"')
    rig.collect(31)
    assert rig.ok('AT+CWJAP="new here","12345678"')
