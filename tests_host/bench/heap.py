"""Owns: the heap figures on the 32-bit interpreter (its objects are those of a 32-bit board).

Retained bytes after each stage, against the real simulator; and what a transfer allocates per
KiB in steady state, and the smallest heap that can do it, against the feeder.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import re
import shutil
import socketserver
import sys
import tempfile
import threading
from pathlib import Path
from typing import Iterator

from bench import feeder, instructions, report
from tools import build_mpy, children, rom_names, run_micropython

BOARD = Path(__file__).with_name("board")
LIMIT_S = 60
START_S = 20
STAGES_HEAP = "256K"


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while True:
            data = self.request.recv(4096)
            if not data:
                return
            self.request.sendall(data)


@contextlib.contextmanager
def echo_server() -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


@contextlib.contextmanager
def simulator() -> Iterator[tuple[str, str]]:
    """The module in real time; its UART at a TCP port (host, port)."""
    command = [sys.executable, "-u", "-m", "espat_sim", "--tcp", "0", "--fast"]
    with children.Child(command) as child:
        found = child.wait_for(r"tcp:([\w.]+):(\d+)", START_S)
        yield found.group(1), found.group(2)


def rom_image(lib: Path) -> Path:
    """A folder as a ROM file system, from whose .mpy files code runs where it lies."""
    romfs = importlib.import_module("mpremote.romfs")
    image = lib.with_suffix(".romfs")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "rom")
        shutil.copytree(lib, folder, ignore=shutil.ignore_patterns("names"))
        with contextlib.redirect_stdout(io.StringIO()):
            image.write_bytes(romfs.make_romfs(str(folder), mpy_cross=None))
    return image


def stages(bits: int = 32, face: str = "blocking", rom: bool = False) -> dict[str, int]:
    """Bytes retained after each stage; "rings" are among them."""
    found = re.findall(r"^(\w+) (-?\d+)$", said(bits, face, rom), re.M)
    return {name: int(value) for name, value in found}


def loaded() -> set[str]:
    """The .mpy files that the blocking program has imported: their names stay in the interpreter's
    table. "once/start", "sockets"."""
    return set(re.findall(r"Q\(\w+/espat/([\w/]+)\.mpy\)", said(32, "blocking", False)))


def program(lib: Path, name: str, bits: int, heap: str) -> tuple[list[str], dict[str, str]]:
    """Command and environment that run one of board/ over the .mpy files of a folder, from the
    folder above it. All paths are relative, and as short as a board's /lib: the interpreter keeps
    the path of each file on its heap, so that a long one would count. Nothing of the shim is on
    the path: a board has its own time and select."""
    beside = lib.with_name(BOARD.name)
    if not beside.is_dir():
        with contextlib.suppress(FileExistsError):
            beside.symlink_to(BOARD)
    command = [str(run_micropython.BINARIES[bits]), "-X", f"heapsize={heap}", "-m", name]
    return command, {"MICROPYPATH": f"{lib.name}:{BOARD.name}:.frozen"}


def said(bits: int, face: str, rom: bool) -> str:
    lib = build_mpy.build_core() if face == "blocking" else build_mpy.build_all()
    command, env = program(lib, "heap", bits, STAGES_HEAP)
    with echo_server() as echo, simulator() as (host, port):
        command += [host, port, "127.0.0.1", str(echo), face]
        command.append(rom_names.names()["rings"])
        if rom:
            command.append(rom_image(lib).name)
        _, text = children.run(command, LIMIT_S, env, lib.parent)
    if not text.rstrip().endswith("done"):
        raise RuntimeError(f"the heap program failed:\n{text[-3000:]}")
    return text


def per_kib(case: instructions.Case, bits: int = 32) -> int:
    """Bytes of heap that a transfer allocates per KiB moved, once it runs."""
    instructions.verify(case, bits)
    output = instructions.verify(case, bits, compare=False)
    return int(re.findall(r"heap_per_kib (-?\d+)", output)[0])


def steady(bits: int = 32) -> tuple[dict[str, int], list[str]]:
    """per_kib() of each transfer of the instruction counts, and what went wrong."""
    found: dict[str, int] = {}
    errors: list[str] = []
    for case in instructions.CASES:
        if case.who == "espat":
            try:
                found[case.label] = per_kib(case, bits)
            except RuntimeError as exc:
                errors.append(str(exc))
    return found, errors


def smallest(case: instructions.Case, bits: int = 32) -> int:
    """The smallest heap in KiB that does the transfer: the program itself included, which is
    compiled there, and the UART's file, which a board has in its firmware."""
    low, high = 8, 256  # low fails, high works
    while high - low > 1:
        middle = (low + high) // 2
        if fits(case, bits, f"{middle}K"):
            high = middle
        else:
            low = middle
    return high


def fits(case: instructions.Case, bits: int, heap: str) -> bool:
    lib = build_mpy.build_all()
    command, env = program(lib, Path(case.program).stem, bits, heap)
    server = feeder.Feeder()
    server.start()
    command += instructions.words(case, server.port, instructions.VERIFY_KIB, False)
    try:
        _, text = children.run(command, LIMIT_S, env, lib.parent)
    except children.ChildFailed:
        return False
    finally:
        server.close()
    return f"done {instructions.VERIFY_KIB * 1024}" in text


def table(found: dict[str, int]) -> str:
    rows = [["after", "heap bytes", "more than before"]]
    before = 0
    for name, value in found.items():
        if name != "rings":
            rows.append([name, str(value), f"{value - before:+d}"])
            before = value
    rows.append(["of it rings", str(found.get("rings", 0)), ""])
    return report.text_table(rows)


def main() -> int:
    parser = argparse.ArgumentParser(description="Heap that espat needs on 32 bits.")
    parser.add_argument("--bits", type=int, choices=[32, 64], default=32)
    parser.add_argument("--face", choices=["blocking", "aio"], default="blocking")
    parser.add_argument("--rom", action="store_true", help="the stages, from a ROM file system")
    args = parser.parse_args()
    reason = run_micropython.missing(args.bits)
    if reason:
        print(f"skipped: {reason}")
        return 0
    print(table(stages(args.bits, args.face, args.rom)))
    if args.rom:
        return 0
    rows = [["transfer", "heap bytes per KiB"]]
    found, errors = steady(args.bits)
    rows += [[label, str(value)] for label, value in found.items()]
    print(report.text_table(rows))
    for error in errors:
        print(f"FAILED {error}")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
