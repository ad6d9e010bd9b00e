# runs-on: cpython
"""Owns: that a firmware which nobody has seen yet is one file of data for the simulated module and
one for the driver, and no line of code anywhere: an invented one is added, and used.
"""

from __future__ import annotations

import sys
from typing import Iterator

import pytest
import sim_machine

import espat
from espat_sim import Module, VirtualClock, VirtualNetwork, peers, profiles
from system import rig

SIMULATED = """
# Invented: ESP-AT 9.7 of another maker, with small sends and one receive mode for all links.
import dataclasses
from espat_sim.profiles import esp32s2_3_4

_LIKE = esp32s2_3_4.PROFILE
PROFILE = dataclasses.replace(
    _LIKE,
    name="acme-9.7",
    gmr=("AT version:9.7.0.0(0000000 - ACME - Jan  1 2031 00:00:00)", "SDK version:v9", "Bin:1"),
    command_files=(*_LIKE.command_files, "commands_recv_mode"),
    without=_LIKE.without | {"AT+CIPRECVTYPE", "AT+CIPSENDL", "AT+PING"},
    send_max=700,
    recv_data=b"+CIPRECVDATA,%d:%s%s",
    prompt=b"\\r\\n> ",
    cipstart_timeout=True,
)
"""
DRIVERS = """
# Invented: see the test.
ROW = ("acme", (9, 7), b"AT+CIPRECVMODE", 700, False)
"""


@pytest.fixture
def acme(module: Module, tmp_path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Module]:
    (tmp_path / "acme_9_7.py").write_text(SIMULATED)
    (tmp_path / "once").mkdir()
    (tmp_path / "once" / "firmware_9_7.py").write_text(DRIVERS)
    monkeypatch.setattr(profiles, "__path__", [*profiles.__path__, str(tmp_path)])
    monkeypatch.setattr(espat, "__path__", [*espat.__path__, str(tmp_path)])
    for name in [n for n in sys.modules if n.startswith("espat.once")]:
        monkeypatch.delitem(sys.modules, name)
    sim_machine.detach()
    clock = VirtualClock()
    net = VirtualNetwork(clock)
    peers.install(net)
    fresh = Module("acme-9.7", clock=clock, net=net)
    sim_machine.attach(fresh)
    yield fresh


def test_it_is_used_as_its_file_says(acme: Module) -> None:
    m = rig.joined()
    assert (m.profile.name, m.profile.version) == ("acme", (9, 7))
    assert m.profile.passive == b"AT+CIPRECVMODE"
    assert ("AT+CIPRECVMODE", "set") in acme.served
    assert not acme.refused, "it was asked for something that its file does not promise"
    s = m.socket()
    s.settimeout(5)
    s.connect(rig.ECHO)
    s.write(rig.pattern(2000))
    assert s.read(2000) == rig.pattern(2000)
    s.close()
    s = m.socket()
    s.connect(rig.PATTERN)
    s.write(b"9000\n")
    rig.wait(m, 3000)  # the module holds back what nobody reads
    assert s.read() == rig.pattern(9000)


def test_datagrams(acme: Module) -> None:
    m = rig.joined()
    s = m.socket(type=2)
    s.settimeout(5)
    s.connect(rig.ECHO)
    for n in (1, 300, 40):
        s.send(bytes(n))
    rig.wait(m, 500)
    assert sorted(len(s.recv(1000)) for _ in range(3)) == [1, 40, 300]


def test_what_it_lacks_is_an_error(acme: Module) -> None:
    m = rig.joined()
    e = rig.raises(espat.ATError, m.net.ping, "echo.test")
    assert e.code >> 16 == 0x0109, hex(e.code)


def test_without_its_file_it_is_taken_for_the_nearest(module: Module) -> None:
    m = rig.joined()
    assert m.profile.name == "esp-at"
