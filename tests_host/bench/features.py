"""Owns: what the features of a TCP client cost: its .mpy files without the functions of each.

Functions are removed, one feature at a time, from what is compiled; nothing that is left calls them
any more in earnest, so it is only compiled and imported. Bytes of .mpy, and heap after the import
of what stays loaded.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Union

from bench import report, sizes
from tools import build_mpy, bundle, rom_names, run_micropython

# feature -> file of a client -> functions, "Class" or "Class.method"
FEATURES: dict[str, dict[str, str]] = {
    "payload at full speed (without: byte by byte)": {
        "bulk": "pump flow window text sent again quick stray beyond recall"
    },
    "a ring: bytes that nobody waits for, reading ahead, recv()": {
        "sockets": "Ring copy Socket.need_ring Socket.on_room Socket.on_bytes Socket.cut"
        " Socket.recv"
    },
    "lost bytes, a hole, a reboot end a stream": {
        "__init__": "Engine.on_reset",
        "bulk": "hole on_overrun",
        "sockets": "Socket.on_short Socket.on_reset Socket.rescue Socket.leave",
    },
    "time limits, a busy modem, a link that is silent": {
        "sockets": "patient guarded Socket.rest Socket.give_later Socket.settimeout"
    },
    "messages of the module, events, hooks": {
        "__init__": "Engine.hear Engine.tell Modem.said Engine.settle"
    },
    "parts, and code for a moment": {
        "__init__": "Part Modem.__getattr__ Modem.brief __getattr__ load drop",
        "sockets": "Socket.__getattr__",
    },
    "payload with its header: counted, of five links": {
        "__init__": "Engine.header Engine.ipd Engine.took Engine.on_room Engine.on_bytes number",
        "sockets": "Wire.data",
    },
    "finding the module: rates, pins, boot, +++": {
        "once/start": "boot find probe send escape drive pause",
        "once/wire": "set_baudrate",
    },
    "recovery after an answer that is missing": {"once/start": "sync resync"},
    "settings at the start, firmware profiles": {"once/start": "configure choose Profile"},
    "checks of the constructor": {"once/start": "setup"},
    "quoting, escaping, checks": {"once/quote": "build plain unquote check"},
    "settings that outlive a reboot of the module": {
        "once/quote": "keep remember unkeep same_setting mode"
    },
    "why a join fails": {"once/wifi_join": "fail"},
    "why a connect fails; names": {"once/connect": "explain resolve literal address"},
}


def without(file: str, removed: set[str]) -> str:
    """The text that is compiled for a file, without some of its functions and classes."""
    text, back = bundle.made(f"espat/{file}.py", build_mpy.LIB)
    known = {**rom_names.names(), **{old: new for new, old in back.items()}}
    gone = {".".join(known.get(word, word) for word in name.split(".")) for name in removed}
    tree = ast.parse(text)
    left = set(gone)
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    owners: list[Union[ast.Module, ast.ClassDef]] = [tree, *classes]
    for owner in owners:
        prefix = f"{owner.name}." if isinstance(owner, ast.ClassDef) else ""
        for node in list(owner.body):
            name = str(getattr(node, "name", ""))
            if prefix + name in gone:
                left.discard(prefix + name)
                # Other files import it by its name.
                asked_for = not prefix or name in _used(owner)
                none = ast.parse(f"{name} = None").body if asked_for else []
                at = owner.body.index(node)
                owner.body[at : at + 1] = none
        # What is done with it on the module's level: Engine.pump = pump.
        for node in list(owner.body):
            if isinstance(node, (ast.Assign, ast.Expr)) and gone & _used(node):
                owner.body.remove(node)
        owner.body = owner.body or [ast.Pass()]
    if left:
        raise KeyError(f"{file}: no {sorted(left)}")
    return ast.unparse(tree) + "\n"


def _used(node: Union[ast.stmt, ast.Module]) -> set[str]:
    """Names that a statement looks up; of a class, its own statements."""
    of_class = isinstance(node, ast.ClassDef)
    found: set[str] = set()
    for one in node.body if isinstance(node, (ast.ClassDef, ast.Module)) else [node]:
        if isinstance(one, ast.Assign) or isinstance(one, ast.Expr) and not of_class:
            found |= {part.id for part in ast.walk(one.value) if isinstance(part, ast.Name)}
    return found


def build(folder: Path, features: list[str]) -> int:
    """Bytes of all files of a client without these features."""
    total = 0
    for file in sizes.CLIENT.split():
        removed = {name for one in features for name in FEATURES[one].get(file, "").split()}
        target = folder / "espat" / f"{file}.mpy"
        with tempfile.TemporaryDirectory() as place:
            source = Path(place, "source.py")
            source.write_text(without(file, removed))
            stem = Path(file).stem
            build_mpy.compile_file(source, target, "espat" if stem == "__init__" else stem)
        total += target.stat().st_size
    return total


HEAP = """
import gc, sys
gc.collect()
before = gc.mem_alloc()
__import__("espat")
try:
    __import__("espat.sockets")
except (AttributeError, ImportError, NameError) as e:
    print(repr(e))
for name in list(sys.modules):
    if "once" in name:
        del sys.modules[name]
gc.collect()
print(gc.mem_alloc() - before)
"""


def heap(folder: Path) -> int:
    done = subprocess.run(
        [str(run_micropython.BINARIES[32]), "-c", HEAP],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, "MICROPYPATH": f"{folder.name}:.frozen"},
        cwd=folder.parent,
        timeout=20,
    )
    if done.returncode or len(done.stdout.split("\n")) > 2:
        raise RuntimeError(done.stdout + done.stderr)
    return int(done.stdout)


def measure() -> dict[str, tuple[int, int]]:
    """Feature -> (bytes of .mpy, bytes of heap) that a client has less without it."""
    found = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "core")
        whole = build(folder, []), heap(folder)
        for name in FEATURES:
            found[name] = whole[0] - build(folder, [name]), whole[1] - heap(folder)
        found["all of these"] = (
            whole[0] - build(folder, list(FEATURES)),
            whole[1] - heap(folder),
        )
        found["the whole client"] = whole
    return found


def main() -> int:
    reason = run_micropython.missing(32)
    if reason:
        print(f"skipped: {reason}")
        return 0
    rows = [["feature", ".mpy bytes", "heap that stays"]]
    rows += [[name, *map(str, figures)] for name, figures in measure().items()]
    print(report.text_table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
