"""Owns: instructions per byte received and sent, of the floor, of espat and of a peer.

Each case runs with a small and a large amount of data; the difference is what a byte costs.
The payload is compared in a run of its own that is not counted, by the same program.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from bench import callgrind, feeder, report
from tools import build_mpy, children, rom_names, run_micropython

BOARD = Path(__file__).with_name("board")
SMALL_KIB = 32
LARGE_KIB = 96
VERIFY_KIB = 64
# MicroPython remembers where it found a name in a table with 64 places, by the name's number. Which
# names take each other's place there is chance, and a tenth of a short call. One more folder on
# the path is one more name, which gives all that follow other numbers: a layout of its own.
LAYOUTS = 5
LIMIT_S = 120
HEAP = "128K"  # like a small board's: what a garbage collection costs depends on it
PEER = ("adafruit_espatcontrol/__init__.py", "adafruit_espatcontrol/adafruit_espatcontrol.py")


class Case(NamedTuple):
    who: str  # floor | espat | atcontrol
    mode: str  # active | passive | send
    buffer: int
    program: str
    extra: tuple[str, ...] = ()

    @property
    def asyncio(self) -> bool:
        return "aio" in self.extra

    @property
    def label(self) -> str:
        return " ".join((self.who, self.mode, f"{self.buffer} B", *self.extra))


CASES = [
    Case("floor", "active", feeder.RECORD, "floor.py"),
    Case("floor", "passive", 4096, "floor.py"),
    Case("floor", "passive", 512, "floor.py"),
    Case("floor", "send", 2048, "floor.py"),
    Case("espat", "active", feeder.RECORD, "transfer.py"),
    Case("espat", "passive", 4096, "transfer.py"),
    Case("espat", "passive", 512, "transfer.py"),
    Case("espat", "passive", 512, "transfer.py", ("2048",)),
    Case("espat", "send", 2048, "transfer.py"),
    Case("espat", "send", 4096, "transfer.py"),
    Case("espat", "send", 8192, "transfer.py"),
    Case("espat", "active", feeder.RECORD, "transfer.py", ("aio",)),
    Case("espat", "passive", 4096, "transfer.py", ("aio",)),
    Case("espat", "send", 2048, "transfer.py", ("aio",)),
    Case("atcontrol", "active", feeder.RECORD, "atcontrol.py"),
    Case("atcontrol", "send", 2048, "atcontrol.py"),
]


ESPAT = Case("espat", "active", feeder.RECORD, "transfer.py")  # what environment() asks about


def environment(case: Case, layout: int = 0) -> dict[str, str]:
    lib = build_mpy.build_all()
    places = [BOARD / "peer", peer_folder()] if case.who == "atcontrol" else []
    # Nothing of the shim: a board has its own time and select, and what lies on the heap decides
    # how long room there is searched for.
    empty = [f"/none{i}" for i in range(layout)]
    path = ":".join(map(str, [*empty, *places, BOARD, lib, ".frozen"]))
    return {**os.environ, "MICROPYPATH": path}


def peer_folder() -> Path:
    """The peer as .mpy, compiled like espat; empty when it is not installed."""
    folder = build_mpy.BUILD / "peer"
    spec = importlib.util.find_spec("adafruit_espatcontrol")
    if spec and spec.submodule_search_locations:
        base = Path(next(iter(spec.submodule_search_locations))).parent
        build_mpy.build(folder, PEER, base=base)
    return folder


def arguments(case: Case, port: int, kib: int, verify: bool, heap: str = HEAP) -> list[str]:
    program = ["-X", f"heapsize={heap}", str(BOARD / case.program)]
    return [*program, *words(case, port, kib, verify)]


def words(case: Case, port: int, kib: int, verify: bool) -> list[str]:
    """What the program is told."""
    found = [feeder.HOST, str(port), str(kib), case.mode, str(case.buffer)]
    return [*found, "1" if verify else "0", *case.extra]


def check_bytes(server: feeder.Feeder, case: Case, output: str, kib: int) -> None:
    if server.error:
        raise RuntimeError(f"{case.label}: the feeder failed: {server.error!r}")
    if server.bytes_wrong:
        raise RuntimeError(f"{case.label}: {server.bytes_wrong} bytes arrived changed")
    if f"done {kib * 1024}" not in output:
        raise RuntimeError(f"{case.label}: not all bytes came through:\n{output}")


def verify(case: Case, bits: int, heap: str = HEAP, compare: bool = True) -> str:
    """The same program, at full speed, with every byte compared; gives what it printed.
    compare=False: without comparing, which allocates, so that only the driver's heap counts."""
    server = feeder.Feeder()
    server.start()
    command = [str(run_micropython.BINARIES[bits])]
    command += arguments(case, server.port, VERIFY_KIB, compare, heap)
    try:
        _, text = children.run(command, LIMIT_S, environment(case))
    except children.ChildFailed as exc:
        raise RuntimeError(f"{case.label}: {exc}") from None
    finally:
        server.close()
    check_bytes(server, case, text, VERIFY_KIB)
    return text


def per_byte(case: Case, bits: int, layouts: int = LAYOUTS) -> float:
    """The mean of some layouts."""
    verify(case, bits)
    found = [in_layout(case, bits, i) for i in range(layouts if case.who == "espat" else 1)]
    return sum(found) / len(found)


def in_layout(case: Case, bits: int, layout: int) -> float:
    counts = []
    for kib in (SMALL_KIB, LARGE_KIB):
        server = feeder.Feeder()
        server.start()
        said = arguments(case, server.port, kib, False)
        try:
            instructions, output = callgrind.count(bits, said, environment(case, layout))
        finally:
            server.close()
        check_bytes(server, case, output, kib)
        counts.append((instructions, server.bytes_taken or kib * 1024))
    return (counts[1][0] - counts[0][0]) / (counts[1][1] - counts[0][1])


def per_call(kind: str, bits: int = 32) -> int:
    """Instructions of one round trip, AT to its OK: by the engine alone ("engine"), by a function
    that does what modem.at() does ("plain"), by the engine in the least coroutine, by modem.at(),
    by modem.command(), by that looked up once ("kept"). "words 8": of a coroutine that does
    nothing, with 8 locals. The mean of some layouts."""
    return sum(call_in_layout(kind, bits, layout) for layout in range(LAYOUTS)) // LAYOUTS


def call_in_layout(kind: str, bits: int, layout: int) -> int:
    counts = []
    env = environment(ESPAT, layout)
    for calls in (50, 250):
        server = feeder.Feeder()
        server.start()
        said = [str(BOARD / "calls.py"), feeder.HOST, str(server.port), str(calls), *kind.split()]
        said += [rom_names.names()[name] for name in ("engine", "fetch", "stage", "at")]
        with tempfile.NamedTemporaryFile("w", suffix=".py") as source:
            source.write(ast.unparse(rom_names.Rename().visit(ast.parse(PLAIN))))
            source.flush()
            said.append(source.name)
            try:
                counts.append(callgrind.count(bits, ["-X", f"heapsize={HEAP}", *said], env)[0])
            finally:
                server.close()
    return (counts[1] - counts[0]) // 200


# What modem.at() does for a command without raw bytes, but as a plain function (run by calls.py).
PLAIN = """
def lone(m, cmd, ms=5000, answer=None, prefix=b""):
    e = m.engine
    if e.settle() or e.lost or m.state != 2 or m.speak:
        return 1
    m.asked += 1
    e.broken = None
    e.answer = answer
    e.prefix = prefix
    e.ms = ms
    e.start(cmd, cmd, len(cmd))
    try:
        while e.stage > 1:
            e.poll(clock())
    except BaseException:
        e.owner = e.answer = None
        raise
    ms = e.fetch()
    if ms or e.broken:
        raise OSError(ms)
    if m.events:
        m.events.dispatch()
"""
# What `--calls` counts.
CALLS = (
    "engine",
    "plain",
    "coroutine",
    "at",
    "kept",
    "command",
    *(f"words {n}" for n in (4, 8, 12, 16)),
)


def rows_of(found: dict[str, int]) -> list[list[str]]:
    return [[name, str(value)] for name, value in found.items()]


def wakeups(bits: int = 32, seconds: int = 10) -> float:
    """How often a second the asyncio loop wakes while a task waits for data that don't come."""
    server = feeder.Feeder()
    server.start()
    words = [str(BOARD / "calls.py"), feeder.HOST, str(server.port), str(seconds), "idle"]
    try:
        _, text = children.run(
            [str(run_micropython.BINARIES[bits]), *words], LIMIT_S, environment(ESPAT)
        )
    finally:
        server.close()
    found = re.search(r"^wakeups (\d+)$", text, re.M)
    if not found:
        raise RuntimeError(f"idle: {text}")
    return int(found.group(1)) / seconds


def measure(bits: int = 32, only: str = "") -> tuple[dict[str, float], list[str]]:
    """Instructions per byte of each case, and what went wrong with the others."""
    found: dict[str, float] = {}
    errors: list[str] = []
    for case in CASES:
        if only in case.label:
            try:
                found[case.label] = round(per_byte(case, bits), 2)
            except RuntimeError as exc:
                errors.append(str(exc))
    return found, errors


def main() -> int:
    parser = argparse.ArgumentParser(description="Instructions per byte, by callgrind.")
    parser.add_argument("--bits", type=int, choices=[32, 64], default=32)
    parser.add_argument("only", nargs="?", default="", help="cases with this in their name")
    parser.add_argument("--calls", action="store_true", help="round trips of a command instead")
    args = parser.parse_args()
    try:
        if args.calls:
            calls = {kind: per_call(kind, args.bits) for kind in CALLS}
            print(report.text_table([["AT -> OK", "instructions"], *rows_of(calls)]))
            return 0
        found, errors = measure(args.bits, args.only)
    except callgrind.NoCallgrind as exc:
        print(f"skipped: {exc}")
        return 0
    rows = [["case", "instructions per byte"]]
    rows += [[label, f"{value:.2f}"] for label, value in found.items()]
    print(report.text_table(rows))
    for error in errors:
        print(f"FAILED {error}")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
