"""Owns: what a release consists of beside the sources: build/release/mip (the .mpy variant of every
package that mip installs) and the bundle for CircuitPython.

    python -m tools.release [--base https://...]   # where the folder mip will be served
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import zipfile
from pathlib import Path

from tools import build_mpy, bundle, package

ROOT = Path(__file__).resolve().parents[2]
RELEASE = ROOT / "build" / "release"


def compiled(files: list[str]) -> list[str]:
    """The .mpy files that hold these sources (some share one, bundle.py)."""
    homes = {part: name for name in build_mpy.all_files() for part in bundle.parts(name)}
    return sorted({Path(homes[name]).with_suffix(".mpy").as_posix() for name in files})


def mip(folder: Path, base: str = "") -> Path:
    """The .mpy files and a descriptor for each package. base: absolute addresses, for a mip
    before 0.4 (MicroPython 1.25), which takes no relative ones."""
    target = folder / "mip"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(build_mpy.build_all(), target)
    (target / "names").unlink(missing_ok=True)  # of the compiler's cache
    prefix = base.rstrip("/") + "/" if base else ""
    for path, text in package.descriptors().items():
        described = json.loads(text)
        files = compiled([name for name, _ in described["urls"]])
        described["urls"] = [[name, prefix + name] for name in files]
        (target / path.name).write_text(json.dumps(described, indent=1) + "\n")
    return target


def circuitpython(folder: Path) -> Path:
    """A bundle as circup and CircuitPython's users know it: lib/, examples/, VERSIONS.txt."""
    version = package.version()
    name = f"espat-circuitpython-bundle-py-{version}"
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / f"{name}.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for file in build_mpy.all_files():
            out.write(package.LIB / file, f"{name}/lib/{file}")
        for path in sorted((ROOT / "examples").glob("*.py")):
            out.write(path, f"{name}/examples/{path.name}")
        out.writestr(f"{name}/VERSIONS.txt", f"{version}\r\n")
        out.write(ROOT / "LICENSE", f"{name}/LICENSE")
    index = {
        "espat": {
            "package": True,
            "pypi_name": "",
            "version": version,
            "repo": "",
            "path": "lib/espat",
            "dependencies": [],
            "external_dependencies": [],
        }
    }
    (folder / f"espat-circuitpython-bundle-{version}.json").write_text(json.dumps(index))
    return archive


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", default="", help="where the folder mip will be served")
    args = parser.parse_args()
    print(mip(RELEASE, args.base))
    print(circuitpython(RELEASE))
    return 0


if __name__ == "__main__":
    sys.exit(main())
