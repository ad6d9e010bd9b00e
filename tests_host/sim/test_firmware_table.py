# Each firmware of the simulated module against the table of firmwares: it has what the table says,
# and refuses everything else. The driver is judged by the same table (system/lacking.py).
from __future__ import annotations

import pytest

from espat_sim import capabilities, peers, profiles
from sim.rig import Rig
from tools import claims, firmwares

NAMES = firmwares.names()
EVERY = sorted(
    {name for text in NAMES for name in firmwares.commands(firmwares.of(profiles.load(text)))}
)


def firmware(name):
    return firmwares.of(profiles.load(name))


@pytest.mark.parametrize("name", NAMES)
def test_it_has_the_commands_of_the_table(name):
    assert set(Rig(profile=name).m.commands.by_name) == firmwares.commands(firmware(name))


@pytest.mark.parametrize("name", NAMES)
def test_each_of_them_has_the_forms_of_its_row(name):
    rig = Rig(profile=name)
    dialect = firmware(name).dialect
    checked = 0
    for row in claims.rows():
        for command in firmwares.SPELT.get(row["name"], (row["name"],)):
            if row["dialect"] == dialect and firmwares.has(firmware(name), command):
                forms = {form for form in ("query", "set", "execute") if row[form] == "1"}
                assert forms <= set(rig.m.commands.find(command).forms), command
                checked += 1
    assert checked > 30


@pytest.mark.parametrize("name", NAMES)
def test_it_refuses_every_other_command_in_every_form(name):
    rig = Rig(profile=name)
    lacking = [command for command in EVERY if not firmwares.has(firmware(name), command)]
    lacking = [command for command in lacking if command not in firmwares.UNDOCUMENTED]
    for command in lacking:
        for form in ("", "?", "=?", '=1,"x"'):
            rig.m.refused.clear()
            assert rig.lines(command + form) == ["ERROR"], command + form
            assert rig.m.refused == {command}
    assert lacking or name.endswith("-full")


# Unknown, number of arguments, what an argument may be; MQTT has codes of its own.
_REASONS = tuple(f"ERR CODE:0x{code}" for code in ("0109", "0106", "0107", "00006"))


def refused(rig, line, code):
    """By its arguments, or as unknown, where the firmware tells why."""
    lines = rig.lines(line)
    return lines[-1] == "ERROR" and (not code or lines[-2].startswith(_REASONS))


# Of a rig that has joined, with several links: what is sent, and what before.
EXAMPLES = {
    "TLS": ((), 'AT+CIPSTART=0,"SSL","tls.test",7'),
    "AT+CIPSTART timeout": ((), 'AT+CIPSTART=0,"TCP","echo.test",7,,,1000'),
    "AT+CIPDOMAIN timeout": ((), 'AT+CIPDOMAIN="echo.test",1,1000'),
    "AT+CIPDOMAIN show_all_ip": ((), 'AT+CIPDOMAIN="echo.test",1,1000,1'),
    "AT+MDNS instance": ((), 'AT+MDNS=1,"a","_http",80,"b"'),
    "AT+CIPRECVTYPE per link": ((), "AT+CIPRECVTYPE=3,1"),
    "AT+CIPRECVTYPE data_len_report_mode": ((), "AT+CIPRECVTYPE=3,1,1"),
    "AT+CIPRECVDATA keep_datagram_integrity": (
        ('AT+CIPSTART=0,"TCP","echo.test",7',),
        "AT+CIPRECVDATA=0,100,1",
    ),
    "AT+CIPSEND 8192": (('AT+CIPSTART=0,"TCP","echo.test",7',), "AT+CIPSEND=0,8192"),
    "AT+CIPSERVER SSL": (("AT+CIPSNTPCFG=1,0",), 'AT+CIPSERVER=1,443,"SSL",0'),
    "AT+CIPSERVER netif": ((), 'AT+CIPSERVER=1,80,"TCP",0,1'),
    "AT+MQTTCONN timeout": (
        ('AT+MQTTUSERCFG=0,1,"me","","",0,0,""',),
        'AT+MQTTCONN=0,"mqtt.test",1883,0,1000',
    ),
    "AT+CWRECONNCFG reconnect_now": ((), "AT+CWRECONNCFG=1,10,1"),
}


def test_there_is_an_example_of_everything_that_the_simulator_names():
    assert set(EXAMPLES) == set(capabilities.BEYOND_COMMANDS)


CASES = [
    (name, what)
    for name in NAMES
    for what in firmwares.arguments(firmware(name).dialect)
    if what in EXAMPLES
]


@pytest.mark.parametrize("name, what", CASES)
def test_it_takes_the_arguments_of_the_table(name, what):
    wanted = firmwares.has(firmware(name), what)
    rig = Rig(profile=name)
    assert capabilities.has(rig.m, what) == wanted
    peers.install(rig.net)
    old = firmware(name).dialect == firmwares.OLD
    now = "_CUR" if firmwares.has(firmware(name), "AT+CWMODE_CUR") else ""
    assert old or rig.ok("AT+SYSLOG=1")
    assert rig.ok(f"AT+CWMODE{now}=1")
    assert rig.ok(f'AT+CWJAP{now}="espat-lab","espat-pass"')
    assert rig.ok("AT+CIPMUX=1")
    before, line = EXAMPLES[what]
    for command in before:
        assert rig.ok(command), command
    assert refused(rig, line, not old) == (not wanted)
