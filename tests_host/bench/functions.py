"""Owns: what a .mpy file is made of: names, constants, the bytecode of each function.

Reads the format of MicroPython 1.22 and later (py/persistentcode.c, py/bc.h), version 6.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

from bench import report
from tools import build_mpy, bundle, rom_names

LARGEST = 10
_BYTECODE = 0
_WITHOUT_SIZE = 5  # the first kinds of constant are one byte: the functions' table, None, True ...
_TEXTS = (5, 6)  # str, bytes: with a zero behind
_TUPLE = 10


class Function(NamedTuple):
    name: str
    bytes: int


class Parts(NamedTuple):
    size: int  # of the file
    names: int  # bytes of it
    constants: int
    functions: list[Function]

    @property
    def code(self) -> int:
        return sum(function.bytes for function in self.functions)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        self.at += size
        return self.data[self.at - size : self.at]

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self) -> int:
        value = 0
        while True:
            c = self.byte()
            value = value << 7 | c & 127
            if not c & 128:
                return value

    def name(self) -> str:
        length = self.number()
        if length & 1:
            return f"#{length >> 1}"  # one of the names that have a number in every .mpy
        text = self.take(length >> 1).decode()
        self.byte()
        return text

    def constant(self) -> None:
        kind = self.byte()
        if kind < _WITHOUT_SIZE:
            return
        size = self.number()
        if kind == _TUPLE:
            for _ in range(size):
                self.constant()
        else:
            self.take(size + (kind in _TEXTS))

    def function(self, names: list[str], into: list[Function]) -> None:
        head = self.number()
        if head & 3 != _BYTECODE:
            raise ValueError("native code")
        code = _Reader(self.take(head >> 3))
        while code.byte() & 0x80:  # the prelude: sizes of the frame,
            pass
        while code.byte() & 0x80:  # of what follows,
            pass
        into.append(Function(names[code.number()], len(code.data)))  # its name
        if head & 4:
            for _ in range(self.number()):
                self.function(names, into)


def parts(path: Path) -> Parts:
    data = path.read_bytes()
    reader = _Reader(data)
    if reader.take(2) != b"M\x06":
        raise ValueError(f"{path}: not a .mpy of version 6")
    reader.take(2)
    n_names, n_constants = reader.number(), reader.number()
    start = reader.at
    names = [reader.name() for _ in range(n_names)]
    after_names = reader.at
    for _ in range(n_constants):
        reader.constant()
    after_constants = reader.at
    functions: list[Function] = []
    reader.function(names, functions)
    if reader.at != len(data):
        raise ValueError(f"{path}: {len(data) - reader.at} bytes not understood")
    return Parts(len(data), after_names - start, after_constants - after_names, functions)


def measure(lib: Path) -> dict[str, Parts]:
    return {
        path.relative_to(lib / "espat").with_suffix("").as_posix(): parts(path)
        for path in sorted(lib.glob("espat/**/*.mpy"))
    }


def largest(found: dict[str, Parts], count: int = LARGEST) -> list[tuple[str, str, int]]:
    """(file, function, bytes of its bytecode); a name of the driver's inside as in the sources."""
    rom = {rom: inside for inside, rom in rom_names.names().items()}
    rows = []
    for name, part in found.items():
        back = {**rom, **bundle.made(f"espat/{name}.py", build_mpy.LIB)[1]}
        for function in part.functions:
            rows.append((name, back.get(function.name, function.name), function.bytes))
    return sorted(rows, key=lambda row: -row[2])[:count]


def figures(lib: Path) -> dict[str, int]:
    """What all .mpy files of a folder are made of, in bytes."""
    found = measure(lib).values()
    return {
        "files": len(found),
        "functions": sum(len(part.functions) for part in found),
        "bytecode": sum(part.code for part in found),
        "names": sum(part.names for part in found),
        "constants": sum(part.constants for part in found),
        "in_all": sum(part.size for part in found),
    }


def main() -> int:
    lib = build_mpy.build_all()
    found = measure(lib)
    rows = [["file", "bytes", "names", "constants", "bytecode", "functions"]]
    for name, part in sorted(found.items(), key=lambda item: -item[1].size):
        numbers = part.size, part.names, part.constants, part.code, len(part.functions)
        rows.append([name, *map(str, numbers)])
    print(report.text_table(rows) + "\n")
    print(report.text_table([["largest functions", "bytes"]] + table_of_largest(found)))
    return 0


def table_of_largest(found: dict[str, Parts]) -> list[list[str]]:
    return [[f"{file}: {name}", str(size)] for file, name, size in largest(found)]


if __name__ == "__main__":
    sys.exit(main())
