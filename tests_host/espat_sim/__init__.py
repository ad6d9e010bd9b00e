# espat_sim: a simulated ESP-AT module over three injected ports: serial line, network, clock.
# Names for tests: from espat_sim import Module, VirtualClock, VirtualNetwork
from __future__ import annotations

from .air import AccessPoint, Air
from .clock import RealClock, VirtualClock
from .flash import Flash
from .module import Module
from .net_virtual import VirtualNetwork
from .profiles import Profile

__all__ = [
    "AccessPoint",
    "Air",
    "Flash",
    "Module",
    "Profile",
    "RealClock",
    "VirtualClock",
    "VirtualNetwork",
]
