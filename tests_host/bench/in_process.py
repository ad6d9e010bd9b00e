"""Owns: what makes a driver fast that runs in the process of a bench, and changes nothing of what
it does: the compiled code of lib/espat/once is kept (the driver loads those files for moments and
forgets them; each still runs from its beginning), memory is collected by CPython's own rules, and
waiting for the UART is one step of the simulated board, as it is on a real one.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from contextlib import contextmanager
from types import CodeType, ModuleType, SimpleNamespace
from typing import Any, Iterator, Optional

from sim_board import board

PACKAGE = "espat."
ONCE = "espat.once"


class Kept(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def __init__(self) -> None:
        self._found: dict[str, tuple[CodeType, Optional[str]]] = {}
        self._missing: set[str] = set()
        self._once: list[str] = []  # where that folder is

    def find_spec(
        self, name: str, path: Any, target: Any = None
    ) -> Optional[importlib.machinery.ModuleSpec]:
        if not name.startswith(PACKAGE):
            return None
        if name in self._missing:
            raise ModuleNotFoundError(name, name=name)
        if name == ONCE and self._once:
            found = importlib.machinery.ModuleSpec(name, None, is_package=True)
            found.submodule_search_locations = self._once
            return found
        if name in self._found:
            return importlib.util.spec_from_loader(name, self, origin=self._found[name][1])
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is None:
            self._missing.add(name)
        elif name == ONCE:
            self._once = list(spec.submodule_search_locations or ())
        elif name.startswith(ONCE) and isinstance(spec.loader, importlib.abc.InspectLoader):
            code = spec.loader.get_code(name)
            if code is not None:
                self._found[name] = code, spec.origin
        return spec

    def exec_module(self, module: ModuleType) -> None:
        exec(self._found[module.__name__][0], module.__dict__)


class Poller:
    """select.poll() of MicroPython, on which the driver waits; CPython's knows no such UART."""

    def ipoll(self, ms: int) -> tuple[()]:
        board.need_host().idle(ms * 1000)
        board.run_due()
        return ()


_kept = Kept()


@contextmanager
def fast() -> Iterator[None]:
    """Meanwhile, in this process."""
    compat: Any = importlib.import_module("espat.compat")
    sys.meta_path.insert(0, _kept)
    gc, compat.gc = compat.gc, SimpleNamespace(collect=lambda: 0)
    try:
        yield
    finally:
        compat.gc = gc
        sys.meta_path.remove(_kept)
