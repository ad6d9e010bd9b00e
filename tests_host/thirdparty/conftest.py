"""Owns: what the tests of unmodified libraries share: a board under Blinka, a module on virtual
time, and the driver on it. Knows no library."""

from __future__ import annotations

from typing import Any, Iterator

import pytest
import sim_machine

from espat_sim import Module, VirtualClock, VirtualNetwork, peers

sim_machine.use_blinka()


@pytest.fixture
def module() -> Iterator[Module]:
    clock = VirtualClock()
    net = VirtualNetwork(clock)
    peers.install(net)
    module = Module(clock=clock, net=net)
    sim_machine.attach(module)
    with sim_machine.virtual_time():
        yield module
    sim_machine.detach()


@pytest.fixture
def modem(module: Module) -> Any:
    """espat on a busio.UART, as on a board with CircuitPython; it has joined."""
    pytest.importorskip("adafruit_blinka")
    import board
    import busio

    import espat

    uart = busio.UART(board.GP4, board.GP5, baudrate=115200, timeout=0, receiver_buffer_size=2048)
    modem = espat.Modem(uart)
    modem.wifi.connect("espat-lab", "espat-pass")
    return modem
