"""Owns: hours of the low-power example, and some random schedules; many are `make soak`'s."""

from __future__ import annotations

import importlib

import pytest

from bench import low_power, schedule, schedules
from tools import run_micropython


def test_two_hours_of_the_low_power_sensor() -> None:
    found = low_power.run(2, 30, seed=7)
    assert low_power.wrong(found) == []
    assert found["values"] == 120
    assert found["bytes_lost"] == 0


@pytest.mark.parametrize("first", range(20000, 20060, 20))
def test_random_schedules(first: int) -> None:
    for number in range(first, first + 20):
        assert schedules.run(number)["sleeps"], number


def test_the_sensor_on_micropython_in_a_small_heap() -> None:
    reason = run_micropython.missing(32)
    if reason:
        pytest.skip(reason)
    found = low_power.on_micropython(0.25, 4, seed=3)
    assert low_power.wrong(found) == []
    assert found["values"] == 15 and found["bytes_lost"] == 0


def test_a_host_that_sleeps_on_data_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    # The schedules see it from outside.
    powerhost = importlib.import_module("espat.powerhost")
    monkeypatch.setattr(powerhost.Host, "pending", lambda self: False)
    caught = 0
    for number in range(10):
        try:
            schedules.run(number)
        except schedule.Wrong as wrong:
            assert "data pending" in str(wrong) or "holds" in str(wrong), wrong
            caught += 1
    assert caught > 3
