"""Owns: the compiled code of the driver's files, kept for this process.

A call into once/ loads its file and forgets it. On a board that is what it costs; here it would be
most of what a simulated hour costs, the more so where Python may not write .pyc files.
"""

from __future__ import annotations

import gc
import importlib.abc
import importlib.machinery
import importlib.util
import itertools
import os
import sys
import types
from typing import Any, Callable, Optional

# What is done to code before it is kept: a fuzzer puts its counters in.
prepare: Optional[Callable[[types.CodeType], types.CodeType]] = None
ALL = 500
_collect = gc.collect
_kept: dict[str, tuple[int, int, types.CodeType]] = {}
_places: dict[tuple[str, tuple[str, ...]], str] = {}  # where a name was found


class _Loader(importlib.machinery.SourceFileLoader):
    def get_code(self, fullname: str) -> Optional[types.CodeType]:
        now = os.stat(self.path)
        kept = _kept.get(self.path)
        if kept is not None and kept[:2] == (now.st_mtime_ns, now.st_size):
            return kept[2]
        code = super().get_code(fullname)
        if code is not None:
            code = prepare(code) if prepare is not None else code
            _kept[self.path] = now.st_mtime_ns, now.st_size, code
        return code


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Any = None, target: Optional[types.ModuleType] = None
    ) -> Optional[importlib.machinery.ModuleSpec]:
        if not fullname.startswith("espat."):
            return None
        key = fullname, tuple(path or ())
        place = _places.get(key)
        if place is None or not os.path.exists(place):
            spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
            if spec is None or type(spec.loader) is not importlib.machinery.SourceFileLoader:
                return spec
            place = _places[key] = spec.loader.path
        return importlib.util.spec_from_file_location(
            fullname, place, loader=_Loader(fullname, place)
        )


def install() -> None:
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


def settle_in() -> None:
    """To be called when everything is loaded: what is there now stays, and the driver's own calls
    of gc.collect() (one after each call into once/) look at the youngest objects only, but for
    every ALL-th. On a board they give the heap back; here they were two thirds of a simulated
    life."""
    install()
    _collect()
    if hasattr(gc, "freeze"):  # not on PyPy
        gc.freeze()
    # Calls of one's own keep CPython from ever looking at the older ones by itself.
    turns = itertools.cycle([0] * (ALL - 1) + [2])

    def collect(generation: Optional[int] = None) -> int:
        return _collect(next(turns) if generation is None else generation)

    gc.collect = collect
