# A module that has booted, attached to the shim of this process; for the tests of the shim.
# Owns setting up and taking down. Asks nothing of the module but AT.
from __future__ import annotations

from typing import Iterator

import pytest
import sim_machine

from espat_sim.module import Module

BOOT_US = 2_000_000


@pytest.fixture(name="module")
def attached_module() -> Iterator[Module]:
    """Booted, at 115200, with echo; attached until the test ends."""
    module = Module()
    module.clock.advance(BOOT_US)
    module.line.host.read()
    sim_machine.attach(module)
    yield module
    sim_machine.detach()
