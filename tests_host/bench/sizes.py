"""Owns: the flash figures: bytes of .mpy per module, of the core, and of everything."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench import report
from tools import build_mpy

# What a blocking TCP client loads: the core without what only other programs need.
CLIENT = "__init__ bulk sockets wifi once/start once/wire once/quote once/wifi_join once/connect"


def measure() -> dict[str, int]:
    """Bytes per module at -O3, "client", "core" (what mip installs) and "everything"."""
    core = set(build_mpy.core_files())
    every = build_mpy.all_files()
    sizes = build_mpy.build(build_mpy.BUILD / "all", every)
    found = {name: sizes[name] for name in every if name in sizes}
    found["client"] = sum(sizes[f"espat/{name}.py"] for name in CLIENT.split())
    found["core"] = sum(sizes.get(name, 0) for name in core)
    found["everything"] = sum(sizes.get(name, 0) for name in every)
    return found


def table(sizes: dict[str, int]) -> str:
    core = set(build_mpy.core_files())
    rows = [["module", "bytes", "set"]]
    for name in sorted((n for n in sizes if n.endswith(".py")), key=lambda n: -sizes[n]):
        lines = len((build_mpy.LIB / name).read_text().splitlines())
        rows.append(
            [
                f"{Path(name).as_posix()} ({lines} lines)",
                str(sizes[name]),
                "core" if name in core else "",
            ]
        )
    rows.append(["loaded by a TCP client", str(sizes["client"]), ""])
    rows.append(["core, what mip installs", str(sizes["core"]), ""])
    rows.append(["everything", str(sizes["everything"]), ""])
    return report.text_table(rows)


def main() -> int:
    parser = argparse.ArgumentParser(description="Sizes of lib/espat as .mpy files (-O3).")
    parser.add_argument("--budget", action="store_true", help="fail when over the budget")
    args = parser.parse_args()
    try:
        sizes = measure()
    except build_mpy.NoCompiler as exc:
        print(f"skipped: {exc}")
        return 0
    print(table(sizes))
    if args.budget:
        names = "client", "core", "everything"
        figures = {f"mpy_{name}_bytes": sizes[name] for name in names}
        return report.check_budget(figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
