"""Owns: the wrappers .tools/bin/micropython (64-bit) and .tools/bin/micropython32 (32-bit).

Uses the interpreters of this machine where they fit, else unpacks Debian's packages below
.tools/. What can't be had is told in one line; the exit code stays 0 so that the rest runs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple, Optional

from tools import debs

OLDEST = (1, 22, 0)
WRAPPERS = {"micropython": 64, "micropython32": 32}
ARCHES = {"amd64": {64: "amd64", 32: "i386"}, "arm64": {64: "arm64", 32: "armhf"}}
ASK = (
    "import sys; v = sys.implementation[1]; "
    "print(v[0], v[1], v[2], 64 if sys.maxsize > 2 ** 32 else 32, sys.implementation._mpy)"
)


class Found(NamedTuple):
    version: tuple[int, int, int]
    bits: int
    mpy: int


def ask(command: list[str]) -> Optional[Found]:
    """What a MicroPython says of itself; None when it does not run."""
    try:
        done = subprocess.run(
            [*command, "-c", ASK],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=20,
        )
        words = [int(word) for word in done.stdout.split()]
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    if done.returncode or len(words) != 5:
        return None
    return Found((words[0], words[1], words[2]), words[3], words[4])


def fits(found: Optional[Found], bits: int) -> bool:
    return found is not None and found.version >= OLDEST and found.bits == bits


def on_path(bits: int) -> Optional[str]:
    for name in ("micropython32", "micropython") if bits == 32 else ("micropython",):
        for folder in os.environ.get("PATH", "").split(os.pathsep):
            path = shutil.which(name, path=folder) if folder else None
            if path and Path(path).resolve().parent != debs.BIN and fits(ask([path]), bits):
                return path
    return None


def get(name: str, bits: int, apt: list[debs.AptFolder]) -> str:
    wrapper = debs.BIN / name
    if wrapper.exists() and fits(ask([str(wrapper)]), bits):
        return "ready"
    own = on_path(bits)
    if own:
        debs.write_wrapper(name, [own])
        return f"the machine's {own}"
    host = debs.host_arch()
    arch = host if host in ("i386", "armhf") and bits == 32 else ARCHES.get(host, {}).get(bits)
    if arch is None:
        raise debs.Unavailable(f"no {bits}-bit package for a machine of type {host}")
    if not apt:
        foreign = [a for a in ARCHES.get(host, {}).values() if a != host]
        apt.append(debs.AptFolder([host, *foreign]))
    folder = apt[0].unpack("micropython", arch)
    command = debs.loader_command(folder, "usr/bin/micropython")
    if not fits(ask(command), bits):
        raise debs.Unavailable(f"the {arch} package does not run here or is older than 1.22")
    debs.write_wrapper(name, command)
    return f"unpacked from Debian's {arch} package"


def prepare() -> list[str]:
    """Leave both wrappers; one line each on what was done or what is missing."""
    apt: list[debs.AptFolder] = []
    lines = []
    for name, bits in WRAPPERS.items():
        try:
            how = get(name, bits, apt)
        except debs.Unavailable as exc:
            lines.append(
                f"{name}: MISSING ({exc}). Its checks are skipped. To add it, put a {bits}-bit "
                f"MicroPython 1.22 or newer on PATH as '{name}' "
                "(Debian 13, Ubuntu 24.04: apt install micropython), then make setup"
            )
            continue
        found = ask([str(debs.BIN / name)])
        version = ".".join(map(str, found.version)) if found else "?"
        lines.append(f"{name}: {version}, {bits}-bit ({how})")
    return lines


if __name__ == "__main__":
    print("\n".join(prepare()))
    sys.exit(0)
