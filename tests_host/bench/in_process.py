"""Owns: what makes a driver fast that runs in the process of a bench, and changes nothing of what
it does: the code of its files is kept (tools/code_cache.py), memory is collected by CPython's own
rules, and waiting for the UART is one step of the simulated board, as it is on a real one.
"""

from __future__ import annotations

import importlib
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Iterator

from sim_board import board

from tools import code_cache


class Poller:
    """select.poll() of MicroPython, on which the driver waits; CPython's knows no such UART."""

    def ipoll(self, ms: int) -> tuple[()]:
        board.need_host().idle(ms * 1000)
        board.run_due()
        return ()


@contextmanager
def fast() -> Iterator[None]:
    """Meanwhile, in this process."""
    code_cache.install()
    compat: Any = importlib.import_module("espat.compat")
    gc, compat.gc = compat.gc, SimpleNamespace(collect=lambda: 0)
    try:
        yield
    finally:
        compat.gc = gc
