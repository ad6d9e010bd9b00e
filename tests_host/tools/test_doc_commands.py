"""Owns: every command line in README and docs/ (blocks of sh) is run here as it stands, or stands
in ELSEWHERE with the reason why not; what a page says to type into the module is typed.
"""

from __future__ import annotations

import re
import signal
import subprocess
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
TERMINAL = ".venv/bin/python -m serial.tools.miniterm build/espat-sim 115200"
ELSEWHERE[TERMINAL] = "type_into_the_module() below"
ELSEWHERE['make sim SIM_ARGS="--control 7702"'] = "the fixture `module`, with a free port"


def commands() -> Iterator[tuple[str, str]]:
    for path in PAGES:
        for block in re.findall(r"^```sh\n(.*?)^```", path.read_text(), re.S | re.M):
            for line in block.splitlines():
                command = re.sub(r"\s+#.*", "", line).strip()
                if command:
                    yield path.name, command


ALL = list(dict.fromkeys(command for _, command in commands()))
HERE = [x for x in ALL if x not in ELSEWHERE and "ESPAT_SIM" not in x]
PROGRAMS = [x for x in ALL if x.startswith("ESPAT_SIM")]


def test_nothing_stands_elsewhere_that_is_on_no_page() -> None:
    assert set(ELSEWHERE) <= set(ALL), set(ELSEWHERE) - set(ALL)


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


@pytest.fixture
def module() -> Iterator[str]:
    """make sim, as the page says, and its control port."""
    if not (ROOT / ".venv/bin/python").exists():
        pytest.skip("no .venv: make setup")
    command = ["make", "-C", str(ROOT), "sim", "SIM_ARGS=--control 0"]
    with children.Child(command) as child:
        control = child.wait_for(r"ESPAT_SIM_CONTROL=\S+:(\d+)", LIMIT_S)
        child.wait_for(r"ESPAT_SIM=pty:\S+/build/espat-sim", LIMIT_S)
        yield control[1]
        child.process.send_signal(signal.SIGINT)


def on_page(language: str, part: str) -> str:
    text = (ROOT / "docs/simulator.md").read_text()
    found = re.findall(rf"^```{language}\n(.*?)^```", text, re.S | re.M)
    (block,) = [block for block in found if part in block]
    return block


def test_what_is_done_with_make_sim(module: str, capsys: pytest.CaptureFixture[str]) -> None:
    # One test: its pty has one name.
    for command in PROGRAMS:
        if not ("micropython" in command and run_micropython.missing(64)):
            shell(command)
    type_into_the_module()
    block = on_page("python", "7702")
    exec(compile(block.replace("7702", module), "simulator.md", "exec"), {})
    assert capsys.readouterr().out.strip() == '{"ok":true}'


def type_into_the_module() -> None:
    pexpect = pytest.importorskip("pexpect")
    with pexpect.spawn("sh", ["-c", TERMINAL], cwd=ROOT, encoding="utf-8", timeout=20) as terminal:
        terminal.expect("Quit: ")
        for line in on_page("text", "AT+CWMODE").splitlines():
            terminal.send(line + "\r")
            assert terminal.expect(["\nOK\r", "ERROR"]) == 0, terminal.before
        terminal.send("\x1d")
        terminal.expect(pexpect.EOF)
