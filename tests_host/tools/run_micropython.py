"""Owns: running test files under a real MicroPython, one fresh process per file.

A test file holds plain functions `def test_xxx():` with bare asserts and imports no pytest,
so that pytest runs the same file on CPython. Comments among its first lines may say
  # runs-on: cpython | micropython      (default: both)
  # needs: sim                          (a simulated module on virtual time; see run_file)
  # profile: esp32s2-3.4-full           (its firmware; default: as released)
  # heap: 128K                          (default: 1M)
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Iterator, NamedTuple, Optional

from tools import build_mpy

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests_host"
HARNESS = TESTS / "micropython" / "harness.py"
BINARIES = {64: ROOT / ".tools/bin/micropython", 32: ROOT / ".tools/bin/micropython32"}
FOLDERS = ("unit", "system", "micropython")
DEADLINE_S = 60
PROFILE = "esp32s2-3.4"
SHORTEST_HEAD = 12  # lines in which the directives may stand


class Result(NamedTuple):
    name: str
    passed: bool
    took_ms: int
    text: str


class Script(NamedTuple):
    path: Path
    names: tuple[str, ...]
    runs_on: str
    needs_sim: bool
    heap: str
    profile: str


def read_test_file(path: Path) -> Script:
    text = path.read_text()
    head = "\n".join(text.splitlines()[:SHORTEST_HEAD])
    words = dict(re.findall(r"^#\s*(runs-on|needs|heap|profile):\s*(\S+)", head, re.M))
    body = ast.parse(text, str(path)).body
    names = tuple(
        node.name
        for node in body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.name.startswith("test_")
    )
    return Script(
        path,
        names,
        words.get("runs-on", "both"),
        words.get("needs") == "sim",
        words.get("heap", "1M"),
        words.get("profile", PROFILE),
    )


def discover() -> list[Script]:
    """Every test file that MicroPython shall run."""
    files = []
    for folder in FOLDERS:
        for path in sorted((TESTS / folder).glob("test_*.py")):
            found = read_test_file(path)
            if found.runs_on != "cpython" and found.names:
                files.append(found)
    return files


def search_path(*first: Path, lib: Optional[Path] = None) -> str:
    """MICROPYPATH: it replaces the default, so the frozen modules are named too."""
    places = [*first, TESTS / "shim" / "micropython", lib or ROOT / "lib", TESTS]
    return ":".join([str(place) for place in places] + [".frozen"])


def missing(bits: int) -> str:
    """Why this MicroPython can't be used; empty when it can."""
    if BINARIES[bits].exists():
        return ""
    return f"no {bits}-bit MicroPython on this machine (make setup says how to get one)"


@contextlib.contextmanager
def simulator(profile: str = PROFILE) -> Iterator[dict[str, str]]:
    """A fresh simulated module on virtual time; gives the environment that leads to it.

    It runs in this process, so that an error of the simulation fails the test too.
    """
    from espat_sim import Module, VirtualClock, VirtualNetwork, peers
    from espat_sim.lockstep import LockstepServer

    clock = VirtualClock()
    network = VirtualNetwork(clock)
    peers.install(network)
    module = Module(profile, clock=clock, net=network)
    with tempfile.TemporaryDirectory(prefix="espat") as folder:
        with LockstepServer(module, path=f"{folder}/sim") as server:
            yield server.env


def _with_source(text: str) -> str:
    """MicroPython's asserts say no more than a line number: add the line."""
    lines = []
    for line in text.splitlines():
        lines.append(line)
        found = re.match(r'\s*File "(.+?)", line (\d+)', line)
        if found and Path(found.group(1)).is_file():
            source = Path(found.group(1)).read_text().splitlines()
            number = int(found.group(2))
            if number <= len(source):
                lines.append("    " + source[number - 1].strip())
    return "\n".join(lines)


def _parse(file: Script, output: str, end: str) -> list[Result]:
    seen: dict[str, Result] = {}
    running = ""
    for block in re.split(r"^@@ ", output, flags=re.M)[1:]:
        head, _, rest = block.partition("\n")
        words = head.split()
        if words[0] == "START":
            running, printed = words[1], rest
        elif words[0] in ("PASS", "FAIL"):
            text = _with_source(printed + rest)
            seen[words[1]] = Result(words[1], words[0] == "PASS", int(words[2]), text)
            running = ""
        elif words[0] == "IMPORT-FAILED":
            end = "the file could not be imported\n" + _with_source(rest)
    if running:
        end = f"{end} while {running} ran"
    tail = "" if running or "imported" in end else "\n" + output[-2000:]
    results = []
    for name in file.names:
        results.append(seen.get(name) or Result(name, False, 0, f"did not run: {end}{tail}"))
    return results


def run_file(bits: int, file: Script, deadline_s: float = DEADLINE_S) -> list[Result]:
    """One result per test function, in the order of the file.

    A file shares one process; where a simulated module is needed, each function has a process
    and a module of its own, so that none sees what another left behind.
    """
    if not file.needs_sim:
        return _run(bits, file, {}, deadline_s)
    results = []
    for name in file.names:
        alone = file._replace(names=(name,))
        try:
            with simulator(file.profile) as env:
                results += _run(bits, alone, env, deadline_s)
        except Exception as exc:  # the simulation's own failure is this test's result
            results = [result for result in results if result.name != name]
            results.append(Result(name, False, 0, f"the simulation failed: {exc!r}"))
    return results


def _run(bits: int, file: Script, more: dict[str, str], deadline_s: float) -> list[Result]:
    command = [str(BINARIES[bits]), "-X", f"heapsize={file.heap}", str(HARNESS)]
    command += [file.path.stem, *file.names]
    # What goes over a simulated module runs as a board gets it, from .mpy, on 32 bits (sizes and
    # names as there), and from source on 64. Tests of the inside need the source's names.
    lib = None
    if bits == 32 and file.needs_sim and build_mpy.MPY_CROSS.exists():
        lib = build_mpy.build_all()
    path = search_path(file.path.parent, lib=lib)
    env = {**os.environ, **more, "MICROPYPATH": path, "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=deadline_s,
            env=env,
        )
        output, end = done.stdout, f"MicroPython ended with {done.returncode}"
    except subprocess.TimeoutExpired as exc:
        output, end = exc.stdout or b"", f"stopped after {deadline_s:g} s"
    return _parse(file, output.decode(errors="replace"), end)


def main() -> int:
    parser = argparse.ArgumentParser(description="Run test files on MicroPython.")
    parser.add_argument("--bits", choices=["32", "64", "both"], default="both")
    parser.add_argument("--deadline", type=float, default=DEADLINE_S, help="seconds per file")
    parser.add_argument("files", nargs="*", type=Path, help="default: all that can run there")
    args = parser.parse_args()
    files = [read_test_file(path.resolve()) for path in args.files] or discover()
    wanted = [32, 64] if args.bits == "both" else [int(args.bits)]
    jobs = []
    for bits in wanted:
        if missing(bits):
            print(f"skipped: {missing(bits)}")
        else:
            jobs += [(bits, file) for file in files]
    start = time.monotonic()
    passed = failed = 0
    with ThreadPoolExecutor(max_workers=2) as pool:
        runs = pool.map(lambda job: run_file(job[0], job[1], args.deadline), jobs)
        for (bits, file), results in zip(jobs, runs):
            for result in results:
                where = f"micropython{bits} {file.path.relative_to(TESTS)}::{result.name}"
                print(f"{'pass' if result.passed else 'FAIL'} {where} {result.took_ms} ms")
                if not result.passed:
                    print("    " + result.text.strip().replace("\n", "\n    "))
                passed += result.passed
                failed += not result.passed
    print(f"{passed} passed, {failed} failed in {time.monotonic() - start:.1f} s")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
