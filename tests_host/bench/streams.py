"""Owns: the long form of two system tests: five links at once, and passthrough, 1 MiB each way.

Times are the simulator's: they do not depend on the machine.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import sys
from typing import Any, Iterator

from bench import report

SIZE = 1 << 20
SHIM = report.ROOT / "tests_host" / "shim" / "cpython"
LEAST = {"worst_share": 0.5, "up": 0.98, "down": 0.98}


@contextlib.contextmanager
def simulated() -> Iterator[None]:
    """The driver and the simulated module can be imported into this process."""
    for path in (SHIM, report.ROOT / "lib"):
        if str(path) not in sys.path:
            sys.path.insert(0, str(path))
    try:
        yield
    finally:
        importlib.import_module("sim_machine").detach()


def fresh() -> Any:
    """A simulated module on a clock and a network of its own, behind this process's UART."""
    from espat_sim import Module, VirtualClock, VirtualNetwork, peers

    clock = VirtualClock()
    net = VirtualNetwork(clock)
    peers.install(net)
    module = Module(clock=clock, net=net)
    importlib.import_module("sim_machine").attach(module)
    return module


def measure(size: int = SIZE) -> dict[str, Any]:
    """Shares of five links (1 is the mean), and the part of the line rate that passthrough uses.
    RuntimeError: bytes were wrong, or a figure is too low."""
    found: dict[str, Any] = {}
    with simulated():
        fair = importlib.import_module("system.test_fair_cpython")
        through = importlib.import_module("system.test_passthrough_rate_cpython")
        try:
            found.update(fair.rig.run(fair.run(fresh(), size)))
            found.update(through.run(fresh(), size))
        except (AssertionError, OSError) as exc:
            raise RuntimeError(repr(exc)) from exc
    found = {k: round(v, 4) if isinstance(v, float) else v for k, v in found.items()}
    low = {name: found[name] for name, least in LEAST.items() if found[name] < least}
    if low:
        raise RuntimeError(f"too low: {low}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=SIZE, help="bytes a link and direction")
    for name, value in measure(parser.parse_args().size).items():
        print(f"{name:12} {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
