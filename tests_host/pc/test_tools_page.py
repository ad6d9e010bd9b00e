"""Owns: docs/tools.md shows what the command says: each console block is run and compared, numbers
aside. (What is typed on a terminal is test_console.py's.)"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Iterator

import pytest

from espat_tools import cli
from pc.conftest import Sim, espat, start

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tools.md"
BLOCKS = re.findall(r"^```console\n\$ ([^\n]*)\n(.*?)^```", PAGE.read_text(), re.S | re.M)


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sim]:
    yield from start("--pty", str(tmp_path_factory.mktemp("page") / "sim"))


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sim]:
    link = str(tmp_path_factory.mktemp("blank") / "sim")
    yield from start("--pty", link, "--profile", "esp32s2-blank")


def words(text: str, port: str) -> list[str]:
    """Without numbers, bars, and where lines are broken."""
    text = text.replace(port, "sim").replace("115200", "N")
    return re.sub(r"-?\d+(?:[.,]\d+)*", "N", text).split()


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_a_block_is_what_the_command_says(number: int, sim: Sim, blank: Sim) -> None:
    line, shown = BLOCKS[number]
    module = blank if "flash is empty" in shown else sim
    path = module.port[4:]
    stdin = ""
    if line.startswith("printf"):
        line, _, rest = line.partition(" | ")
        stdin = shlex.split(line)[1].replace("\\n", "\n")
        line = rest
    args = shlex.split(line)[1:]
    if args[0] == "bench":
        args += ["--host", "127.0.0.1"]
    _, said = espat(*args, stdin=stdin, ESPAT_PORT=module.port)
    assert words(said, path) == words(shown, path), said


def test_every_command_has_its_place_on_the_page() -> None:
    names = {command.callback.__name__ for command in cli.app.registered_commands}  # type: ignore[union-attr]
    names |= {str(group.name) for group in cli.app.registered_groups}
    text = PAGE.read_text()
    for name in names:
        assert f"espat {name}" in text, name
    assert len(BLOCKS) >= 6
