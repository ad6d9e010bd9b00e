"""Owns: the heap that each part of the driver, and each file of once/, needs to be loaded.

On the 32-bit interpreter, from .mpy files. Every file of lib/espat that is not always loaded with
the core is measured; what it needs of the core's (sockets, quoting) is loaded before. The limit is
the same for all, but for the exceptions that budgets.json names.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from bench import heap, report
from tools import build_mpy, bundle, run_micropython

LIMIT_S = 60
HEAP = "256K"
SOCKETS = "sockets"  # with the links; measured with the core's stages (heap.py)
# What is loaded before a file because it is measured by itself. A part (modem.mqtt, modem.ws) is
# measured with all that it needs beyond the core, and a service must do without the links.
SHARED: dict[str, tuple[str, ...]] = {
    "once.mqtt_listen": ("messages", "mqtt"),
    "poweridle": (SOCKETS, "aio"),
    **dict.fromkeys(("aio", "queue", "server", "streams", "udp"), (SOCKETS,)),
    **dict.fromkeys(("dropin", "dropin_aio", "late"), (SOCKETS, "streams")),
    **dict.fromkeys(("once.connect", "once.passthrough_enter", "once.udp_open"), (SOCKETS,)),
    "once.sockmore": (SOCKETS,),
    "once.start": (SOCKETS,),  # as it is measured since ever: its names are theirs, too
}
CORE = ("bulk", "errors", "once.quote")


def names() -> list[str]:
    """Modules of espat: "net", "once.net_time"."""
    found = []
    for name in build_mpy.all_files():
        path = Path(name).relative_to("espat")
        if bundle.parts(name) and path.stem != "__init__":
            found.append(".".join(path.with_suffix("").parts))
    return [name for name in found if name not in (*CORE, SOCKETS)]


def measure(bits: int = 32) -> dict[str, int]:
    """Bytes per file; what cannot be loaded here (CircuitPython's own) is left out."""
    return measure_in(build_mpy.build_all(), names(), bits)


def measure_in(lib: Path, files: list[str], bits: int = 32) -> dict[str, int]:
    """Bytes per file of a folder of .mpy files."""
    command, env = heap.program(lib, "part", bits, HEAP)
    found = {}
    for name in files:
        done = subprocess.run(
            [*command, name, *CORE, *SHARED.get(name, ())],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=env,
            cwd=lib.parent,
            timeout=LIMIT_S,
        )
        words = done.stdout.split()
        if words[:1] != [name]:
            raise RuntimeError(f"{name}: {done.stdout}{done.stderr}")
        found[name] = int(words[1])
    return found


def limits() -> dict[str, int]:
    """Files with a limit of their own."""
    return dict(json.loads(report.BUDGETS.read_text())["heap_of_file"])


def over(found: dict[str, int]) -> list[str]:
    own = limits()
    wrong = []
    for name, value in found.items():
        limit = own.get(name, report.budget("heap_part_bytes"))
        if value > limit:
            wrong.append(f"{name} needs {value} bytes of heap, the limit is {limit}")
    return wrong


def table(found: dict[str, int]) -> str:
    rows = [["file", "heap bytes"]]
    rows += [[name, str(found[name])] for name in sorted(found, key=lambda name: -found[name])]
    return report.text_table(rows)


def main() -> int:
    reason = run_micropython.missing(32)
    if reason:
        print(f"skipped: {reason}")
        return 0
    found = measure()
    print(table(found))
    wrong = over(found)
    print("".join(f"OVER BUDGET: {line}\n" for line in wrong), end="")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
