"""Owns: keeping files that only MicroPython can run away from pytest's own collection."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from tools import run_micropython as runner


def pytest_ignore_collect(collection_path: Path) -> Optional[bool]:
    if collection_path.suffix == ".py" and collection_path.name.startswith("test_"):
        if runner.read_test_file(collection_path).runs_on == "micropython":
            return True
    return None
