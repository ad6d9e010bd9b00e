"""Owns: what `pip install` of this project gives: the wheel's content, and in a fresh environment
without this repository the fixture, the command, the simulator, as docs/your_tests.md has it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from espat_tools import pytest_plugin
from pc.conftest import environment

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "your_tests.md"
PARTS = ("pyproject.toml", "README.md", "LICENSE", "lib")
PACKAGES = ("espat_sim", "espat_tools", "shim")
LIMIT_S = 120


def run(command: list[str], cwd: Path) -> str:
    done = subprocess.run(
        command,
        cwd=cwd,
        env={k: v for k, v in environment().items() if k != "PYTHONPATH"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=LIMIT_S,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: what an earlier build left behind would go in as well."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
    (source / "tests_host").mkdir(parents=True)
    for name in PARTS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=ignore)
        else:
            shutil.copy(ROOT / name, source / name)
    for name in PACKAGES:
        shutil.copytree(ROOT / "tests_host" / name, source / "tests_host" / name, ignore=ignore)
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    run([*pip, "--no-index", "--disable-pip-version-check", "-w", str(folder), "."], source)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def fresh(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel in it; other packages come from the one that we are in,
    which knows nothing of this repository's folders there."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    (site,) = folder.glob("lib/python*/site-packages")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps"]
    run([*pip, "--no-index", "--disable-pip-version-check", str(wheel)], folder)
    (site / "others.pth").write_text(sysconfig.get_path("purelib") + os.linesep)
    return python


def test_the_wheel_has_what_belongs_there(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        names = {name for name in file.namelist() if ".dist-info/" not in name}
    lib = ROOT / "lib"
    wanted = {path.relative_to(lib).as_posix() for path in lib.glob("espat/**/*.py")}
    host = ROOT / "tests_host"
    for package in ("espat_sim", "espat_tools"):
        for path in (host / package).rglob("*"):
            if path.is_file() and path.suffix != ".pyc":
                wanted.add(path.relative_to(host).as_posix())
    shim = host / "shim" / "cpython"
    wanted |= {f"espat_sim/shim/{path.name}" for path in shim.glob("*.py")}
    assert names == wanted


def run_tests(python: Path, folder: Path, *more: str) -> str:
    """pytest there, without the plugins that happen to be in our own environment."""
    others = [x for name in ("hypothesispytest", "xdist", "timeout") for x in ("-p", f"no:{name}")]
    return run([str(python), "-m", "pytest", "-q", *others, *more], folder)


def files_of_the_page(folder: Path) -> list[str]:
    blocks = re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```", PAGE.read_text(), re.S | re.M)
    for name, text in blocks:
        (folder / name).write_text(text)
    return [name for name, _ in blocks]


def test_the_pages_example_runs_where_nothing_else_is(fresh: Path, tmp_path: Path) -> None:
    assert files_of_the_page(tmp_path) == ["firmware.py", "test_firmware.py"]
    said = run_tests(fresh, tmp_path, "--strict-markers")
    assert "3 passed" in said, said
    where = "import espat, espat_sim; print(espat.__file__); print(espat_sim.__file__)"
    for line in run([str(fresh), "-c", where], tmp_path).split():
        assert Path(line).is_relative_to(fresh.parents[1]), line


TESTS = """
import sys
import time
import pytest

def test_the_plugin_has_loaded_nothing_before_it_is_used():
    loaded = {name.partition(".")[0] for name in sys.modules}
    assert not loaded & {"espat", "espat_sim", "machine", "sim_board", "typer", "rich"}

def test_first(espat_module):
    import program
    program.state.append(1)
    assert program.state == [1]
    time.sleep(1000)
    assert espat_module.clock.now_us >= 1000_000_000

def test_the_program_starts_anew(espat_module):
    import program
    assert program.state == []
    assert espat_module.clock.now_us < 1000_000_000

@pytest.mark.espat(profile="esp8266-0.30", air={"aps": [{"ssid": "home", "key": "12345678"}]})
def test_another_module(espat_module):
    import espat
    from machine import UART
    modem = espat.Modem(UART(1, 115200))
    modem.wifi.connect("home", "12345678")
    assert modem.profile.version == (0, 30)

def test_without_the_fixture_time_is_real():
    start = time.monotonic()
    time.sleep(0.01)
    assert 0.005 < time.monotonic() - start < 60
"""


def test_each_test_has_a_board_of_its_own(fresh: Path, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("state = []\n")
    (tmp_path / "test_it.py").write_text(TESTS)
    said = run_tests(fresh, tmp_path)
    assert "5 passed" in said, said


CIRCUITPYTHON = """
def test_busio(espat_module):
    import board
    import busio
    import espat
    uart = busio.UART(board.GP4, board.GP5, baudrate=115200, receiver_buffer_size=2048)
    modem = espat.Modem(uart)
    modem.wifi.connect("espat-lab", "espat-pass")
    assert modem.wifi.isconnected()
"""


def test_a_circuitpython_program(fresh: Path, tmp_path: Path) -> None:
    pytest.importorskip("adafruit_blinka")
    (tmp_path / "pytest.ini").write_text("[pytest]\nespat_board = circuitpython\n")
    (tmp_path / "test_it.py").write_text(CIRCUITPYTHON)
    assert "1 passed" in run_tests(fresh, tmp_path)


def test_a_board_that_there_is_not(fresh: Path, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nespat_board = arduino\n")
    with pytest.raises(AssertionError, match="micropython or circuitpython"):
        run_tests(fresh, tmp_path)


def test_the_command_and_the_simulator_are_there(fresh: Path, tmp_path: Path) -> None:
    assert run([str(fresh.parent / "espat"), "--version"], tmp_path).startswith("espat ")
    assert "--profile" in run([str(fresh), "-m", "espat_sim", "--help"], tmp_path)


def test_the_shim_is_found_from_the_sources_too() -> None:
    assert (pytest_plugin.shim_folder() / "machine.py").exists()
