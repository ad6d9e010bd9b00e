# The soft-AP: its settings, stations that join and leave, addresses, events.
# Stations come over the control channel.
from __future__ import annotations

import pytest

from espat_sim import Flash
from sim.rig import Rig

ERROR = b"\r\nERROR\r\n"
MAC, OTHER = "02:00:00:00:00:01", "02:00:00:00:00:02"
KEY = "12345678"


@pytest.fixture
def rig():
    made = Rig()
    assert made.ok("AT+CWMODE=2")
    return made


def join(rig, mac=MAC, **options):
    return rig.m.control({"do": "sta_join", "mac": mac, **options})["ok"]


def protected(rig, more=""):
    assert rig.ok(f'AT+CWSAP="mine","{KEY}",5,3{more}')


# -- settings --------------------------------------------------------------------------


def test_the_name_from_the_factory_is_made_of_the_mac(rig):
    mac = rig.lines("AT+CIPAPMAC?")[0].split('"')[1]
    tail = mac.replace(":", "")[-6:].upper()
    assert rig.lines("AT+CWSAP?") == [f'+CWSAP:"ESP_{tail}","",1,0,10,0', "OK"]


def test_settings_are_shown_as_they_were_given(rig):
    protected(rig, ",4,1")
    assert rig.lines("AT+CWSAP?") == [f'+CWSAP:"mine","{KEY}",5,3,4,1', "OK"]
    assert rig.ok('AT+CWSAP="open","",11,0')
    assert rig.lines("AT+CWSAP?") == ['+CWSAP:"open","",11,0,10,0', "OK"]


@pytest.mark.parametrize(
    "value",
    [
        '"","12345678",5,3',
        f'"{"n" * 33}","12345678",5,3',
        '"n","1234567",5,3',
        f'"n","{"k" * 64}",5,3',
        '"n","12345678",0,3',
        '"n","12345678",15,3',
        '"n","12345678",14,3',  # the country has 13 channels
        '"n","12345678",5,1',
        '"n","12345678",5,5',
        '"n","12345678",5,3,0',
        '"n","12345678",5,3,4,2',
        '"n","12345678",5',
    ],
)
def test_bad_settings(rig, value):
    assert rig.command("AT+CWSAP=" + value) == ERROR


@pytest.mark.parametrize(
    "line",
    [
        "AT+CWSAP?",
        'AT+CWSAP="n","12345678",5,3',
        "AT+CWLIF",
        "AT+CWQIF",
        "AT+CIPAP?",
        'AT+CIPAP="192.168.5.1"',
        'AT+CIPAPMAC="18:fe:35:98:d3:7b"',
        "AT+CWDHCPS?",
        "AT+CWDHCPS=0",
    ],
)
def test_without_the_soft_ap(line):
    rig = Rig(wifi=True)
    assert rig.command(line) == ERROR


def test_settings_survive_a_reboot():
    flash = Flash()
    rig = Rig(flash=flash)
    rig.ok("AT+CWMODE=2")
    protected(rig)
    rig.ok('AT+CIPAP="192.168.9.1"')
    again = Rig(flash=flash)
    assert again.lines("AT+CWSAP?")[0].startswith('+CWSAP:"mine"')
    assert again.lines("AT+CIPAP?")[0] == '+CIPAP:ip:"192.168.9.1"'
    assert join(again, key=KEY), "its beacons are on the air again"


# -- stations --------------------------------------------------------------------------


def test_a_station_joins_gets_an_address_and_leaves(rig):
    assert join(rig)
    assert rig.collect(1) == (
        b'+STA_CONNECTED:"%s"\r\n+DIST_STA_IP:"%s","192.168.4.2"\r\n' % (MAC.encode(), MAC.encode())
    )
    assert rig.lines("AT+CWLIF") == [f"+CWLIF:192.168.4.2,{MAC}", "OK"]
    assert rig.m.control({"do": "sta_leave", "mac": MAC})["ok"]
    assert rig.collect(0.1) == b'+STA_DISCONNECTED:"%s"\r\n' % MAC.encode()
    assert rig.lines("AT+CWLIF") == ["OK"]
    assert not rig.m.control({"do": "sta_leave", "mac": MAC})["ok"]


def test_the_key_and_the_number_of_stations(rig):
    protected(rig, ",1")
    assert not join(rig, key="wrong key")
    assert not join(rig)
    assert join(rig, key=KEY)
    assert not join(rig, OTHER, key=KEY)


def test_a_station_with_an_address_of_its_own_is_not_listed(rig):
    join(rig, dhcp=False)
    assert rig.collect(2) == b'+STA_CONNECTED:"%s"\r\n' % MAC.encode()
    assert rig.lines("AT+CWLIF") == ["OK"]


def test_throwing_out_one_or_all(rig):
    join(rig)
    join(rig, OTHER)
    rig.collect(1)
    gone = '+STA_DISCONNECTED:"%s"'
    assert rig.lines(f'AT+CWQIF="{MAC.upper()}"') == [gone % MAC, "OK"]
    assert rig.command(f'AT+CWQIF="{MAC}"') == ERROR
    assert rig.lines("AT+CWQIF") == [gone % OTHER, "OK"]
    assert rig.lines("AT+CWQIF") == ["OK"]


def test_new_settings_throw_everybody_out(rig):
    join(rig)
    rig.collect(1)
    assert f'+STA_DISCONNECTED:"{MAC}"' in rig.lines(f'AT+CWSAP="new","{KEY}",5,3')
    join(rig, key=KEY)
    rig.collect(1)
    assert f'+STA_DISCONNECTED:"{MAC}"' in rig.lines("AT+CWMODE=1")
    assert not join(rig, key=KEY)


# -- addresses -------------------------------------------------------------------------


def test_the_own_address(rig):
    assert rig.lines("AT+CIPAP?") == [
        '+CIPAP:ip:"192.168.4.1"',
        '+CIPAP:gateway:"192.168.4.1"',
        '+CIPAP:netmask:"255.255.255.0"',
        "OK",
    ]
    assert rig.ok('AT+CIPAP="10.0.0.1","10.0.0.254","255.255.255.0"')
    assert rig.lines("AT+CIPAP?")[1] == '+CIPAP:gateway:"10.0.0.254"'
    assert rig.lines("AT+CIFSR")[0] == '+CIFSR:APIP,"10.0.0.1"'
    assert rig.lines("AT+CWDHCP?")[0] == "+CWDHCP:1", "the DHCP server is off now"
    assert rig.ok("AT+CWDHCP=1,2")
    assert rig.lines("AT+CIPAP?")[0] == '+CIPAP:ip:"192.168.4.1"', "the last one wins"
    assert not rig.ok('AT+CIPAP="10.0.0.1","10.0.0.1"')
    assert not rig.ok('AT+CIPAP="10.0.0.1","10.0.0.1","255.0.255.0"')
    assert not rig.ok('AT+CIPAP="300.0.0.1"')


def test_ipv6_shows_a_link_local_address(rig):
    rig.ok("AT+CIPV6=1")
    assert rig.lines("AT+CIPAP?")[3] == '+CIPAP:ip6ll:"fe80::7edf:a1ff:fee5:7002"'


def test_the_range_of_addresses(rig):
    assert rig.command("AT+CWDHCPS?") == b"+CWDHCPS:120,192.168.4.2,192.168.4.101\r\nOK\r\n"
    assert rig.ok('AT+CWDHCPS=1,3,"192.168.4.10","192.168.4.11"')
    assert rig.lines("AT+CWDHCPS?")[0] == "+CWDHCPS:3,192.168.4.10,192.168.4.11"
    for i in range(3):
        join(rig, f"02:00:00:00:00:1{i}")
    output = rig.collect(2)
    assert output.count(b"+STA_CONNECTED") == 3
    assert output.count(b"+DIST_STA_IP") == 2, "there were two addresses"
    assert rig.ok("AT+CWDHCPS=0")
    assert rig.lines("AT+CWDHCPS?")[0] == "+CWDHCPS:120,192.168.4.2,192.168.4.101"


@pytest.mark.parametrize(
    "value",
    [
        '1,0,"192.168.4.10","192.168.4.15"',
        '1,2881,"192.168.4.10","192.168.4.15"',
        '1,3,"192.168.5.10","192.168.4.15"',
        '1,3,"192.168.4.10","192.168.5.15"',
        '1,3,"192.168.4.15","192.168.4.10"',
        '1,3,"192.168.4.10"',
        "0,3",
        "2",
    ],
)
def test_bad_ranges(rig, value):
    assert rig.command("AT+CWDHCPS=" + value) == ERROR


def test_the_range_needs_the_dhcp_server(rig):
    rig.ok("AT+CWDHCP=0,2")
    assert rig.command("AT+CWDHCPS?") == ERROR
    assert rig.command('AT+CWDHCPS=1,3,"192.168.4.10","192.168.4.15"') == ERROR
    join(rig)
    assert b"DIST_STA_IP" not in rig.collect(2)


def test_macs_and_protocols(rig):
    assert rig.ok('AT+CIPAPMAC="18:fe:35:98:d3:7b"')
    assert rig.lines("AT+CIPAPMAC?")[0] == '+CIPAPMAC:"18:fe:35:98:d3:7b"'
    for bad in ("15:fe:35:98:d3:7b", "00:00:00:00:00:00", "18:fe:35:98:d3"):
        assert not rig.ok(f'AT+CIPAPMAC="{bad}"')
    for name in ("CWAPPROTO", "CWSTAPROTO"):
        assert rig.lines(f"AT+{name}?")[0] == f"+{name}:7"
        assert rig.ok(f"AT+{name}=3")
        assert rig.lines(f"AT+{name}?")[0] == f"+{name}:3"
        assert not rig.ok(f"AT+{name}=0") and not rig.ok(f"AT+{name}=8")


def test_station_and_soft_ap_at_once(rig):
    rig.ok("AT+CWMODE=3")
    assert rig.ok('AT+CWJAP="espat-lab","espat-pass"')
    join(rig)
    rig.collect(1)
    names = [line.split(",")[0] for line in rig.lines("AT+CIFSR")[:-1]]
    assert names == ["+CIFSR:APIP", "+CIFSR:APMAC", "+CIFSR:STAIP", "+CIFSR:STAMAC"]
    peers = rig.connect()
    assert peers and rig.ok("AT+CIPCLOSE")
