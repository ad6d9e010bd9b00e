"""Owns: the wrapper .tools/bin/mqtt-broker, called with one argument: the port on loopback.

Debian's mosquitto when the machine has it or its packages can be unpacked, else amqtt.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Optional

from tools import debs

WRAPPER = debs.BIN / "mqtt-broker"


def runs(command: list[str]) -> bool:
    """True when this mosquitto starts at all (-h answers 3 or 0, a broken one 127)."""
    try:
        done = subprocess.run(
            [*command, "-h"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=20,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return b"mosquitto version" in done.stdout


def mosquitto() -> Optional[tuple[list[str], str]]:
    for place in (shutil.which("mosquitto"), "/usr/sbin/mosquitto"):
        if place and runs([place]):
            return [place], f"mosquitto, the machine's {place}"
    try:
        arch = debs.host_arch()
        folder = debs.AptFolder([arch]).unpack("mosquitto", arch)
        command = debs.loader_command(folder, "usr/sbin/mosquitto")
    except debs.Unavailable:
        return None
    return (command, "mosquitto, unpacked from Debian's package") if runs(command) else None


def ready() -> bool:
    """True when the wrapper is there and what it starts has not moved away."""
    if not WRAPPER.exists():
        return False
    program = re.search(r"^exec '([^']+)'", WRAPPER.read_text(), re.M)
    return program is not None and Path(program.group(1)).exists()


def write(body: str) -> None:
    debs.BIN.mkdir(parents=True, exist_ok=True)
    part = WRAPPER.with_suffix(".part")
    part.write_text(
        "#!/bin/sh\n# usage: mqtt-broker PORT   (loopback only, nobody is refused)\n" + body
    )
    part.chmod(0o755)
    part.replace(WRAPPER)


def prepare(venv_python: Path) -> str:
    if ready():
        return "mqtt-broker: ready"
    found = mosquitto()
    if found:
        command = " ".join(f"'{part}'" for part in found[0])
        # With -p and no configuration file mosquitto 2 listens on loopback and lets all in.
        write(f'exec {command} -p "$1"\n')
        return f"mqtt-broker: {found[1]}"
    pip = [str(venv_python), "-m", "pip", "install", "-qq", "amqtt>=0.11"]
    if subprocess.run(pip, stdin=subprocess.DEVNULL).returncode == 0:
        write(
            f"conf='{debs.TOOLS}/amqtt.'$1.yml\n"
            'cat >"$conf" <<END\nlisteners:\n  default:\n    type: tcp\n    bind: 127.0.0.1:$1\n'
            "plugins:\n  amqtt.plugins.authentication.AnonymousAuthPlugin:\n"
            "    allow_anonymous: true\nEND\n"
            f"exec '{venv_python.parent}/amqtt' -c \"$conf\"\n"
        )
        return "mqtt-broker: amqtt, from PyPI"
    return (
        "mqtt-broker: MISSING (neither mosquitto nor amqtt can be had). MQTT is left out of the "
        "demo; to add it: apt install mosquitto, then make setup"
    )


if __name__ == "__main__":
    print(prepare(debs.ROOT / ".venv" / "bin" / "python"))
    sys.exit(0)
