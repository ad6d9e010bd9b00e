# Command lines: forms, quoting, escapes, and which error code a wrong argument gets.
from __future__ import annotations

import pytest

from espat_sim import errors
from espat_sim.parser import Bare, Int, LinkId, Rest, Str, bind, parse_line, split_args
from sim.rig import Rig


@pytest.mark.parametrize(
    "line, name, form",
    [
        (b"AT", "AT", "execute"),
        (b"ATE0", "ATE0", "execute"),
        (b"AT+GMR", "AT+GMR", "execute"),
        (b"AT+CMD?", "AT+CMD", "query"),
        (b"AT+CWMODE=?", "AT+CWMODE", "test"),
        (b"AT+CWMODE=1", "AT+CWMODE", "set"),
        (b"AT+CWJAP=", "AT+CWJAP", "set"),
        (b'AT+PING="a?b=c"', "AT+PING", "set"),
    ],
)
def test_the_four_forms(line, name, form):
    parsed = parse_line(line)
    assert (parsed.name, parsed.form) == (name, form)


@pytest.mark.parametrize(
    "text, args",
    [
        (b"1", [b"1"]),
        (b'1,"a"', [b"1", b"a"]),
        (b',"a",,', [None, b"a", None, None]),
        (rb'"ab\\\,c","0123456789\"\\"', [rb"ab\,c", rb'0123456789"\\'[:-1]]),
        (rb'"\"{\"sensor\":012}\""', [rb'"{"sensor":012}"']),
        (rb'"\x\yz"', [b"xyz"]),
        (b'""', [b""]),
        ('"caf\u00e9 \u4e2d"'.encode(), ["caf\u00e9 \u4e2d".encode()]),
        (b'"=?"', [b"=?"]),
    ],
)
def test_arguments(text, args):
    assert split_args(text) == args


@pytest.mark.parametrize("text", [b'"a,b"', b'"a', b'"a"b', b'"a" ,1', b'"a\\'])
def test_broken_strings_are_refused(text):
    with pytest.raises(errors.AtError) as caught:
        split_args(text)
    assert caught.value.code == 0x01080000


def test_a_quoted_number_is_no_number():
    assert isinstance(split_args(b"5")[0], Bare)
    assert not isinstance(split_args(b'"5"')[0], Bare)


KINDS = (Int(0, 5), Str(4), Int(1, 9, default=7))


@pytest.mark.parametrize(
    "text, values",
    [
        (b'1,"ab"', [1, b"ab", 7]),
        (b'1,"ab",', [1, b"ab", 7]),
        (b'0x5,"ab",9', [5, b"ab", 9]),
    ],
)
def test_values(text, values):
    assert bind(split_args(text), KINDS, False) == values


@pytest.mark.parametrize(
    "text, code",
    [
        (b"1", 0x01060201),  # two needed, one given
        (b'1,"ab",2,3', 0x01060304),
        (b'"1","ab"', 0x01050000),
        (b"1,ab", 0x01050001),
        (b'6,"ab"', 0x01070000),
        (b'-1,"ab"', 0x01070000),
        (b'1,"abcde"', 0x01040001),
        (b',"ab"', 0x01080000),
        (b'1 ,"ab"', 0x01080000),
        (b'x,"ab"', 0x01080000),
        (b'1,"ab",0', 0x01070002),
    ],
)
def test_the_code_names_what_is_wrong_and_where(text, code):
    with pytest.raises(errors.AtError) as caught:
        bind(split_args(text), KINDS, False)
    assert caught.value.code == code


def test_a_link_id_is_there_only_in_multiple_mode():
    assert bind(split_args(b"9"), (LinkId(), Int(0, 9)), False) == [0, 9]
    assert bind(split_args(b"3,9"), (LinkId(), Int(0, 9)), True) == [3, 9]


def test_rest_takes_what_is_left():
    assert bind(split_args(b'1,"a",,2'), (Int(0, 1), Rest()), False) == [1, [b"a", None, b"2"]]


# -- on the wire -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def rig():
    rig = Rig()
    rig.command("AT+SYSLOG=1")
    return rig


@pytest.mark.parametrize(
    "line, code",
    [
        ("", "01030000"),
        ("at", "01030000"),
        ("At+GMR", "01030000"),
        (" AT", "01030000"),
        ("hello", "01030000"),
        ("AT+FAKE", "01090000"),
        ("AT+gmr", "01090000"),
        ("ATE", "01090000"),
        ("ATE2", "01090000"),
        ("AT ", "01090000"),
        ("AT+", "01090000"),
        ("AT+GMR?", "010c0000"),
        ("AT+CWMODE=?", "010c0000"),
        ("AT+CWMODE", "010c0000"),
        ("AT+CWMODE?1", "01090000"),
        ("AT+CWMODE=", "01080000"),
        ("AT+CWMODE=4", "01070000"),
        ("AT+CWMODE=1,2", "01070001"),
        ("AT+CWMODE=1,1,1", "01060203"),
        ('AT+CWMODE="1"', "01050000"),
        ('AT+CIPSTART="SSL", "192.168.3.102", 8070', "01050001"),
        ('AT+CIPSTART="TCP","x",70000', "01070002"),
        ('AT+CIPSTART="TCP","x",0', "01070002"),
        ('AT+CIPSTART="tcp","x",80', "01070000"),
        (f'AT+CIPSTART="TCP","{"h" * 65}",80', "01040001"),
        ('AT+CWJAP="a,b","12345678"', "01080000"),
    ],
)
def test_refusals_carry_their_code(rig, line, code):
    assert rig.command(line) == f"ERR CODE:0x{code}\r\n\r\nERROR\r\n".encode()


def test_without_syslog_there_is_only_error(rig):
    rig.command("AT+SYSLOG=0")
    assert rig.command("AT+FAKE") == b"\r\nERROR\r\n"
    rig.command("AT+SYSLOG=1")


def test_a_line_feed_alone_does_not_end_a_command(rig):
    rig.write(b"AT\n")
    assert rig.wait_for(b"ERROR\r\n") == b"ERR CODE:0x01020000\r\n\r\nERROR\r\n"


def test_a_line_may_have_256_bytes_with_its_end(rig):
    head = 'AT+PING="'
    fits = head + "h" * (254 - len(head) - 1) + '"'
    assert rig.command(fits) == b"ERR CODE:0x010a0001\r\n\r\nERROR\r\n", "read, then no Wi-Fi"
    too_long = head + "h" * (255 - len(head) - 1) + '"'
    assert rig.command(too_long) == b"ERR CODE:0x01020000\r\n\r\nERROR\r\n"
    assert rig.ok("AT"), "the rest of the long line is gone"
