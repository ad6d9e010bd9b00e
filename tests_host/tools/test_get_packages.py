"""Owns: the packages for MicroPython that make setup unpacks: out of a wheel, out of an archive."""

from __future__ import annotations

import io
import json
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tools import get_packages


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(get_packages, "FOLDER", tmp_path / "micropython")
    monkeypatch.setattr(get_packages, "STAMP", tmp_path / "micropython" / "versions.json")
    get_packages.FOLDER.mkdir()
    return get_packages.FOLDER


def test_a_wheel_and_an_archive(tmp_path: Path, folder: Path) -> None:
    with zipfile.ZipFile(tmp_path / "one-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("one/__init__.py", "x = 1")
        wheel.writestr("one-1.0.dist-info/METADATA", "")
    with tarfile.open(tmp_path / "two-2.0.tar.gz", "w:gz") as tar:
        entry = tarfile.TarInfo("two-2.0/inside/simple.py")
        entry.size = 5
        tar.addfile(entry, io.BytesIO(b"y = 2"))
    get_packages.unpack(tmp_path / "one-1.0-py3-none-any.whl", "one")
    get_packages.unpack(tmp_path / "two-2.0.tar.gz", "inside")
    get_packages.unpack(tmp_path / "two-2.0.tar.gz", "simple.py")
    assert (folder / "one" / "__init__.py").read_text() == "x = 1"
    assert (folder / "inside" / "simple.py").read_text() == "y = 2"
    assert (folder / "simple.py").read_text() == "y = 2"
    assert sorted(path.name for path in folder.iterdir()) == ["inside", "one", "simple.py"]


def test_what_cannot_be_had_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert get_packages.versions() == {}
    line = get_packages.prepare(Path(sys.executable).with_name("no such python"))
    assert "MISSING" in line and "microdot" in line
    assert get_packages.versions() == {}
    get_packages.STAMP.write_text(json.dumps(get_packages.wanted()))
    assert "MISSING" not in get_packages.prepare(Path("never asked"))
