"""Owns: .tools/micropython, packages for MicroPython from PyPI: unpacked, not installed.

unearth fetches what pip cannot: MicroPython's old packages are archives without a setup.py.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

from tools import debs

FOLDER = debs.TOOLS / "micropython"
STAMP = FOLDER / "versions.json"
LIMIT_S = 180

# Package -> its version, and what of it is copied: a folder, or one file.
PACKAGES = {
    "microdot": ("2.7.0", "microdot"),
    "micropython-umqtt.simple": ("1.3.4", "umqtt"),
    "micropython-stubber": ("1.29.1", "stubber/tools"),  # MicroPython's own manifestfile.py
    "micropython-bme280": ("2.1.3", "bme280.py"),
}


def wanted() -> dict[str, str]:
    return {name: version for name, (version, _) in PACKAGES.items()}


def versions() -> dict[str, str]:
    """What is there; {} before make setup."""
    return dict(json.loads(STAMP.read_text())) if STAMP.exists() else {}


def unpack(archive: Path, inside: str) -> None:
    place = FOLDER / "unpacked"
    shutil.rmtree(place, ignore_errors=True)
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            wheel.extractall(place)
    else:
        with tarfile.open(archive) as tar:
            if hasattr(tarfile, "data_filter"):  # newer than some Python 3.9
                tar.extractall(place, filter="data")
            else:
                tar.extractall(place)
    is_file = inside.endswith(".py")
    found = sorted(path for path in place.rglob(inside) if path.is_file() == is_file)[0]
    target = FOLDER / inside
    if is_file:
        shutil.copy(found, target)
    else:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(found, target)
    shutil.rmtree(place)


def fetch(python: Path, name: str, version: str, inside: str) -> bool:
    place = FOLDER / "archives"
    shutil.rmtree(place, ignore_errors=True)
    command = [str(python), "-m", "unearth", f"{name}=={version}", "--download", str(place)]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=LIMIT_S,
        )
        archives = sorted(place.glob("*")) if done.returncode == 0 else []
        if archives:
            unpack(archives[0], inside)
        return bool(archives)
    except (OSError, IndexError, subprocess.TimeoutExpired, tarfile.TarError, zipfile.BadZipFile):
        return False
    finally:
        shutil.rmtree(place, ignore_errors=True)


def prepare(python: Path) -> str:
    """One line about what is there; it says MISSING if something is not."""
    if versions() == wanted():
        return "packages for MicroPython: ready"
    FOLDER.mkdir(parents=True, exist_ok=True)
    got = {}
    for name, (version, inside) in PACKAGES.items():
        if fetch(python, name, version, inside):
            got[name] = version
    STAMP.write_text(json.dumps(got))
    missing = sorted(set(PACKAGES) - set(got))
    if missing:
        return f"{', '.join(missing)}: MISSING (PyPI does not give it). Its test is skipped"
    return "packages for MicroPython: " + ", ".join(got)
