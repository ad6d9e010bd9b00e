"""Owns: some of the wire at each baud rate; 1 MiB each way is `make bench`'s."""

from __future__ import annotations

import pytest

from bench import rates


@pytest.mark.parametrize("rate", rates.RATES)
def test_what_is_lost_is_noticed(rate: int) -> None:
    size = min(20_000, rate // 4)
    found = rates.row(rate, True, size, seed=2)
    assert min(found["up"], found["passive"], found["active"]) > 0.4, found
    found = rates.row(rate, False, size, seed=2)
    assert (found["reported"] > 0) == (found["lost"] > 0), found
    assert (found["lost"] > 0) == (rate >= 921_600), found
