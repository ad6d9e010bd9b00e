"""Owns: `make bench`: all figures in one table, kept as docs/bench/bench.json.

Numbers that depend on the machine's speed are not among them: the same sources give the same
table (instructions within about one in a hundred).
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from functools import partial
from typing import Any, Callable, Optional

from bench import (
    callgrind,
    echo,
    functions,
    growth,
    heap,
    instructions,
    line,
    parts,
    report,
    sizes,
    streams,
)
from tools import build_mpy, children, run_micropython

# (what, our figure, the goal, the peer's figure, the floor's) as paths into the figures. "<" in
# front of a goal: no more than that; ">": no less.
ROWS: list[tuple[str, str, str, str, str]] = [
    ("loaded by a TCP client, .mpy bytes", "sizes.client", "< 12288", "peer.mpy", ""),
    ("core, what mip installs, .mpy bytes", "sizes.core", "", "", ""),
    ("everything, .mpy bytes", "sizes.everything", "< 61440", "", ""),
    ("heap after import, bytes", "heap.import", "", "", ""),
    ("heap after construct", "heap.construct", "", "peer.heap_constructed", ""),
    ("heap after join", "heap.join", "< 10240", "", ""),
    ("heap after the first socket", "heap.socket1", "< 8192", "peer.heap_socket", ""),
    ("the same, the files in a ROM file system", "heap_rom.socket1", "< 8192", "", ""),
    ("each further socket", "heap.each_socket", "< 200", "", ""),
    ("receive rings after a recv()", "heap.rings", "", "", ""),
    ("smallest heap that receives 64 KiB, KB", "smallest.espat", "< 36", "", "smallest.floor"),
    ("round trip AT -> OK, instructions, engine", "calls.engine", "< 25000", "", ""),
    ("the same by modem.at()", "calls.at", "< 25000", "", "calls.coroutine"),
    ("the same by modem.command()", "calls.command", "", "", ""),
    ("the same, modem.command looked up once", "calls.kept", "", "", "calls.coroutine"),
    ("wake-ups a second of an idle asyncio loop", "idle_wakeups", "< 2", "", ""),
    ("five links of 1 MiB each way, worst share", "streams.worst_share", "> 0.5", "", ""),
    ("passthrough at 921600, sent, of line rate", "streams.up", "> 0.98", "", ""),
    ("passthrough at 921600, received", "streams.down", "> 0.98", "", ""),
    *(
        (
            f"{way} at {rate}, of line rate",
            f"line.{way} {rate}",
            goal,
            "",
            f"line_floor.{way} {rate}",
        )
        for way, goals in (
            ("received, active", ("> 0.985", "> 0.985", "> 0.98")),
            ("received", ("> 0.985", "> 0.985", "> 0.98")),
            ("sent", ("> 0.95", "> 0.93", "> 0.85")),
            ("sent, one AT+CIPSENDL", ("> 0.95", "> 0.93", "> 0.85")),
        )
        for rate, goal in zip(line.RATES, goals)
    ),
]
SHORT = {"active": "received, active", "passive": "received, passive", "send": "sent"}
# Of instructions per byte: (mode, buffer) -> goal, blocking.
GOALS = {"active": "< 15", "passive": "< 15", "send": "< 15"}
SMALL = ("passive", 512)
HEAP_GOALS = {"blocking": "0", "aio": "< 16"}


def pick(figures: dict[str, Any], path: str) -> str:
    value: Any = figures
    for word in path.split("."):
        value = value.get(word) if isinstance(value, dict) else None
    return "-" if value is None else str(value)


def case_rows(figures: dict[str, Any]) -> list[list[str]]:
    rows = []
    counts = figures.get("instructions_per_byte", {})
    for case in instructions.CASES:
        if case.who != "espat":
            continue
        name = f"{SHORT[case.mode]}, {case.buffer} B buffer"
        name += ", asyncio" if case.asyncio else "".join(f", ring {x} B" for x in case.extra)
        goal = "< 40" if (case.mode, case.buffer) == SMALL else GOALS[case.mode]
        # The floor and the peer do the same transfer; the peer knows no passive receive.
        same = f"{case.mode} {case.buffer} B"
        peer, floor = counts.get(f"atcontrol {same}"), counts.get(f"floor {same}")
        rows.append(
            [f"instructions per byte {name}", *words(counts.get(case.label))]
            + ["" if case.asyncio else goal]
            + words(peer)
            + words(floor)
        )
        face = "aio" if case.asyncio else "blocking"
        allocated = figures.get("heap_per_kib", {}).get(case.label)
        rows.append([f"heap bytes per KiB {name}", *words(allocated), HEAP_GOALS[face], "", ""])
    return rows


def words(value: Optional[float]) -> list[str]:
    return ["-" if value is None else f"{value:g}"]


def peer_figures(bits: int) -> dict[str, int]:
    folder = instructions.peer_folder()
    found = {"mpy": sum(path.stat().st_size for path in folder.glob("**/*.mpy"))}
    case = next(case for case in instructions.CASES if case.who == "atcontrol")
    output = instructions.verify(case, bits)
    found.update({name: int(n) for name, n in re.findall(r"^(heap_\w+) (\d+)$", output, re.M)})
    return found


def collect(bits: int) -> tuple[dict[str, Any], list[str]]:
    figures: dict[str, Any] = {"interpreter_bits": bits}
    errors: list[str] = []
    started = time.monotonic()

    def part(name: str, work: Callable[[], Any]) -> None:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        try:
            figures[name] = work()
        except (build_mpy.NoCompiler, callgrind.NoCallgrind) as exc:
            print(f"left out: {name} ({exc})")
        except (RuntimeError, OSError, subprocess.SubprocessError, children.ChildFailed) as exc:
            errors.append(f"{name}: {exc}")
        print(f"  {time.monotonic() - started:.0f} s since the start", file=sys.stderr, flush=True)

    def stages() -> dict[str, int]:
        found = heap.stages(bits)
        found["each_socket"] = (found["socket5"] - found["socket1"]) // 4
        return found

    def counts() -> dict[str, float]:
        found, wrong = instructions.measure(bits)
        errors.extend(wrong)
        return found

    def allocated() -> dict[str, int]:
        found, wrong = heap.steady(bits)
        errors.extend(wrong)
        return found

    def served() -> str:
        errors.extend(echo.run("96K"))
        return "four clients in 96 KB"

    def least() -> dict[str, int]:
        small = [case for case in instructions.CASES if (case.mode, case.buffer) == SMALL]
        found = {case.who: heap.smallest(case, bits) for case in small if not case.extra}
        return found

    def calls() -> dict[str, int]:
        return {kind: instructions.per_call(kind, bits) for kind in instructions.CALLS}

    part("sizes", sizes.measure)
    part("heap", stages)
    part("heap_rom", lambda: heap.stages(bits, rom=True))
    part("heap_aio", lambda: heap.stages(bits, "aio"))
    part("heap_of_file", lambda: parts.measure(bits))
    part("heap_per_kib", allocated)
    part("peer", lambda: peer_figures(bits))
    part("instructions_per_byte", counts)
    part("calls", calls)
    part("idle_wakeups", lambda: instructions.wakeups(bits))
    part("smallest", least)
    part("line", line.measure)
    part("line_floor", line.floor)
    for name, curve in growth.CURVES.items():
        part(f"growth {name}", partial(curve, bits))
    figures["growth"] = {
        name: figures.pop(f"growth {name}") for name in growth.CURVES if f"growth {name}" in figures
    }
    if "heap" in figures:
        figures["growth"]["sockets"] = growth.by_socket(figures["heap"])
    part("streams", streams.measure)
    part("start_server", served)
    return figures, errors


def table_rows(figures: dict[str, Any]) -> list[list[str]]:
    rows = [["what", "espat", "goal", "atcontrol", "floor"]]
    for name, ours, goal, peer, floor in ROWS:
        rows.append(
            [name, pick(figures, ours), goal]
            + [pick(figures, path) if path else "" for path in (peer, floor)]
        )
    return rows + case_rows(figures)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bits", type=int, choices=[32, 64], default=32)
    args = parser.parse_args()
    reason = run_micropython.missing(args.bits)
    if reason:
        print(f"bench: {reason}")
        return 0
    figures, errors = collect(args.bits)
    if "sizes" in figures:
        print(sizes.table(figures["sizes"]) + "\n")
    if "heap_of_file" in figures:
        print(parts.table(figures["heap_of_file"]) + "\n")
        errors += parts.over(figures["heap_of_file"])
    found = functions.measure(build_mpy.build_all())
    rows = [["largest functions", "bytes"], *functions.table_of_largest(found)]
    print(report.text_table(rows) + "\n")
    print(report.text_table(table_rows(figures)))
    if "growth" in figures:
        for path in growth.plot(figures["growth"]):
            print(f"written: {path.relative_to(report.ROOT)}")
    print(f"written: {report.write_json('bench', figures).relative_to(report.ROOT)}")
    if not errors:
        from tools import doc_figures

        doc_figures.write()
    for error in dict.fromkeys(errors):  # the same program fails more than one part
        print(f"FAILED {error.strip()}")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
