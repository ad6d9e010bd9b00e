"""Owns: how cost grows: sockets, ring sizes, payload sizes, results of a scan; and the plots.

Instructions are counted, heap is counted: the same sources give the same curves.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

from bench import callgrind, feeder, heap, instructions, report
from bench.instructions import BOARD, Case
from tools import run_micropython

RINGS = (256, 512, 1024, 2048, 4096, 8192)
PAYLOADS = (1, 16, 128, 512, 1460, 4096, 8192)
SCANS = (1, 10, 20, 40, 60)
READER = 256  # bytes of the buffer that is read into, while the ring grows


def by_ring(bits: int = 32) -> dict[str, float]:
    """Instructions per byte, passive receive into a small buffer."""
    found = {}
    for ring in RINGS:
        case = Case("espat", "passive", READER, "transfer.py", (str(ring),))
        found[str(ring)] = round(instructions.per_byte(case, bits), 1)
    return found


def by_payload(mode: str, bits: int = 32) -> dict[str, float]:
    """Instructions per call of recv_into() or send() with so many bytes."""
    found = {}
    for size in PAYLOADS:
        words = [str(BOARD / "pieces.py"), feeder.HOST, "", "", mode, str(size)]
        counts = []
        for calls in (20, 120):
            server = feeder.Feeder()
            server.start()
            words[2:4] = [str(server.port), str(calls)]
            try:
                env = instructions.environment(instructions.ESPAT)
                counts.append(callgrind.count(bits, ["-X", "heapsize=256K", *words], env)[0])
            finally:
                server.close()
        found[str(size)] = float(round((counts[1] - counts[0]) / 100))
    return found


def by_scan(bits: int = 32) -> dict[str, dict[str, int]]:
    """Heap that the list of so many networks holds, and instructions of the call."""
    found = {}
    for networks in SCANS:
        server = feeder.Feeder()
        server.networks = networks
        server.start()
        words = ["-X", "heapsize=256K", str(BOARD / "scan.py"), feeder.HOST, str(server.port)]
        try:
            env = instructions.environment(instructions.ESPAT)
            done = subprocess.run(
                [str(run_micropython.BINARIES[bits]), *words],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                env=env,
                timeout=60,
            )
        finally:
            server.close()
        values = dict(re.findall(r"^(\w+) (\d+)$", done.stdout, re.M))
        if values.get("networks") != str(networks):
            raise RuntimeError(f"scan of {networks}: {done.stdout}{done.stderr}")
        found[str(networks)] = {"list": int(values["list"]), "iterator": int(values["iterator"])}
    return found


def by_socket(stages: dict[str, int]) -> dict[str, int]:
    return {str(n): stages[f"socket{n}"] for n in range(1, 6)}


CURVES: dict[str, Callable[[int], Any]] = {
    "rings": by_ring,
    "received": lambda bits: by_payload("passive", bits),
    "sent": lambda bits: by_payload("send", bits),
    "scan": by_scan,
}


def measure(bits: int = 32) -> dict[str, Any]:
    found = {name: curve(bits) for name, curve in CURVES.items()}
    return {"sockets": by_socket(heap.stages(bits)), **found}


def plot(found: dict[str, Any], folder: Path = report.DOCS) -> list[Path]:
    """One picture each; empty without matplotlib."""
    try:
        import matplotlib
    except ImportError:
        return []
    matplotlib.use("Agg")
    from matplotlib import pyplot

    received, sent, scan = (found.get(name, {}) for name in ("received", "sent", "scan"))
    pictures = {
        "sockets": ("open sockets", "heap, bytes", {"in all": found.get("sockets", {})}, False),
        "rings": (
            "ring, bytes",
            "instructions per byte",
            {"256 B buffer": found.get("rings", {})},
            True,
        ),
        "payloads": (
            "bytes of a call",
            "instructions per byte",
            {
                name: {n: value / int(n) for n, value in values.items()}
                for name, values in (("recv_into, passive", received), ("send", sent))
            },
            True,
        ),
        "scan": (
            "networks",
            "heap, bytes",
            {
                "scan(): the list": {n: v["list"] for n, v in scan.items()},
                "scan_iter(): at most": {n: v["iterator"] for n, v in scan.items()},
            },
            False,
        ),
    }
    paths = []
    folder.mkdir(parents=True, exist_ok=True)
    for name, (across, up, lines, log) in pictures.items():
        if not all(lines.values()):
            continue  # that curve could not be measured
        figure, axes = pyplot.subplots(figsize=(5, 3.2), layout="constrained")
        for label, values in lines.items():
            axes.plot([int(n) for n in values], list(values.values()), marker="o", label=label)
        if log:
            axes.set_xscale("log", base=2)
            axes.set_yscale("log")
        else:
            axes.set_ylim(bottom=0)
        axes.set_xlabel(across)
        axes.set_ylabel(up)
        axes.grid(True, alpha=0.3)
        axes.legend()
        path = folder / f"{name}.png"
        figure.savefig(path, dpi=100, metadata={"Software": None})
        pyplot.close(figure)
        paths.append(path)
    return paths


def main() -> int:
    found = measure()
    for name, values in found.items():
        print(report.text_table([[name, ""], *([n, str(v)] for n, v in values.items())]) + "\n")
    for path in plot(found):
        print(f"written: {path.relative_to(report.ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
