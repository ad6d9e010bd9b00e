"""Answers of any kind: a value or OSError, never anything else; and commands of any kind.

The short form; `make fuzz` goes on (fuzz.py).
"""

from __future__ import annotations

import pytest

from faults import commands, parsers

SEEDS = 250
FINE = (b"\xff\xfe", b"", b'"', b"-", b",,,,,,,,,", b'"\xff\xff",1', b"9" * 40, b":", b"(", b")")


def test_any_answer():
    for seed in range(SEEDS):
        parsers.check(seed)


@pytest.mark.parametrize("which", range(len(parsers.CALLS)))
def test_each_call_with_lines_that_mean_nothing(which: int):
    parsers.check_lines(which, list(FINE))
    for text in FINE:
        parsers.check_lines(which, [text])


def test_commands_of_any_kind():
    for seed in range(60):
        commands.check(seed)


# -- what was found --------------------------------------------------------------------


def test_what_a_handler_raises_does_not_tear_the_stream():
    """The rest of the chunk was lost, and with it payload of a link."""
    m, uart = parsers.modem()
    m.state = 2
    m.engine.lost = False  # whatever another test has left
    m.on_line("+TIME_UPDATED", lambda line: 1 // 0)
    seen: list[bytes] = []
    m.on_line("+OTHER", seen.append)
    uart.rx += b"+TIME_UPDATED\r\n+OTHER:1\r\n"
    m.poll()
    m.on_line("+TIME_UPDATED", None)
    m.on_line("+OTHER", None)
    assert seen == [b"+OTHER:1"]


def test_what_the_callers_own_handler_raises_reaches_the_caller():
    m, uart = parsers.modem()
    m.state = 2
    m.engine.lost = False  # whatever another test has left
    uart.answer = lambda line: b"+X:1\r\n+X:2\r\n\r\nOK\r\n"

    def handler(line: bytes) -> None:
        raise KeyError(line)

    with pytest.raises(KeyError):
        m.command("AT+X?", lines=handler)
    assert m.command("AT+X?") == [b"+X:1", b"+X:2"]


def test_wrong_arguments_stay_value_errors():
    m, uart = parsers.modem()
    m.state = 2
    m.engine.lost = False  # whatever another test has left
    uart.answer = lambda line: b"\r\nOK\r\n"
    for call in (
        lambda: m.wifi.reconnect(-1),
        lambda: m.wifi.mac("aa:bb"),
        lambda: m.net.resolve("x" * 300),
    ):
        with pytest.raises(ValueError):
            call()


def test_lines_of_a_fuzzer_go_to_one_module():
    """What --atheris gives to commands.one(), one line after the other."""
    rig = None
    for seed in range(40):
        rig = commands.one(rig, bytes([seed, 61, 34, seed]))
    rig.write("AT\r\n")
    assert b"\r\nOK\r\n" in rig.collect(1)
