# Time: SNTP, its zones in both notations, its interval, and the clock it sets.
# The world's time is the virtual clock's.
from __future__ import annotations

import pytest

from espat_sim.clock import NEW_YEAR_2026
from sim.rig import Rig

UPDATED = b"+TIME_UPDATED\r\n"


@pytest.fixture
def rig():
    return Rig(wifi=True)


def local_time(rig):
    return rig.command("AT+CIPSNTPTIME?")


def test_the_answer_sets_the_clock_and_is_told(rig):
    assert local_time(rig).startswith(b"+CIPSNTPTIME:Thu Jan  1 00:00:0")
    rig.write('AT+CIPSNTPCFG=1,8,"ntp.test"\r\n')
    assert rig.collect(2) == b"\r\nOK\r\n" + UPDATED
    assert local_time(rig) == b"+CIPSNTPTIME:Thu Jan  1 08:00:04 2026\r\nOK\r\n"
    assert int(rig.lines("AT+SYSTIMESTAMP?")[0].partition(":")[2]) == NEW_YEAR_2026 + 4


def test_without_wifi_it_waits_for_an_address():
    rig = Rig()
    assert rig.ok("AT+CIPSNTPCFG=1,0")
    assert rig.collect(60) == b""
    rig.ok("AT+CWMODE=1")
    rig.write('AT+CWJAP="espat-lab","espat-pass"\r\n')
    assert rig.collect(5).endswith(b"WIFI GOT IP\r\n\r\nOK\r\n" + UPDATED)


def test_servers_that_do_not_answer(rig):
    rig.m.control({"do": "sntp", "answers": False})
    rig.ok("AT+CIPSNTPCFG=1,0")
    assert rig.collect(60) == b""
    assert b"1970" in local_time(rig)
    rig.m.control({"do": "sntp", "answers": True})
    assert rig.collect(20) == UPDATED, "it asks again"


def test_the_interval_and_one_message_only(rig):
    assert rig.lines("AT+CIPSNTPINTV?") == ["+CIPSNTPINTV:3600", "OK"]
    assert rig.ok("AT+CIPSNTPINTV=15")
    rig.ok("AT+CIPSNTPCFG=1,0")
    assert rig.collect(2) == UPDATED
    rig.ok("AT+SYSTIMESTAMP=1000000000")
    assert rig.collect(20) == b"", "later answers set the clock without a word"
    assert b"2026" in local_time(rig)
    rig.ok("AT+CIPSNTPCFG=1,0")
    assert rig.collect(2) == UPDATED
    assert not rig.ok("AT+CIPSNTPINTV=14")
    assert not rig.ok("AT+CIPSNTPINTV=4294968")


def test_switched_off(rig):
    rig.ok("AT+CIPSNTPCFG=1,8")
    rig.collect(1)
    assert rig.ok("AT+CIPSNTPCFG=0,3")
    assert rig.lines("AT+CIPSNTPCFG?") == ["+CIPSNTPCFG:0,3", "OK"]
    rig.ok("AT+SYSTIMESTAMP=0")
    assert rig.collect(4000) == b""
    assert b"1970" in local_time(rig)


@pytest.mark.parametrize(
    "zone, minutes, shown",
    [
        ("8", 480, 8),
        ("-12", -720, -12),
        ("14", 840, 14),
        ("800", 480, 8),
        ("+0530", 330, 5),
        ("530", 330, 5),
        ("-500", -300, -5),
        ("1245", 765, 12),
        ("015", 15, 0),
        ("-0030", -30, 0),
    ],
)
def test_zones(rig, zone, minutes, shown):
    assert rig.ok(f'AT+CIPSNTPCFG=1,{zone},"a.test","b.test"')
    assert rig.m.cfg["sntp"][1] == minutes
    assert rig.lines("AT+CIPSNTPCFG?")[0] == f'+CIPSNTPCFG:1,{shown},"a.test","b.test"'


@pytest.mark.parametrize("value", ["1,1460", "1,-1300", "1,1401", "1,60", "1,-1201", "2,0", "1"])
def test_bad_zones(rig, value):
    assert not rig.ok("AT+CIPSNTPCFG=" + value)


def test_servers(rig):
    rig.ok("AT+CIPSNTPCFG=1,0")
    defaults = '"cn.ntp.org.cn","ntp.sjtu.edu.cn","us.pool.ntp.org"'
    assert rig.lines("AT+CIPSNTPCFG?")[0] == f"+CIPSNTPCFG:1,0,{defaults}"
    assert rig.ok('AT+CIPSNTPCFG=1,0,"a","b","c"')
    assert not rig.ok('AT+CIPSNTPCFG=1,0,"a","b","c","d"')


def test_a_restart_keeps_the_time_and_a_reset_loses_it(rig):
    rig.ok("AT+SYSTIMESTAMP=1700000000")
    rig.write("AT+RST\r\n")
    rig.wait_ready()
    rig.command("ATE0")
    assert b"Nov 14 22:13:2" in local_time(rig)
    assert rig.lines("AT+CIPSNTPCFG?") == ["+CIPSNTPCFG:0,0", "OK"], "not stored"
    rig.m.pin("EN").set(0)
    rig.collect(0.01)
    rig.m.pin("EN").set(1)
    rig.wait_ready()
    rig.command("ATE0")
    assert b"1970" in local_time(rig)
