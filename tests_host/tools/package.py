"""Owns: package.json, what mip installs: the core, which is everything that is no optional part.

A part of its own is named in PARTS (the files it adds to the core); mip installs it by copying
those files. Run without arguments to write package.json; --check compares only.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIB = ROOT / "lib"
TARGET = ROOT / "package.json"


def files_of(name: str) -> tuple[str, ...]:
    """modem.<name> and what lies in once/ for it."""
    more = sorted(path.name for path in (LIB / "espat").glob(f"once/{name}_*.py"))
    return (f"{name}.py", *(f"once/{file}" for file in more))


# Optional parts and their files below lib/espat.
PARTS: dict[str, tuple[str, ...]] = {
    "aio": ("aio.py", "aiowait.py"),
    "late": ("late.py",),
    "passthrough": (
        "passthrough.py",
        *(f"once/passthrough_{name}.py" for name in ("open", "enter", "end", "set")),
    ),
    "old": ("old.py",),  # for modules with AT 0.30 to 1.7
    "server": ("server.py", "once/serve.py"),
    "udp": ("udp.py", "dinfo.py", "once/udp_open.py"),
    "options": ("once/sockmore.py", "once/send_long.py"),
    "tls": ("tls.py", *(f"once/tls_{name}.py" for name in ("context", "link", "fail", "slots"))),
    "scan": ("once/wifi_scan.py", "once/wifi_air.py", "once/wifi_found.py", "once/mac.py"),
    "addresses": ("once/wifi_ip.py", "once/address.py"),
    "settings": ("once/wifi_set.py", "once/mac.py"),
    "ap": ("ap.py", *(f"once/{n}.py" for n in ("ap_set", "ap_ip", "ap_events", "address", "mac"))),
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
    "net": (*files_of("net"), "once/ask.py"),
    "mdns": files_of("mdns"),
    "nvs": files_of("nvs"),
    "system": (*files_of("system"), "once/ask.py", "once/rows.py"),
    "uart": (*files_of("uart"), "once/ask.py"),
    "circuitpython": ("circuitpython.py", "circuitpython_radio.py"),
    "mqtt": (*files_of("mqtt"), "messages.py"),
    "http": files_of("http"),
    "ws": (*files_of("ws"), "messages.py"),
    "fs": (*files_of("fs"), "once/wide.py"),
    "ram": files_of("ram"),
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


def text() -> str:
    # Addresses relative to package.json: it installs from any place that serves the sources.
    rows = ",\n".join(f"  {json.dumps([name, f'lib/{name}'])}" for name in core())
    return f'{{\n "version": "{version()}",\n "urls": [\n{rows}\n ],\n "deps": []\n}}\n'


def main() -> int:
    parser = argparse.ArgumentParser(description="Write package.json.")
    parser.add_argument("--check", action="store_true", help="only say whether it is up to date")
    args = parser.parse_args()
    wanted = text()
    if args.check:
        if TARGET.exists() and TARGET.read_text() == wanted:
            return 0
        print("package.json does not list lib/espat as it is now: run 'make format'")
        return 1
    if not TARGET.exists() or TARGET.read_text() != wanted:
        TARGET.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
