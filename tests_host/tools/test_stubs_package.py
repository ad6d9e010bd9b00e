"""Owns: espat-stubs as it is published: built, installed, used by mypy and pyright."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tools import check_stubs, package

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 100
PROGRAM = """\
import espat
from espat import aio

def use(m: espat.Modem) -> int:
    reveal_type(m.wifi.ifconfig())
    m.wifi.conect("ssid")
    return m.wifi.scan()

async def use_aio(m: aio.Modem) -> None:
    await m.wifi.connect("ssid", "key")
    m.wifi.connect(1)
"""
WRONG_LINES = {6, 7, 11}


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": ""},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )


def test_one_version_everywhere() -> None:
    version = package.version()
    for file, text in (
        ("stubs/pyproject.toml", f'\nversion = "{version}"\n'),
        ("manifest.py", f'version="{version}"'),
        ("lib/espat/__init__.py", f'__version__ = "{version}"'),
        ("package.json", f'"version": "{version}"'),
    ):
        assert text in (ROOT / file).read_text(), file


@pytest.mark.slow
def test_the_package_is_complete_and_of_use(tmp_path: Path) -> None:
    pytest.importorskip("build")
    pytest.importorskip("setuptools")
    out = str(tmp_path)
    shutil.copytree(ROOT / "stubs", tmp_path / "src")  # building leaves things behind
    done = run("build", "--wheel", "--no-isolation", "--outdir", out, "src", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name == f"espat_stubs-{package.version()}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
        venv.create(tmp_path / "user")  # where a user has installed it
        (packages,) = (tmp_path / "user").glob("lib/python*/site-packages")
        archive.extractall(packages)
    stubs = {path.name for path in (check_stubs.STUBS / "espat").iterdir()}
    assert inside == {f"espat-stubs/{name}" for name in stubs if not name.startswith("__py")}
    (tmp_path / "use.py").write_text(PROGRAM)
    done = run(
        "mypy", "--config-file=", "--python-executable", "user/bin/python", "use.py", cwd=tmp_path
    )
    wrong = {int(x.split(":")[1]) for x in done.stdout.splitlines() if ": error:" in x}
    assert wrong == WRONG_LINES, done.stdout
    assert '"tuple[str, str, str, str]"' in done.stdout, done.stdout
