"""Lives under random faults: the short form; `make soak` lives longer (soak.py)."""

from __future__ import annotations

import pytest

import espat
from espat_sim import Module
from faults import life
from faults.test_field_notes import LAB, fetch, modem

SEEDS = 3
MINUTES = 1.0


@pytest.mark.parametrize("kind", life.KINDS)
def test_each_fault_alone(kind: str):
    one = life.live(7, 0.1, kind)
    assert one.faults


def test_mixed_faults():
    assert life.many(range(SEEDS), MINUTES) == 0


def test_a_life_is_the_same_again():
    a, b = life.live(3, 0.2), life.live(3, 0.2)
    assert (a.good, a.errors, a.clock.now_us) == (b.good, b.errors, b.clock.now_us)


def test_the_watchdog_resets_a_module_that_hangs(module: Module):
    from machine import Pin

    m = modem(reset=Pin(6, Pin.OUT, value=1))
    assert m.watchdog() == "ok"
    module.control({"do": "hang"})
    assert m.watchdog() == "restarted"
    assert fetch(m, 100) == life.pattern(100)
    assert m.stats()["looks"] == 2 and m.stats()["reboots"] >= 1


def test_the_watchdog_joins_again_and_takes_its_time(module: Module):
    m = modem()
    module.control({"do": "ap_set", "ssid": LAB[0], "key": "otherwise"})
    module.control({"do": "kick"})
    module.control({"do": "reboot"})
    m.pause(3000)
    assert m.watchdog() == "offline"
    asked = m.stats()["commands"]
    assert m.watchdog() == "offline"
    assert m.stats()["commands"] - asked < 5  # not another join at once
    module.control({"do": "ap_set", "ssid": LAB[0], "key": LAB[1]})
    m.pause(61_000)
    assert m.watchdog() in ("joined", "ok")
    assert fetch(m, 100) == life.pattern(100)


def test_the_watchdog_raises_when_nothing_helps(module: Module):
    m = modem()
    module.control({"do": "power", "on": False})
    with pytest.raises(OSError):
        m.watchdog()
    module.control({"do": "power", "on": True})
    m.pause(2000)
    assert m.watchdog() in ("ok", "restarted", "joined")


def test_it_costs_nothing_until_it_is_used():
    assert "watch" not in "".join(vars(espat.Modem))
