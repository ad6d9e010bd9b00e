"""Owns: what makes simulated time cheap in every test of this process (tools/code_cache.py)."""

from __future__ import annotations

from tools import code_cache


def pytest_collection_finish() -> None:
    code_cache.settle_in()
