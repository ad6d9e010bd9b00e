"""Owns: comparing stubs/espat with the real lib/espat (mypy's stubtest imports it).

stubs/allowlist.txt, when it is there, names what may differ, with the reason as a comment.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STUBS = ROOT / "stubs"


def main() -> int:
    if not (STUBS / "espat").is_dir():
        print("no stubs yet")
        return 0
    command = [sys.executable, "-m", "mypy.stubtest", "espat", "--concise"]
    allowlist = STUBS / "allowlist.txt"
    if allowlist.exists():
        command += ["--allowlist", str(allowlist)]
    places = [ROOT / "lib", ROOT / "tests_host" / "shim" / "cpython"]
    env = {
        **os.environ,
        "MYPYPATH": str(STUBS),
        "PYTHONPATH": os.pathsep.join(str(place) for place in places),
    }
    return subprocess.run(command, cwd=STUBS, env=env, stdin=subprocess.DEVNULL).returncode


if __name__ == "__main__":
    sys.exit(main())
