"""Owns: hours of the low-power example, and some random schedules; many are `make soak`'s."""

from __future__ import annotations

import pytest

from bench import low_power, schedules


def test_two_hours_of_the_low_power_sensor() -> None:
    found = low_power.run(2, 30, seed=7)
    assert low_power.wrong(found) == []
    assert found["values"] == 120
    assert found["bytes_lost"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("number", range(1000, 1012))
def test_random_schedules(number: int) -> None:
    assert schedules.run(number)["sleeps"]
