"""Owns: a fresh simulated module on the virtual clock under every system test on CPython, and
keeping files that only MicroPython can run away from pytest's own collection."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, Optional

import pytest
import sim_machine

from espat_sim import Module, VirtualClock, VirtualNetwork, peers
from tools import run_micropython as runner


def pytest_ignore_collect(collection_path: Path) -> Optional[bool]:
    if collection_path.suffix == ".py" and collection_path.name.startswith("test_"):
        if runner.read_test_file(collection_path).runs_on == "micropython":
            return True
    return None


@pytest.fixture(autouse=True)
def module() -> Iterator[Module]:
    """Attached to machine.UART and machine.Pin; it boots when time passes."""
    clock = VirtualClock()
    net = VirtualNetwork(clock)
    peers.install(net)
    fresh = Module(clock=clock, net=net)
    sim_machine.attach(fresh)
    yield fresh
    sim_machine.detach()
