# AT+FS and AT+FSMOUNT: files in the module's flash, byte for byte.
from __future__ import annotations

import pytest

from espat_sim import Flash
from sim.rig import FINALS, Rig

FULL = "esp32s2-3.4-full"


@pytest.fixture
def rig():
    return Rig(profile=FULL)


def write(rig, name, data, offset=0):
    """The answer from the prompt on; a write has a lone > and no OK before it."""
    rig.write(f'AT+FS=0,1,"{name}",{offset},{len(data)}\r\n')
    first = rig.wait_for((b">", b"ERROR\r\n"))
    if first.endswith(b"ERROR\r\n"):
        return False
    assert first == b">"
    rig.write(data)
    return rig.wait_for(FINALS) == b"\r\nOK\r\n"


def read(rig, name, offset, length):
    return rig.command(f'AT+FS=0,2,"{name}",{offset},{length}')


def test_a_file_is_read_as_it_was_written(rig):
    data = bytes(range(256)) + b"\r\nOK\r\n>"
    assert write(rig, "a.bin", data)
    head = b"+FS:%d," % len(data)
    rig.write('AT+FS=0,2,"a.bin",0,1000\r\n')
    assert rig.collect(0.2) == head + data + b"\r\nOK\r\n"
    assert read(rig, "a.bin", 10, 3) == b"+FS:3,\n\x0b\x0c\r\nOK\r\n"
    assert read(rig, "a.bin", 5000, 3) == b"+FS:0,\r\nOK\r\n"
    assert rig.command('AT+FS=0,3,"a.bin"') == b"+FS:%d\r\n\r\nOK\r\n" % len(data)


def test_a_write_changes_only_its_place(rig):
    assert write(rig, "a", b"0123456789")
    assert write(rig, "a", b"xyz", offset=4)
    assert read(rig, "a", 0, 20) == b"+FS:10,0123xyz789\r\nOK\r\n"
    assert write(rig, "a", b"end", offset=12)
    assert read(rig, "a", 0, 20) == b"+FS:15,0123xyz789\0\0end\r\nOK\r\n"


def test_the_list_separates_names_with_blanks(rig):
    assert rig.command('AT+FS=0,4,"."') == b"\r\nOK\r\n"
    write(rig, "one.txt", b"1")
    write(rig, "two.txt", b"2")
    assert rig.command('AT+FS=0,4,"."') == b"+FS:one.txt two.txt \r\nOK\r\n"
    assert rig.ok('AT+FS=0,0,"one.txt"')
    assert rig.command('AT+FS=0,4,"/"') == b"+FS:two.txt \r\nOK\r\n"


@pytest.mark.parametrize(
    "line",
    [
        'AT+FS=1,3,"a"',
        'AT+FS=0,5,"a"',
        "AT+FS=0,3,a",
        'AT+FS=0,3,""',
        'AT+FS=0,3,"a",0,1',
        'AT+FS=0,2,"a"',
        'AT+FS=0,2,"a",0',
        'AT+FS=0,2,"a",0,0',
        'AT+FS=0,2,"none",0,1',
        'AT+FS=0,3,"none"',
        'AT+FS=0,0,"none"',
        'AT+FS=0,3,"sub/a"',
        'AT+FS=0,4,"sub"',
        "AT+FSMOUNT=2",
        "AT+FSMOUNT?",
    ],
)
def test_what_is_refused(rig, line):
    write(rig, "a", b"data")
    assert not rig.ok(line)


def test_files_survive_a_reboot_and_a_restore():
    flash = Flash()
    rig = Rig(profile=FULL, flash=flash)
    assert write(rig, "keep", b"kept")
    rig.ok("AT+RESTORE")
    rig.wait_ready()
    again = Rig(profile=FULL, flash=flash)
    assert read(again, "keep", 0, 9) == b"+FS:4,kept\r\nOK\r\n"


def test_the_partition_fills_up(rig):
    room = (0x90000 // 4096 - 8) * 4096
    half = bytes(room // 2)
    assert write(rig, "one", half)
    assert write(rig, "two", half[:-4096])
    assert write(rig, "small", b"x")
    assert not write(rig, "more", b"x")
    assert rig.ok('AT+FS=0,0,"small"')
    assert write(rig, "more", b"x")


def test_mounting_twice_is_no_error(rig):
    for state in (1, 1, 0, 0):
        assert rig.ok(f"AT+FSMOUNT={state}")
        assert rig.m.fs_mounted is bool(state)
    assert write(rig, "a", b"x")
    assert rig.m.fs_mounted


def test_the_released_firmware_has_no_files():
    rig = Rig()
    rig.ok("AT+SYSLOG=1")
    assert rig.lines("AT+FSMOUNT=1") == ["ERR CODE:0x01090000", "ERROR"]
