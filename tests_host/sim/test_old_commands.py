# The profile esp8266-0.30 against its rows of commands.csv, and basic and Wi-Fi commands: what it
# has otherwise than ESP-AT. Links: test_old_links.py; messages: test_old_messages.py.
from __future__ import annotations

import pytest

from espat_sim import AccessPoint, Flash
from espat_sim.parser import EXECUTE, QUERY, SET, TEST
from espat_sim.profiles import load
from espat_sim.registry import CommandTable
from sim.old_rig import BOTH, JOIN, OLD, made, rows
from sim.rig import Rig, air

COMMANDS = rows("commands.csv")
FORMS = {"test": TEST, "query": QUERY, "set": SET, "execute": EXECUTE}


@pytest.fixture
def rig():
    return made()


@pytest.fixture
def both():
    return made(BOTH)


# -- the table -------------------------------------------------------------------------


def names(row):
    return ["ATE0", "ATE1"] if row["name"] == "ATE" else [row["name"]]


@pytest.fixture(scope="module")
def table():
    profile = load(OLD)
    return CommandTable(profile.command_files, profile.without)


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row["name"])
def test_a_command_has_exactly_the_forms_of_its_row(table, row):
    for name in names(row):
        command = table.find(name)
        assert command is not None, f"{name} is missing"
        has = {form: form_name in command.forms for form, form_name in FORMS.items()}
        assert has == {form: row[form] == "1" for form in FORMS}


def test_it_has_these_rows_and_nothing_else(table):
    assert len(COMMANDS) == 60
    assert set(table.by_name) == {name for row in COMMANDS for name in names(row)}


@pytest.mark.parametrize(
    "row", [r for r in COMMANDS if r["set"] == "1"], ids=lambda row: row["name"]
)
def test_a_set_form_without_arguments_is_refused(both, row):
    assert not both.ok(row["name"] + "=")


@pytest.mark.parametrize(
    "row", [r for r in COMMANDS if r["query"] == "1"], ids=lambda row: row["name"]
)
def test_a_query_answers_under_its_own_name(both, row):
    lines = both.lines(row["name"] + "?")
    assert lines[-1] == "OK" and len(lines) == 2
    assert lines[0].startswith(row["name"][2:] + ":")
    if row["query_response"].startswith("+"):
        assert len(lines[0].split(",")) == len(row["query_response"].split(","))


@pytest.mark.parametrize(
    "line",
    [
        'AT+CIPSTART="SSL","server.test",443',
        "AT+CIPRECVMODE=1",
        "AT+CMD?",
        "AT+SYSSTORE=0",
        "AT+SYSLOG=1",
        'AT+CIPDOMAIN="server.test"',
        "AT+CIPDNS?",
        "AT+MQTTCONN?",
        "AT+CWSTATE?",
        "AT+CIPSTA_CUR=?",
        "AT+UART_CUR?",
        "AT+CWMODE=0",
    ],
)
def test_what_this_firmware_has_not(rig, line):
    assert rig.lines(line) == ["ERROR"]


# -- basic -----------------------------------------------------------------------------


def test_versions_are_three_lines(rig):
    lines = rig.lines("AT+GMR")
    assert [line.partition(":")[0] for line in lines[:-1]] == [
        "AT version",
        "SDK version",
        "compile time",
    ]
    assert lines[0].startswith("AT version:0.30")


def test_the_echo_has_a_second_cr():
    rig = Rig(profile=OLD, echo=True)
    rig.write("AT\r\n")
    assert rig.collect(0.1) == b"AT\r\r\n\r\nOK\r\n"


def test_light_and_modem_sleep_have_each_others_numbers(rig):
    assert rig.lines("AT+SLEEP?") == ["+SLEEP:2", "OK"]  # modem sleep
    assert rig.ok("AT")
    assert rig.ok("AT+SLEEP=1")
    assert rig.m.power.interval_us == 102_400
    rig.collect(1)
    rig.write("AT\r\n")
    assert rig.collect(1) == b""  # it sleeps, and has no pin to wake it


def test_sleep_0_keeps_the_radio_on(rig):
    assert rig.ok("AT+SLEEP=0")
    rig.m.control({"do": "energy", "reset": True})
    rig.collect(10)
    assert rig.m.control({"do": "energy"})["module"]["mean_ma"] == pytest.approx(56, rel=0.01)


@pytest.mark.parametrize(
    "line",
    [
        "AT+SLEEP=3",
        "AT+RFPOWER=83",
        "AT+RFVDD=1899",
        "AT+RFVDD=3301",
        "AT+UART_CUR=109,8,1,0,0",
        "AT+UART_DEF=4608001,8,1,0,0",
        "AT+UART=115200,9,1,0,0",
    ],
)
def test_basic_ranges(rig, line):
    assert not rig.ok(line)


def test_radio_power_and_supply(rig):
    assert rig.ok("AT+RFPOWER=82")
    assert rig.ok("AT+RFVDD=2800")
    assert rig.ok("AT+RFVDD")
    assert rig.lines("AT+RFVDD?") == ["+RFVDD:3379", "OK"]


def test_the_old_name_of_uart_keeps_the_rate():
    flash = Flash()
    rig = Rig(profile=OLD, flash=flash)
    rig.write("AT+UART=9600,8,1,0,0\r\n")
    rig.collect(0.1)
    rig.host.set_baud(9600)
    assert rig.ok("AT")
    assert flash.get("at", "uart") == [9600, 8, 1, 0, 0]


def test_deep_sleep_needs_its_wire(rig):
    rig.write("AT+GSLP=1000\r\n")
    assert rig.wait_for(b"OK\r\n") == b"1000\r\n\r\nOK\r\n"
    rig.wait_ready()
    rig.m.control({"do": "quirk", "name": "deep_sleep_for_good", "on": True})
    rig.command("AT+GSLP=1000")
    assert rig.collect(100) == b""


def test_a_restart_does_not_interrupt_a_command(rig):
    rig.write("AT+CWLAP\r\n")
    rig.collect(0.1)
    rig.write("AT+RST\r\n")
    assert b"busy p..." in rig.collect(0.1)
    assert b"+CWLAP:" in rig.collect(3)


# -- variants --------------------------------------------------------------------------

CHANGES = [
    ("CWMODE", "1", "+%s:1"),
    ("CWDHCP", "1,0", "+%s:1"),
    ("CIPSTAMAC", '"18:fe:35:98:d3:7b"', '+%s:"18:fe:35:98:d3:7b"'),
    ("CIPAPMAC", '"1a:fe:36:97:d5:7b"', '+%s:"1a:fe:36:97:d5:7b"'),
    ("CIPSTA", '"192.168.6.100"', '+%s:"192.168.6.100"'),
    ("CIPAP", '"192.168.5.1"', '+%s:"192.168.5.1","192.168.5.1","255.255.255.0"'),
    ("CWSAP", '"ESP8266","1234567890",5,3', '+%s:"ESP8266","1234567890",5,3'),
]


@pytest.mark.parametrize(("name", "args", "answer"), CHANGES, ids=[c[0] for c in CHANGES])
@pytest.mark.parametrize("variant", ["", "_CUR", "_DEF"])
def test_variants_keep_or_do_not(name, args, answer, variant):
    flash = Flash()
    rig = made(BOTH, flash=flash)
    if variant != "_CUR":
        rig.ok("AT+CWMODE_DEF=3")
    writes = flash.writes
    assert rig.ok(f"AT+{name}{variant}={args}")
    assert (flash.writes > writes) is (variant != "_CUR")
    rig.collect(2)
    if variant != "_DEF" or name not in ("CIPSTA", "CIPSTAMAC"):
        assert rig.lines(f"AT+{name}_CUR?")[0] == answer % f"{name}_CUR"
    if variant == "_DEF":
        assert rig.lines(f"AT+{name}_DEF?")[0] == answer % f"{name}_DEF"


def test_a_join_is_kept_or_not():
    for variant, remembered in (("", True), ("_CUR", False), ("_DEF", True)):
        flash = Flash()
        rig = Rig(profile=OLD, flash=flash)
        assert rig.ok("AT+CWMODE_DEF=1")
        assert rig.ok(JOIN.replace("CWJAP", "CWJAP" + variant))
        rig.command("AT+RST")
        rig.wait_ready()
        assert (b"WIFI GOT IP" in rig.collect(5)) is remembered


def test_the_mode_may_say_that_nothing_changes(rig):
    assert rig.lines("AT+CWMODE=1") == ["OK"]
    rig.m.control({"do": "quirk", "name": "no_change", "on": True})
    assert rig.lines("AT+CWMODE=1") == ["no change", "OK"]


def test_the_range_of_modes(rig):
    for name in ("CWMODE", "CWMODE_CUR", "CWMODE_DEF"):
        assert rig.lines(f"AT+{name}=?") == [f"+{name}:(1-3)", "OK"]


# -- Wi-Fi -----------------------------------------------------------------------------


def test_a_join_and_what_it_is():
    rig = Rig(profile=OLD)
    assert rig.lines("AT+CWMODE?") == ["+CWMODE:2", "OK"]  # out of the factory: soft-AP
    assert not rig.ok(JOIN)
    rig.ok("AT+CWMODE=1")
    assert rig.lines("AT+CWJAP?") == ["No AP", "OK"]
    assert rig.command(JOIN) == b"WIFI CONNECTED\r\nWIFI GOT IP\r\n\r\nOK\r\n"
    (line, _) = rig.lines("AT+CWJAP_CUR?")
    assert line == '+CWJAP_CUR:"espat-lab","02:65:73:70:61:01",6,-45'


@pytest.mark.parametrize(
    ("variant", "args", "code"),
    [("", '"none","12345678"', 3), ("_CUR", '"espat-lab","12345678"', 2), ("_DEF", '"x",""', 3)],
)
def test_a_join_that_fails_ends_with_fail(variant, args, code):
    rig = made(joined=False)
    rig.write(f"AT+CWJAP{variant}={args}\r\n")
    assert rig.collect(20) == b"+CWJAP:%d\r\n\r\nFAIL\r\n" % code


def test_it_goes_on_trying_after_a_loss(rig):
    rig.m.control({"do": "kick"})
    assert b"WIFI DISCONNECT\r\nWIFI CONNECTED\r\nWIFI GOT IP\r\n" in rig.collect(6)


def test_scans_have_six_fields(rig):
    lines = rig.lines("AT+CWLAP")
    assert lines[0] == '+CWLAP:(3,"espat-lab",-45,"02:65:73:70:61:01",6,-1)'
    assert len(lines) == 3
    assert len(rig.lines('AT+CWLAP="espat-open"')) == 2
    assert len(rig.lines('AT+CWLAP="espat-open","02:65:73:70:61:02",11')) == 2
    assert rig.lines('AT+CWLAP="espat-open","02:65:73:70:61:02",3') == ["OK"]


def test_the_soft_ap_and_its_stations(both):
    assert not both.ok('AT+CWSAP_CUR="lab","short",5,3')
    assert both.ok('AT+CWSAP_CUR="lab","long enough",5,3')
    both.m.control({"do": "sta_join", "mac": "aa:bb:cc:dd:ee:ff", "key": "long enough"})
    both.collect(1)
    assert both.lines("AT+CWLIF") == ["192.168.4.2,aa:bb:cc:dd:ee:ff", "OK"]


def test_dhcp_arguments_and_bits(both):
    assert both.lines("AT+CWDHCP?") == ["+CWDHCP:3", "OK"]
    assert both.ok("AT+CWDHCP_CUR=0,0")  # the soft-AP
    assert both.lines("AT+CWDHCP_CUR?") == ["+CWDHCP_CUR:2", "OK"]
    assert both.m.cfg["dhcp"] == 1  # the station's, as ESP-AT numbers it
    assert both.ok("AT+CWDHCP_CUR=2,0")
    assert both.ok("AT+CWDHCP_CUR=1,1")
    assert both.lines("AT+CWDHCP_CUR?") == ["+CWDHCP_CUR:2", "OK"]


def test_the_last_of_dhcp_and_static_address_wins(rig):
    assert rig.ok('AT+CIPSTA_CUR="192.168.6.100","192.168.6.1","255.255.255.0"')
    rig.collect(1)
    assert rig.lines("AT+CIPSTA_CUR?")[0] == '+CIPSTA_CUR:"192.168.6.100"'
    assert rig.lines("AT+CWDHCP_CUR?")[0] == "+CWDHCP_CUR:1"
    assert rig.ok("AT+CWDHCP_CUR=1,1")
    rig.collect(2)
    assert rig.lines("AT+CIPSTA_CUR?")[0] == '+CIPSTA_CUR:"192.168.1.50"'


def test_an_address_needs_an_access_point():
    rig = made(joined=False)
    assert not rig.ok("AT+CIPSTA?")


@pytest.mark.parametrize(
    "line",
    [
        'AT+CIPSTAMAC_CUR="19:fe:35:98:d3:7b"',  # a group address
        'AT+CIPSTA_CUR="192.168.6.100","192.168.6.1"',
        'AT+CIPAP_CUR="192.168.6.1","192.168.6.1","255.255.0.0"',
        "AT+CWDHCP_CUR=3,1",
        'AT+CWSAP_CUR="lab","12345678",5,1',
        'AT+CWSAP_CUR="lab","12345678",5,3,4',
        'AT+CWJAP_CUR="espat-lab"',
        'AT+CWLAP=""',
    ],
)
def test_wifi_refuses(both, line):
    assert not both.ok(line)


def test_the_two_macs_differ(both):
    mac = both.m.station.ap_mac
    assert not both.ok(f'AT+CIPSTAMAC_CUR="{mac}"')


def test_smart_config_says_one_line():
    rig = made(joined=False)
    assert rig.ok("AT+CWSTARTSMART")
    phone = {"do": "smartconfig", "ssid": "espat-lab", "password": "espat-pass"}
    assert rig.m.control({**phone, "type": "AIRKISS"})["ok"]
    assert rig.collect(10) == b"Smart get wifi info\r\nWIFI CONNECTED\r\nWIFI GOT IP\r\n"
    assert rig.ok("AT+CWSTOPSMART")


def test_smart_config_is_for_the_station_alone(both):
    assert not both.ok("AT+CWSTARTSMART")


def busy_now(rig):
    rig.write("AT+CWLAP\r\n")
    rig.collect(0.05)
    rig.write("AT\r\n")
    return rig.collect(0.05)


def test_busy_while_a_command_runs(rig):
    assert b"\r\nbusy p...\r\n" in busy_now(rig)


def test_an_enterprise_network_is_not_for_it():
    rig = made(joined=False, air=air(AccessPoint(b"office", eap={"methods": [1]})))
    rig.write('AT+CWJAP="office",""\r\n')
    assert b"FAIL" in rig.collect(20)
