"""Owns: every command line in README and docs/ (blocks of sh) is run here as it stands, or stands
in ELSEWHERE with the reason why not; what a page says to type into the module is typed.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Iterator

import pytest

from tools import children, run_micropython

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
LIMIT_S = 100
ELSEWHERE = {
    "make demo": "test_demo.py",
    "make sim": "the fixture `module` below",
    "make test": "it is what runs this",
    "make quick": "it is make test with fewer tests",
    "make docs": "test_site.py",
    "make format": "it changes the sources; test_site.py and others compare what it makes",
    "make bench": "minutes; bench/test_budgets.py measures the same",
    "make setup": "it has run, or nothing would",
    "mpremote mip install package.json": "test_install.py",
    "mpremote mip install lib/espat-mqtt.json": "test_install.py",
    "mpremote mip install build/release/mip/package.json": "test_install.py, from a server",
    "mpremote cp -r build/board/espat :/lib/": "mpremote's own; needs a board with a drive",
    "pip install espat-stubs": "test_stubs_package.py builds and installs it",
    ".venv/bin/python -m bench.heap": "bench/test_budgets.py",
    ".venv/bin/python -m bench.parts": "bench/test_budgets.py",
    ".venv/bin/python -m pytest tests_host/system/test_sockets.py": "part of make test",
    ".venv/bin/python -m pytest tests_host -k reboot": "part of make test",
    ".venv/bin/python -m tools.check_stubs": "a step of make test",
}
ELSEWHERE[
    ".venv/bin/python -m tools.run_micropython --bits 32 tests_host/system/test_sockets.py"
] = "part of make test"
BY_HAND = {  # need a program that may not be there; the tests below do what they do
    "socat - build/espat-sim,raw,echo=0,crnl,b115200",
    ".venv/bin/python -m serial.tools.miniterm build/espat-sim 115200",
    """echo '{"do": "ap_down", "ssid": "espat-lab"}' | socat - TCP:127.0.0.1:7701""",
}


def commands() -> Iterator[tuple[str, str]]:
    for path in PAGES:
        for block in re.findall(r"^```sh\n(.*?)^```", path.read_text(), re.S | re.M):
            for line in block.splitlines():
                command = re.sub(r"\s+#.*", "", line).strip()
                if command:
                    yield path.name, command


ALL = list(dict.fromkeys(command for _, command in commands()))
HERE = [x for x in ALL if x not in ELSEWHERE and x not in BY_HAND and "ESPAT_SIM" not in x]
PROGRAMS = [x for x in ALL if x.startswith("ESPAT_SIM")]


def test_nothing_stands_elsewhere_that_is_on_no_page() -> None:
    assert set(ELSEWHERE) | BY_HAND <= set(ALL), (set(ELSEWHERE) | BY_HAND) - set(ALL)


def shell(command: str) -> None:
    done = subprocess.run(
        ["sh", "-ec", command],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=LIMIT_S,
    )
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("command", HERE)
def test_command(command: str) -> None:
    if not (ROOT / ".venv/bin/python").exists():
        pytest.skip("no .venv: make setup")
    shell(command)


@pytest.fixture(scope="module")
def module() -> Iterator[None]:
    """make sim, as the page says. Its port has one name: other tests do not use it."""
    if not (ROOT / ".venv/bin/python").exists():
        pytest.skip("no .venv: make setup")
    with children.Child(["make", "-C", str(ROOT), "sim"]) as child:
        child.wait_for(r"ESPAT_SIM=pty:\S+/build/espat-sim", LIMIT_S)
        yield
        child.process.send_signal(signal.SIGINT)


@pytest.mark.xdist_group("make-sim")
@pytest.mark.parametrize("command", PROGRAMS)
def test_program_on_make_sim(module: None, command: str) -> None:
    if "micropython" in command and run_micropython.missing(64):
        pytest.skip(run_micropython.missing(64))
    shell(command)


@pytest.mark.xdist_group("make-sim")
def test_what_is_typed_into_the_module(module: None) -> None:
    serial = pytest.importorskip("serial")
    text = (ROOT / "docs/simulator.md").read_text()
    (typed,) = re.findall(r"^```text\n(AT.*?)^```", text, re.S | re.M)
    with serial.Serial(os.path.realpath(ROOT / "build/espat-sim"), 115200, timeout=1) as port:
        for line in typed.splitlines():
            port.write(line.encode() + b"\r\n")
            said = b""
            end = time.monotonic() + 20
            while not said.endswith((b"OK\r\n", b"ERROR\r\n")) and time.monotonic() < end:
                said += port.read(1)
            assert said.endswith(b"OK\r\n"), (line, said)
