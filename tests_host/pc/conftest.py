"""Owns: real simulated modules (`python -m espat_sim`) and the real command `espat` for the tests
of this folder: processes of their own, real time."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

import pytest

from tools import children

LIMIT_S = 60
START_S = 20


@dataclass
class Sim:
    """A simulated module that runs."""

    port: str  # as --port takes it
    control_at: str

    def control(self, do: str, **request: Any) -> dict[str, Any]:
        host, port = self.control_at.split(":")
        with socket.create_connection((host, int(port)), timeout=LIMIT_S) as s:
            s.sendall(json.dumps({"do": do, **request}).encode() + b"\n")
            answer = json.loads(s.makefile("rb").readline())
        assert answer["ok"], answer
        return dict(answer)


def start(*options: str) -> Iterator[Sim]:
    command = [sys.executable, "-u", "-m", "espat_sim", "--control", "0", *options]
    with children.Child(command) as child:
        found: dict[str, str] = {}
        while len(found) < 2:
            match = child.wait_for(r"(ESPAT_SIM\w*)=(\S+)", START_S)
            found[match[1]] = match[2]
        yield Sim(found["ESPAT_SIM"], found["ESPAT_SIM_CONTROL"])


@pytest.fixture(scope="module")
def fast() -> Iterator[Sim]:
    """On TCP, bytes take no time."""
    yield from start("--tcp", "0", "--fast")


@pytest.fixture(scope="module")
def pty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sim]:
    """On a pty: a port with a rate."""
    yield from start("--pty", str(tmp_path_factory.mktemp("pty") / "sim"))


def environment(**more: str) -> dict[str, str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith("ESPAT_")}
    return {**env, "PYTHONUTF8": "1", "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb", **more}


def espat(*args: str, stdin: str = "", **env: str) -> tuple[int, str]:
    """The command as a user runs it: (exit code, all that it says)."""
    done = subprocess.run(
        [sys.executable, "-m", "espat_tools", *args],
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=LIMIT_S,
        env=environment(**env),
    )
    return done.returncode, done.stdout


def flat(text: str) -> str:
    """Without the line ends of wrapping."""
    return " ".join(text.split())


def write(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return str(path)
