"""Owns: counting instructions of a MicroPython program with valgrind's callgrind.

A count is exact for the same binary, program and environment. What a program does before the
part of interest is taken out by running it twice, with a small and a large amount of work.
valgrind stops at the i386 build's padding (NOPs with a CS prefix, which it does not decode):
a copy of that build, with the prefix replaced by a plain NOP of the same length, is counted.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Mapping, Optional, Sequence

from tools import debs

# `cs lea 0(%esi,%eiz,1),%esi` in its two lengths: does nothing, only fills space.
PADDINGS = (b"\x2e\x8d\xb4\x26\0\0\0\0", b"\x2e\x8d\x74\x26\0")
LIMIT_S = 300


class NoCallgrind(Exception):
    """valgrind or the interpreter can't be had here; the text says which."""


def patched_copy(folder: Path) -> Path:
    copy = folder.with_name(folder.name + "-callgrind")
    stamp = copy / ".patched"
    if stamp.exists() and stamp.stat().st_mtime >= (folder / ".complete").stat().st_mtime:
        return copy
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy, symlinks=True, ignore=shutil.ignore_patterns("gconv", "share"))
    for path in copy.rglob("*"):
        if path.is_symlink() or not path.is_file():
            continue
        data = path.read_bytes()
        if data[:4] == b"\x7fELF":
            for padding in PADDINGS:
                data = data.replace(padding, b"\x90" + padding[1:])
            path.write_bytes(data)
    stamp.write_text("")
    return copy


def interpreter(bits: int) -> list[str]:
    """The command that valgrind starts (the wrapper script itself would be counted too)."""
    if not shutil.which("valgrind"):
        raise NoCallgrind("valgrind is missing (apt install valgrind)")
    name = "micropython32" if bits == 32 else "micropython"
    wrapper = debs.BIN / name
    if not wrapper.exists():
        raise NoCallgrind(f"no {bits}-bit MicroPython on this machine")
    command = re.findall(r"'([^']+)'", wrapper.read_text())
    folder = next((p for p in Path(command[0]).parents if (p / ".complete").exists()), None)
    if bits == 32 and folder is not None:
        copy = patched_copy(folder)
        command = [part.replace(str(folder), str(copy)) for part in command]
    return command


def count(
    bits: int,
    arguments: Sequence[str],
    env: Optional[Mapping[str, str]] = None,
    limit_s: float = LIMIT_S,
) -> tuple[int, str]:
    """Run a program; gives (instructions, what it printed)."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    command += [*interpreter(bits), *arguments]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env={**os.environ, "LC_ALL": "C", **(env or {})},
            timeout=limit_s,
        )
    except subprocess.TimeoutExpired as exc:
        words = " ".join(arguments)
        raise RuntimeError(
            f"callgrind: no end after {limit_s} s: {words}\n{exc.stdout!r}"
        ) from None
    found = re.search(r"Collected : (\d+)", done.stderr)
    if not found or done.returncode:
        said = done.stdout[-2000:] + done.stderr[-2000:]
        raise RuntimeError(f"callgrind run failed ({done.returncode}):\n{said}")
    return int(found.group(1)), done.stdout
