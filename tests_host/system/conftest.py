"""Owns: a fresh simulated module on the virtual clock under every system test on CPython."""

from __future__ import annotations

from typing import Iterator

import pytest
import sim_machine

from espat_sim import Module, VirtualClock, VirtualNetwork, peers


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
