# Replays the worked dialogues of the reference against the simulated module, step by step.
# A step counts unless the reference says that it is a placeholder or inexact.
from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from espat_sim import AccessPoint
from espat_sim.profiles import Profile, load
from sim.dialogue_events import BEFORE, FILLED, World, set_clock
from sim.rig import Rig, air

TABLES = Path(__file__).parent.parent / "tables"
DIALOGUES = [
    json.loads(line)
    for line in (TABLES / "dialogues.jsonl").read_text(encoding="utf-8").splitlines()
]
PROFILES = {"esp-at": "esp32s2-3.4-full", "esp8266-0.30": "esp8266-0.30"}
STEP_LIMIT_S = 60.0
QUIET_S = 0.1
ESCAPE_REST_S = 1.0
RESTARTS = ("AT+RESTORE", "AT+RST", "AT+USEROTA=36")


def aps() -> list[AccessPoint]:
    """The networks of the examples; every one gives the address that the guide prints."""
    lan = {"ip": "192.168.3.112", "gateway": "192.168.3.1"}
    return [
        AccessPoint(b"espressif", b"1234567890", **lan),
        AccessPoint(b"1234567890", b"1234567890", **lan),
        AccessPoint(b"MERCURY_407", **lan),
        AccessPoint(b"test", b"1234567890", wps=1, **lan),
    ]


def profile_for(dialogue: dict) -> Profile:
    """The dialect's profile, as the firmware was that this dialogue was taken from."""
    profile = load(PROFILES[dialogue["dialect"]])
    for step in dialogue["steps"]:
        if step["send"] == "AT+GMR":
            profile = dataclasses.replace(profile, gmr=tuple(step["expect"][:-1]))
        if (step["send"] or "").startswith("AT+WSCFG") and step["send"].count(",") > 3:
            profile = dataclasses.replace(profile, ws_tls=True)
        if (step["send"] or "").startswith("AT+MDNS=1") and step["send"].count(",") > 3:
            profile = dataclasses.replace(profile, mdns_txt=True)  # newer than the release
    return profile


def counts(step: dict) -> bool:
    return not step.get("inexact") and not step.get("placeholder")


def expected(lines: list[str], exact: bool) -> list[bytes]:
    if exact:
        return ["\r\n".join(lines).encode() + (b"\r\n" if lines else b"")]
    return [line.encode() for line in lines]


def matches(output: bytes, lines: list[str], exact: bool) -> bool:
    """Every entry in its order, with only line ends between them."""
    pos = 0
    for entry in expected(lines, exact):
        if not exact:
            while output[pos : pos + 1] in (b"\r", b"\n"):
                pos += 1
        if output[pos : pos + len(entry)] != entry:
            return False
        pos += len(entry)
    rest = output[pos:]
    return not rest if exact else not rest.strip(b"\r\n")


def send(rig: Rig, step: dict) -> bytes:
    """Writes the command, and the raw data once > was seen; gives what came before it."""
    before = b""
    if step["send"] is not None:
        echoing = rig.m.cfg["echo"]
        rig.write(step["send"].encode() + b"\r\n")
        if echoing:
            echo = step["send"].encode() + b"\r\n"
            assert rig.wait_for(b"\n", 1.0) == echo
        if "send_raw" in step:
            before = rig.wait_for(b">", STEP_LIMIT_S)
    if "send_raw" in step:
        rig.write(step["send_raw"].encode())
    return before


def play(rig: Rig, world: World, step: dict, exact: bool) -> None:
    if "event" in step:
        event = world.event(step["event"])
        assert event is not None
        event()
    if step["send"] == "AT+CIPSNTPTIME?":
        set_clock(rig, step["expect"][0].partition(":")[2])
    output = send(rig, step)
    answers = [step["expect"]] + ([step["expect_alt"]] if "expect_alt" in step else [])
    if step["send"] in RESTARTS:
        output += rig.wait_for(b"\r\nOK\r\n")
        assert matches(output, step["expect"], exact)
        rig.wait_ready()
        return
    end = rig.clock.now_us + int(STEP_LIMIT_S * 1_000_000)
    while rig.clock.now_us < end:
        output += rig.collect(QUIET_S)
        if any(matches(output, lines, exact) for lines in answers):
            break
    assert any(matches(output, lines, exact) for lines in answers), (
        f"{step['send']}: {output!r} is not {step['expect']}"
    )
    if step.get("send_raw") == "+++":
        rig.collect(ESCAPE_REST_S)


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda d: d["id"])
def test_dialogue(dialogue: dict[str, Any]) -> None:
    rig = Rig(echo=True, profile=profile_for(dialogue), air=air(*aps()))
    world = World(rig)
    BEFORE.get(dialogue["id"], lambda world: None)(world)
    filled = FILLED.get(dialogue["id"], {})
    played = 0
    for step in dialogue["steps"]:
        if not counts(step) and "send_raw" in step and step["send"] in filled:
            step = {**step, "send_raw": filled[step["send"]]}
        elif not counts(step):
            if step["send"] in filled:
                rig.collect(1.0)  # somebody reads the page and types
                assert rig.ok(filled[step["send"]], STEP_LIMIT_S)
            continue
        play(rig, world, step, bool(dialogue.get("exact_lines")))
        played += 1
    assert played
