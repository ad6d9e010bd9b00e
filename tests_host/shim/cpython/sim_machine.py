# How a program gets its simulated module: attach(module) in this process, or ESPAT_SIM.
# Owns the choice of connection; re-exports what tests need of the other parts.
from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Optional

import sim_time
from sim_board import board
from sim_remote import LockstepHost, StreamHost
from sim_time import virtual_time

if TYPE_CHECKING:
    from espat_sim.module import Module
    from espat_sim.virtual_host import VirtualHost

__all__ = [
    "attach",
    "button",
    "connect_from_environment",
    "detach",
    "run_virtual",
    "use_blinka",
    "virtual_time",
]

sim_time.install()


def attach(module: Module, call_cost_us: Optional[int] = None) -> VirtualHost:
    """From now on machine.UART and machine.Pin are wired to this module, on its virtual clock."""
    from espat_sim.virtual_host import CALL_COST_US, VirtualHost

    detach()
    host = VirtualHost(module, CALL_COST_US if call_cost_us is None else call_cost_us)
    board.attach(host)
    return host


def connect_from_environment() -> Any:
    """What ESPAT_SIM says: pty:/path, tcp:HOST:PORT or lockstep:HOST:PORT."""
    where = os.environ.get("ESPAT_SIM", "")
    kind, _, rest = where.partition(":")
    if kind == "lockstep":
        host: Any = LockstepHost(rest)
    elif kind in ("pty", "tcp") and rest:
        host = StreamHost(where, os.environ.get("ESPAT_SIM_CONTROL", ""))
    else:
        raise OSError("no simulated module: call sim_machine.attach(module) or set ESPAT_SIM")
    detach()
    board.attach(host)
    return host


def detach() -> None:
    host = board.host
    board.detach()
    close = getattr(host, "close", None)
    if close is not None:
        close()


def button(pin_id: object, level: int) -> None:
    """Drives a pin of the board from outside: a button, a sensor."""
    board.outside_changes(pin_id, level)


def use_blinka() -> None:
    """Makes Blinka take the simulated board; before the first import of any of its modules."""
    os.environ["BLINKA_FORCECHIP"] = "RP2040"
    os.environ["BLINKA_FORCEBOARD"] = "RASPBERRY_PI_PICO"


def run_virtual(coro: Any) -> Any:
    """asyncio.run() on the attached module's clock: waiting takes no real time."""
    from sim_loop import run

    return run(coro)
