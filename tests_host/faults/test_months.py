"""Two days of a device's life on 32-bit MicroPython, in which its clock wraps; `make soak` lives 90
of them (months.py)."""

from __future__ import annotations

import subprocess

import pytest

from faults import months
from tools import run_micropython as runner

DAYS = 2
BEFORE_MS = 30 * 3600 * 1000  # it wraps on the second day


@pytest.mark.slow
def test_two_days_across_the_wrap_of_the_clock():
    if runner.missing(32):
        pytest.skip(runner.missing(32))
    start_ms = months.WRAP_MS - BEFORE_MS
    looks = months.live(DAYS, 2, look_s=months.DAY_S // 2, start_ms=start_ms)
    assert not months.wrong(looks, DAYS, start_ms)
    assert looks[0].wraps == 0 and looks[-1].wraps == 1


def test_a_clock_that_did_not_wrap_is_noticed():
    assert "wrapped" in months.wrong([months.Look(90, 80_000, 20_000, 100, 50, 6)], 90)


def test_a_heap_that_grows_is_noticed():
    looks = [months.Look(5, 80_000, 2000, 9, 9, 0), months.Look(90, 80_500, 20_000, 9, 9, 7)]
    assert "heap" in months.wrong(looks, 90)


def test_a_life_in_which_little_happens_is_noticed():
    assert "operations" in months.wrong([months.Look(90, 80_000, 2000, 100, 50, 7)], 90)


def test_ticks_ms_wraps_on_the_simulated_board_as_on_a_board():
    """At 2**30, from one millisecond to the next."""
    if runner.missing(32):
        pytest.skip(runner.missing(32))
    program = "import time\na = time.ticks_ms()\ntime.sleep_ms(5000)\nb = time.ticks_ms()\n"
    program += "print(a > b, time.ticks_diff(b, a), time.ticks_add(0, -1))"
    with runner.simulator() as env:
        env = {**env, "ESPAT_SIM_TICKS_MS": str(months.WRAP_MS - 3000)}
        env["MICROPYPATH"] = runner.search_path()
        done = subprocess.run(
            [str(runner.BINARIES[32]), "-c", program],
            env=env,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    assert done.stdout.split() == ["True", "5000", str(months.WRAP_MS - 1)]
