"""Owns: a fresh simulated module on the virtual clock under each test of this folder that asks
for one (`module`)."""

from __future__ import annotations

from typing import Iterator

import pytest
import sim_machine

from espat_sim import Module, VirtualClock, VirtualNetwork, peers


@pytest.fixture
def module() -> Iterator[Module]:
    """Attached to machine.UART and machine.Pin; it boots when time passes."""
    clock = VirtualClock()
    net = VirtualNetwork(clock)
    peers.install(net)
    fresh = Module(clock=clock, net=net)
    sim_machine.attach(fresh)
    yield fresh
    sim_machine.detach()
