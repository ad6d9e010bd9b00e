"""Owns: whether a test that failed on another firmware than its own did so because that firmware
lacks something. Decided by the table of firmwares (tools/firmwares.py), which neither the driver
nor the simulated module reads: a driver that gives up where it need not fails its test.
"""

from __future__ import annotations

import re
from typing import Optional

import espat
from espat_sim import Module
from tools import firmwares

# Firmware whose tests are about what it has more; those of others are about that one alone.
LIKE_THE_REST = ("esp32s2-3.4", "esp32s2-3.4-full", "esp32s2-guide", "esp32s2-5.0")

_COMMAND = re.compile(r"AT\+[A-Z0-9_]+")
_FORM = re.compile(r"AT\+[A-Z0-9_]+\??")


def applies(own: str, other: str) -> bool:
    """Whether the tests of a file for firmware `own` say something about `other`."""
    return own in LIKE_THE_REST or own == other


def reason(error: BaseException, module: Module) -> Optional[str]:
    """What the firmware lacks, so that the test could not go on; None: nothing that excuses it."""
    firmware = firmwares.of(module.profile)
    if isinstance(error, NotImplementedError):
        # "... has no TLS: AT+CIPSSLCCONF", "... has no AT+CIPSENDL", "... has no IPv6"
        text = str(error)
        if " has no " not in text:
            return None
        names = []
        text = text.partition(" has no ")[2].partition(" (")[0]  # without the advice
        for name in text.split(", "):
            if not firmwares.knows(name) and _FORM.search(name):
                name = _FORM.findall(name)[-1]
            base = name.rstrip("?")
            if not firmwares.has(firmware, base):
                name = base  # else it has the command, and no such form of it
            if not firmwares.knows(name) or firmwares.has(firmware, name):
                return None
            names.append(name)
        return ", ".join(names)
    if isinstance(error, espat.ATError):
        found = _COMMAND.match(error.command)
        name = found[0] if found else ""
        if name in module.refused and not firmwares.has(firmware, name):
            return name
    return None
