# What survives a reboot and what does not; raw partitions and the manufacturing store.
from __future__ import annotations

import json

import pytest

from espat_sim import Flash
from sim.rig import Rig


def reboot(rig):
    rig.write("AT+RST\r\n")
    rig.wait_ready()
    rig.command("ATE0")


# -- settings --------------------------------------------------------------------------

KEPT = [
    ("CWMODE", "1"),
    ("SYSMSG", "1"),
    ("CIPV6", "1"),
    ("CWRECONNCFG", "5,7"),
    ("CIPRECONNINTV", "20"),
    ("CWDHCP", "2"),
]


def set_all(rig):
    for name, value in KEPT:
        if name == "CWDHCP":
            assert rig.ok("AT+CWDHCP=0,1")
        else:
            assert rig.ok(f"AT+{name}={value}")
    assert rig.ok('AT+CIPDNS=1,"9.9.9.9"')
    assert rig.ok('AT+CIPSTAMAC="1a:fe:35:98:d3:7b"')
    assert rig.ok("AT+CIPTCPOPT=,1,100,60")


def read_all(rig):
    values = [rig.lines(f"AT+{name}?")[0] for name, _ in KEPT]
    values += [rig.lines(f"AT+{name}?")[0] for name in ("CIPDNS", "CIPSTAMAC", "CIPTCPOPT")]
    return values


def test_settings_survive_a_reboot_when_they_are_stored():
    rig = Rig()
    set_all(rig)
    before = read_all(rig)
    assert before[0] == "+CWMODE:1"
    reboot(rig)
    assert read_all(rig) == before


def test_settings_are_gone_when_they_are_not_stored():
    rig = Rig()
    factory = read_all(rig)
    rig.ok("AT+SYSSTORE=0")
    set_all(rig)
    assert read_all(rig) != factory
    writes = rig.m.flash.writes
    reboot(rig)
    assert read_all(rig) == factory
    assert rig.m.flash.writes == writes


def test_the_same_value_is_not_written_again():
    rig = Rig()
    rig.ok("AT+CWMODE=1")
    writes = rig.m.flash.writes
    rig.ok("AT+CWMODE=1")
    assert rig.m.flash.writes == writes


@pytest.mark.parametrize(
    "name, value, factory",
    [
        ("SYSLOG", "1", "0"),
        ("CIPMUX", "1", "0"),
        ("CIPDINFO", "1", "false"),
        ("TRANSINTVL", "5", "20"),
        ("SYSSTORE", "0", "1"),
        ("SLEEP", "1", "0"),
    ],
)
def test_some_settings_never_survive(name, value, factory):
    rig = Rig()
    assert rig.ok(f"AT+{name}={value}")
    reboot(rig)
    assert rig.lines(f"AT+{name}?")[0] == f"+{name}:{factory}"


def test_some_settings_survive_always():
    rig = Rig()
    rig.ok("AT+SYSSTORE=0")
    rig.ok("AT+CWAUTOCONN=0")
    reboot(rig)
    assert rig.lines("AT+CWAUTOCONN?")[0] == "+CWAUTOCONN:0"


def test_the_default_uart_survives_and_the_current_does_not():
    rig = Rig()
    assert rig.ok("AT+UART_DEF=921600,8,1,0,0")
    rig.host.set_baud(921600)
    assert rig.ok("AT+UART_CUR=9600,8,1,0,0")
    rig.host.set_baud(9600)
    assert rig.ok("AT")
    rig.write("AT+RST\r\n")
    rig.wait_for(b"\r\nOK\r\n")
    rig.host.set_baud(921600)
    rig.wait_ready()
    assert rig.command("AT").endswith(b"\r\nOK\r\n")


def test_restore_wipes_everything_and_reboots():
    rig = Rig()
    factory = read_all(rig)
    set_all(rig)
    rig.ok("AT+CWAUTOCONN=0")
    rig.write("AT+RESTORE\r\n")
    assert rig.collect(1).endswith(b"\r\nready\r\n")
    rig.command("ATE0")
    assert read_all(rig) == factory
    assert rig.lines("AT+CWAUTOCONN?")[0] == "+CWAUTOCONN:1"


def test_a_flash_file_carries_settings_to_another_run(tmp_path):
    path = tmp_path / "flash.json"
    rig = Rig(flash=str(path))
    rig.ok("AT+CWMODE=1")
    rig.ok('AT+CWJAP="espat-lab","espat-pass"')
    again = Rig(flash=str(path), echo=True)
    assert again.collect(5) == b"WIFI CONNECTED\r\nWIFI GOT IP\r\n"
    assert json.loads(path.read_text(encoding="utf-8"))


def test_bytes_and_lists_survive_the_file(tmp_path):
    path = str(tmp_path / "flash.json")
    flash = Flash(path)
    value = {"ssid": b"\xff\x00caf", "list": [1, "two", b"\x03", None]}
    flash.set("space", "key", value)
    assert Flash(path).get("space", "key") == value
    assert flash.erase("space", "key")
    assert not flash.erase("space", "key")
    assert Flash(path).get("space", "key") is None


# -- partitions ------------------------------------------------------------------------


def test_partitions_are_listed():
    assert Rig().lines("AT+SYSFLASH?")[0] == '+SYSFLASH:"mfg_nvs",1,2,0x21000,0x1c000'


def read_flash(rig, offset, length):
    rig.write(f'AT+SYSFLASH=2,"mfg_nvs",{offset},{length}\r\n')
    answer = rig.collect(0.1)
    head = b"+SYSFLASH:%d," % length
    assert answer.startswith(head)
    assert answer.endswith(b"\r\nOK\r\n")
    return answer[len(head) : -6]


def write_flash(rig, offset, data):
    rig.write(f'AT+SYSFLASH=1,"mfg_nvs",{offset},{len(data)}\r\n')
    assert rig.wait_for(b">") == b">", "a lone prompt"
    rig.write(data)
    assert rig.wait_for(b"\r\nOK\r\n") == b"\r\nOK\r\n"


def test_a_partition_is_written_read_and_erased():
    rig = Rig()
    data = b"\x00binary\r\nOK\r\n\xff"
    write_flash(rig, 100, data)
    assert read_flash(rig, 98, len(data) + 4) == b"\xff\xff" + data + b"\xff\xff"
    reboot(rig)
    assert read_flash(rig, 100, len(data)) == data
    assert rig.ok('AT+SYSFLASH=0,"mfg_nvs",0,0x1000')
    assert read_flash(rig, 100, 4) == b"\xff" * 4
    write_flash(rig, 0, b"x")
    assert rig.ok('AT+SYSFLASH=0,"mfg_nvs"')
    assert read_flash(rig, 0, 1) == b"\xff"


def test_a_write_can_only_clear_bits():
    rig = Rig()
    write_flash(rig, 0, b"\x0f")
    write_flash(rig, 0, b"\xf1")
    assert read_flash(rig, 0, 1) == b"\x01"


def test_partitions_have_an_end():
    rig = Rig()
    assert not rig.ok('AT+SYSFLASH=2,"mfg_nvs",0x1bfff,2')
    assert not rig.ok('AT+SYSFLASH=2,"nonsense",0,2')


# -- manufacturing store ---------------------------------------------------------------


def test_namespaces_and_keys():
    rig = Rig()
    spaces = rig.lines("AT+SYSMFG?")
    assert '+SYSMFG:"factory_param"' in spaces
    assert '+SYSMFG:"client_cert"' in spaces
    assert rig.lines("AT+SYSMFG=1") == spaces
    assert '+SYSMFG:"factory_param","uart_baudrate",6' in rig.lines('AT+SYSMFG=1,"factory_param"')
    assert rig.lines('AT+SYSMFG=1,"factory_param","uart_baudrate"')[0] == (
        '+SYSMFG:"factory_param","uart_baudrate",6,6,115200'
    )


def test_a_binary_value_is_asked_for_and_read_back():
    rig = Rig()
    data = b'-----BEGIN\x00,"\r\nOK\r\n'
    assert rig.prompt(f'AT+SYSMFG=2,"own_space","cert.0",8,{len(data)}', data) == b"\r\nOK\r\n"
    rig.write('AT+SYSMFG=1,"own_space","cert.0"\r\n')
    assert rig.collect(0.1) == (
        b'+SYSMFG:"own_space","cert.0",8,%d,' % len(data) + data + b"\r\n\r\nOK\r\n"
    )
    assert rig.command('AT+SYSMFG=1,"own_space","cert.0",5,3') == (
        b'+SYSMFG:"own_space","cert.0",8,3,BEG\r\n\r\nOK\r\n'
    )
    assert rig.ok('AT+SYSMFG=0,"own_space","cert.0"')
    assert not rig.ok('AT+SYSMFG=1,"own_space","cert.0"')


def test_a_number_needs_no_prompt_and_has_its_range():
    rig = Rig()
    assert rig.ok('AT+SYSMFG=2,"mine","number",2,-128')
    assert rig.lines('AT+SYSMFG=1,"mine","number"')[0] == '+SYSMFG:"mine","number",2,4,-128'
    assert not rig.ok('AT+SYSMFG=2,"mine","number",2,-129')
    assert not rig.ok('AT+SYSMFG=2,"mine","number",9,1')
    assert not rig.ok('AT+SYSMFG=2,"mine","number"')


def test_restore_leaves_the_manufacturing_store():
    rig = Rig()
    rig.ok('AT+SYSMFG=2,"mine","number",1,5')
    rig.write("AT+RESTORE\r\n")
    rig.wait_ready()
    rig.command("ATE0")
    assert rig.ok('AT+SYSMFG=1,"mine","number"')
