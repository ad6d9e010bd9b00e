"""The heap does not grow with connections; `make soak` makes 100,000 of them (heap.py)."""

from __future__ import annotations

import pytest

from faults import heap
from tools import run_micropython as runner

MANY = 800


def test_the_heap_after_many_connections_is_that_after_a_hundred():
    if runner.missing(32):
        pytest.skip(runner.missing(32))
    found = heap.measure(MANY)
    assert found[MANY] <= found[100] + heap.SPREAD, found
