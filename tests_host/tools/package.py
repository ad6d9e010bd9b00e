"""Owns: what mip installs: package.json and lib/espat-*.json.

The core is everything that is no optional part. A part of its own is named in PARTS (the files it
adds to the core) and has a descriptor of its own, lib/espat-<part>.json. Run without arguments to
write the descriptors; --check compares only.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Iterable

ROOT = Path(__file__).resolve().parents[2]
LIB = ROOT / "lib"
FIRST = ("scan", "addresses", "settings", "silent")  # parts of package.json


def files_of(name: str) -> tuple[str, ...]:
    """modem.<name> and what lies in once/ for it."""
    more = sorted(path.name for path in (LIB / "espat").glob(f"once/{name}_*.py"))
    return (f"{name}.py", *(f"once/{file}" for file in more))


ASK = ("once/ask.py", "once/behind.py", "once/fields.py")

# Optional parts and their files below lib/espat.
PARTS: dict[str, tuple[str, ...]] = {
    "aio": ("aio.py", "aiowait.py"),
    "late": ("late.py",),
    "silent": ("once/silent.py", "once/note.py"),  # why no module answers
    "watch": ("once/watch.py",),
    "trace": ("trace.py",),
    "passthrough": (
        "passthrough.py",
        *(f"once/passthrough_{name}.py" for name in ("open", "enter", "end", "set")),
        *ASK,
    ),
    "old": files_of("old"),  # for modules with AT 0.21 to 1.7
    "queue": ("queue.py", "once/queue_set.py", "once/sockmore.py"),
    "server": ("server.py", "once/serve.py"),
    "udp": ("udp.py", "dinfo.py", "once/udp_open.py", "once/udp_mode.py"),
    "options": ("once/sockmore.py", "once/send_long.py"),
    "tls": ("tls.py", *(f"once/tls_{name}.py" for name in ("context", "link", "fail", "slots"))),
    "scan": ("once/wifi_scan.py", "once/wifi_air.py", "once/wifi_found.py", "once/mac.py"),
    "addresses": ("once/wifi_ip.py", "once/address.py", *ASK),
    "settings": ("once/wifi_set.py", "once/wifi_own.py", "once/mac.py", *ASK),
    "ap": (
        "ap.py",
        *(f"once/ap_{name}.py" for name in ("set", "who", "ip", "dhcp", "events")),
        *(f"once/{name}.py" for name in ("address", "mac")),
        *ASK,
    ),
    "provision": (
        "provision.py",
        "once/into.py",
        *(f"once/provision_{name}.py" for name in ("base", "smartconfig", "phone", "wps", "web")),
    ),
    "enterprise": ("once/wifi_enterprise.py", "once/eaptext.py"),
    "dropin": (
        *(f"dropin{name}.py" for name in ("", "_aio", "_network", "_ssl")),
        "once/at_once.py",
        "once/dropin_wlan.py",
        "once/dropin_config.py",
    ),
    "payload": ("once/into.py",),  # modem.command(into=...)
    "net": (*files_of("net"), *ASK),
    "mdns": files_of("mdns"),
    "nvs": (*files_of("nvs"), *ASK, "once/into.py"),
    "system": (*files_of("system"), *ASK, "once/rows.py"),
    "uart": (*files_of("uart"), "once/note.py", *ASK),
    "power": (*files_of("power"), "once/note.py", "powerhost.py", "poweridle.py", *ASK),
    "circuitpython": ("circuitpython.py", "circuitpython_radio.py"),
    "mqtt": (*files_of("mqtt"), "messages.py"),
    "umqtt": files_of("umqtt"),
    "http": files_of("http"),
    "ws": (*files_of("ws"), "messages.py"),
    "fs": (*files_of("fs"), "once/wide.py", "once/into.py"),
    "ram": (*files_of("ram"), "once/into.py"),
    "ota": files_of("ota"),
    "gpio": (*files_of("gpio"), "once/wide.py"),
}


def core() -> list[str]:
    """The core's files, as paths below lib/."""
    optional = {f"espat/{name}" for names in PARTS.values() for name in names}
    every = sorted(path.relative_to(LIB).as_posix() for path in LIB.glob("espat/**/*.py"))
    return [name for name in every if name not in optional]


def version() -> str:
    found = re.search(r'^version = "([^"]+)"', (ROOT / "pyproject.toml").read_text(), re.M)
    return found.group(1) if found else "0"


def installed() -> list[str]:
    """What package.json installs: the core, and the parts that a first program uses."""
    return sorted({*core(), *(f"espat/{name}" for part in FIRST for name in PARTS[part])})


def text(files: Iterable[str], where: str) -> str:
    # Addresses relative to the descriptor: it installs from any place that serves the sources.
    rows = ",\n".join(f"  {json.dumps([name, where + name])}" for name in files)
    return f'{{\n "version": "{version()}",\n "urls": [\n{rows}\n ],\n "deps": []\n}}\n'


def descriptors() -> dict[Path, str]:
    """package.json, one for each part, and one for everything."""
    every = sorted(path.relative_to(LIB).as_posix() for path in LIB.glob("espat/**/*.py"))
    found = {ROOT / "package.json": text(installed(), "lib/")}
    for part, names in PARTS.items():
        found[LIB / f"espat-{part}.json"] = text(sorted(f"espat/{name}" for name in names), "")
    found[LIB / "espat-all.json"] = text(every, "")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Write package.json and lib/espat-*.json.")
    parser.add_argument("--check", action="store_true", help="only say whether they are up to date")
    args = parser.parse_args()
    wanted = descriptors()
    bad = [path for path in LIB.glob("espat-*.json") if path not in wanted]
    bad += [path for path in wanted if not path.exists() or path.read_text() != wanted[path]]
    if args.check:
        for path in bad:
            print(f"{path.relative_to(ROOT)} does not list lib/espat as it is: run 'make format'")
        return 1 if bad else 0
    for path in bad:
        if path in wanted:
            path.write_text(wanted[path])
        else:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
