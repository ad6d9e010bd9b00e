"""Owns: whether examples/demo.py did its whole job, by what it has printed and what its partners
have seen: scan, join, page, message, sleep and what ended it.
"""

from __future__ import annotations

import binascii
import re
from typing import Any, Optional

HELLO = ("espat/demo/hello", "hello from the board")
WAKE = ("espat/demo/wake", "good morning")
ASLEEP = 0.5  # share of the time that the module must have slept while the board did
LATE_S = 2.0  # a message wakes the board within this


def problems(lines: list[str], page: bytes, networks: list[str]) -> list[str]:
    """What is wrong with scan, join and page; nothing if all was done."""
    wrong = []
    text = "\n".join(line.rstrip("\n") for line in lines)
    for name in networks:
        if not re.search(rf"^ +-\d+ dBm .* {re.escape(name)}$", text, re.M):
            wrong.append(f"the scan shows no {name}")
    if not re.search(r"^joined: address \d+\.\d+\.\d+\.\d+,", text, re.M):
        wrong.append("the program has not joined")
    shown = [line[4:] for line in text.split("\n") if line.startswith("  | ")]
    served = page.decode().splitlines()
    for number, (ours, theirs) in enumerate(zip(shown, served), 1):
        if ours != theirs:
            wrong.append(f"line {number} of the page is {ours!r}, but {theirs!r} was served")
    if len(shown) != len(served):
        wrong.append(f"{len(shown)} lines of the page were printed, {len(served)} served")
    # The text has lost its line ends; the checksum has not.
    sums = f"page: {len(page)} bytes, CRC-32 {binascii.crc32(page):08x}"
    if sums not in text.split("\n"):
        wrong.append(f"the program does not say {sums!r}")
    return wrong


def left_out(lines: list[str]) -> bool:
    """The firmware can neither MQTT nor sleep, and the program said so."""
    return any(line.startswith("left out: ") for line in lines)


def sleep_problems(lines: list[str], sent_s: float, module: dict[str, Any]) -> list[str]:
    """What is wrong with MQTT and sleep. sent_s: when the message was sent; module: what the
    simulated module drew until then."""
    wrong = []
    text = [line.rstrip("\n") for line in lines]
    if f"MQTT: {HELLO[0]} came back: {HELLO[1]}" not in text:
        wrong.append("the published message did not come back")
    found: Optional[re.Match[str]] = None
    for line in text:
        found = re.fullmatch(r"slept (\d+) ms, woken by: (\w+)", line) or found
    if not found:
        wrong.append("the board did not sleep")
    elif found[2] != "data":
        wrong.append(f"the board was woken by {found[2]}, not by the message")
    elif not sent_s - 0.2 <= int(found[1]) / 1000 <= sent_s + LATE_S:
        wrong.append(f"it slept {found[1]} ms; the message was sent after {sent_s:g} s")
    if f"message: {WAKE[0]}: {WAKE[1]}" not in text:
        wrong.append("the message that woke it was not received")
    if module.get("asleep", 0) < ASLEEP:
        wrong.append(f"the module was awake: {module}")
    return wrong
