# Runs a program on the unix port of MicroPython, 32-bit and 64-bit, with the shim and a small heap.
# Owns starting it and its end; what is asserted is the program's.
from __future__ import annotations

from pathlib import Path

import pytest

from espat_sim import peers
from espat_sim.lockstep import LockstepServer
from espat_sim.module import Module
from tools import children

ROOT = Path(__file__).parents[2]
SHIM = ROOT / "tests_host" / "shim" / "micropython"
DEADLINE_S = 30


@pytest.fixture(name="run", params=["micropython", "micropython32"])
def run_program(request, tmp_path):
    binary = ROOT / ".tools" / "bin" / request.param
    if not binary.exists():
        pytest.skip(f"no {request.param} on this machine")

    def run(program, env, heap="64K"):
        script = tmp_path / "program.py"
        script.write_text(program)
        command = [str(binary), "-X", f"heapsize={heap}", str(script)]
        code, text = children.run(command, DEADLINE_S, {**env, "MICROPYPATH": f"{SHIM}:.frozen"})
        assert code == 0, text
        return text

    return run


@pytest.fixture(name="lockstep")
def run_on_lockstep(run):
    """Runs a program against a fresh module; scenario(module) may prepare it."""

    def on_lockstep(program, scenario=lambda module: None, **options):
        module = Module()
        peers.install(module.net)
        scenario(module)
        with LockstepServer(module) as server:
            return run(program, server.env, **options)

    return on_lockstep


BOOTED = """
import time
from machine import UART, Pin
uart = UART(1, 115200, tx=Pin(4), rx=Pin(5), rxbuf=2048)
time.sleep_ms(2000)
uart.read()
"""

RX_HANDLER = """
seen = []
def handler(u):
    seen.append(len(u.read() or b""))
uart.irq(handler, UART.IRQ_RXIDLE)
def wait(ready):
    for _ in range(500):
        if ready():
            return
        time.sleep_ms(10)
    assert 0, (seen, uart.any())
uart.write(b"AT\\r\\n")
wait(lambda: sum(seen) >= 10)
assert sum(seen) == 10, seen
uart.irq(None)
uart.write(b"AT\\r\\n")
wait(lambda: uart.any() >= 10)
assert sum(seen) == 10
"""
