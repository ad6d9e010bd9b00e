"""Owns: a short form of bench.line: what part of the line's rate a transfer uses (exact: the clock
is the simulator's)."""

from __future__ import annotations

import pytest

from bench import line, streams

SIZE = 32 * 1024


@pytest.mark.parametrize("rate", line.RATES)
def test_the_line_is_seldom_idle(rate: int) -> None:
    with streams.simulated():
        assert line.received(rate, SIZE, passive=False) >= 0.985
        assert line.sent(rate, SIZE, long=True) >= 0.95
        # One read, or one AT+CIPSEND, at a time: the module's latency (1 ms) stands between them.
        assert line.received(rate, SIZE) >= {115200: 0.98, 921600: 0.95, 3000000: 0.90}[rate]
        assert line.sent(rate, SIZE) >= {115200: 0.95, 921600: 0.93, 3000000: 0.82}[rate]
