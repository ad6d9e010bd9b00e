"""The tests of the field notes can fail: each does, with a driver that has the fault.

Owns which way each of them fails; naive.py is the driver.
"""

from __future__ import annotations

import pytest
from machine import UART, Pin

from espat_sim import Module
from faults import life, naive, test_field_notes

NOTES = {
    int(name[5:7]): test for name, test in vars(test_field_notes).items() if name[5:7].isdigit()
}
SECOND_FRAMING = b"+CIPRECVDATA,%d:"
# What each says of it; a driver that lacks a name would say something else.
FAILURES = {
    1: "DID NOT RAISE",
    2: "no data",
    3: "5 == 110",
    4: "no data|ERROR",
    5: "assert b'.* == b'",
    6: "list index out of range",
    7: "busy p",
    8: "no answer",
    9: "ERROR",
    10: "net 4. OK",
    11: "DID NOT RAISE",
    12: "110 == 104",
    13: "byte must be in range",
    14: "DID NOT RAISE",
    15: "no answer",
}


def test_on_a_good_day_it_works(module: Module) -> None:
    m = naive.Modem(UART(1, 115200, tx=Pin(4), rx=Pin(5), rxbuf=2048))
    m.wifi.connect("espat-lab", "espat-pass")
    assert m.wifi.ssid() == b"espat-lab"
    assert b"espat-lab" in {x[0] for x in m.wifi.scan()}
    for kind in (1, 2, 1, 1, 1, 1, 1):
        s = m.socket(kind)
        s.connect(("echo.test", 7))
        for size in (1, 100, 1460):
            data = life.pattern(size)
            s.write(data)
            assert s.read(size) == data
        s.close()
    s = naive.tls.SSLContext(16).wrap_socket(m.socket())
    s.connect(("tls.test", 7))
    s.write(b"hello")
    assert s.read(5) == b"hello"


def test_there_are_fifteen() -> None:
    assert sorted(NOTES) == sorted(FAILURES) == list(range(1, 16))


@pytest.mark.parametrize("number", sorted(NOTES))
def test_each_fails_with_it(module: Module, number: int) -> None:
    more: dict[str, object] = {1: {"passive": False}, 8: {"head": SECOND_FRAMING}}.get(number, {})
    with pytest.raises((Exception, pytest.fail.Exception), match=FAILURES[number]):
        NOTES[number](module, naive, **more)
