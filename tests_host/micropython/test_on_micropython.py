# runs-on: cpython
"""Owns: showing every test function that MicroPython ran as a pytest result of its own.

The files themselves say what is tested; tests_host/tools/run_micropython.py runs them.
"""

from __future__ import annotations

import functools

import pytest

from tools import run_micropython as runner


def cases() -> list:
    found = []
    for file in runner.discover():
        for bits in (32, 64):
            for name in file.names:
                label = f"mp{bits}-{file.path.parent.name}/{file.path.stem}-{name}"
                # One process runs a whole file: keep its functions on one pytest worker.
                group = pytest.mark.xdist_group(f"mp{bits}-{file.path}")
                found.append(pytest.param(bits, file, name, id=label, marks=group))
    return found


@functools.lru_cache(maxsize=None)
def results(bits: int, file: runner.Script) -> dict:
    return {result.name: result for result in runner.run_file(bits, file)}


@pytest.mark.parametrize("bits, file, name", cases())
def test_on_micropython(bits: int, file: runner.Script, name: str) -> None:
    reason = runner.missing(bits)
    if reason:
        pytest.skip(reason)
    result = results(bits, file)[name]
    if not result.passed:
        pytest.fail(f"micropython{bits} {file.path.name}::{name}\n{result.text}", pytrace=False)
