# A module with the ESP8266's first firmware, for the tests of that profile.
# Owns what several of them do: joining, a send with its prompt, filling what the far end takes.
from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from sim.rig import Rig

TABLES = Path(__file__).parent.parent / "tables"
OLD = "esp8266-0.30"
JOIN = 'AT+CWJAP="espat-lab","espat-pass"'
BOTH = 3
PEER_WINDOW = 65535


def rows(table: str) -> list[dict[str, str]]:
    with open(TABLES / table, encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["dialect"] == OLD]


def made(mode: int = 1, joined: bool = True, **options: Any) -> Rig:
    rig = Rig(profile=OLD, **options)
    assert rig.ok(f"AT+CWMODE_CUR={mode}")
    if joined:
        assert rig.ok(JOIN.replace("CWJAP", "CWJAP_CUR"))
    return rig


def sent(rig: Rig, line: str, data: bytes, seconds: float = 0.2) -> bytes:
    rig.write(line + "\r\n")
    assert rig.wait_for((b"> ", b"ERROR\r\n")).endswith(b"> ")
    rig.write(data)
    return rig.collect(seconds)


def buffered(rig: Rig, n: int, index: str = "") -> bytes:
    """AT+CIPSENDBUF: what comes up to the prompt; the data follows it."""
    rig.write(f"AT+CIPSENDBUF={index}{n}\r\n")
    head = rig.wait_for((b"> ", b"ERROR\r\n"))
    if head.endswith(b"> "):
        rig.write(bytes(n))
    return head


def fill_the_way(rig: Rig, peer: Any) -> None:
    """The far end does not read: what is sent from now on is not confirmed."""
    peer.pause()
    room = PEER_WINDOW
    while room:
        part = min(room, 2048)
        sent(rig, f"AT+CIPSEND={part}", bytes(part), 0.5)
        room -= part
