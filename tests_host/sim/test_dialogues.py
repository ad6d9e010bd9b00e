# Replays the worked dialogues of the reference against the simulated module, step by step.
# It goes as far as commands, events and firmware exist; what is missing comes from the command
# table, so that the rest joins in by itself.
from __future__ import annotations

import csv
import dataclasses
import json
from pathlib import Path
from typing import Any, Optional

import pytest

from espat_sim import AccessPoint
from espat_sim.parser import parse_line
from espat_sim.profiles import Profile, load
from espat_sim.registry import CommandTable
from sim.dialogue_events import BEFORE, FILLED, World, set_clock
from sim.rig import Rig, air

TABLES = Path(__file__).parent.parent / "tables"
DIALOGUES = [
    json.loads(line)
    for line in (TABLES / "dialogues.jsonl").read_text(encoding="utf-8").splitlines()
]
with open(TABLES / "commands.csv", encoding="utf-8", newline="") as _file:
    KNOWN = {(row["dialect"], row["name"]) for row in csv.DictReader(_file)}
PROFILES = {"esp-at": "esp32s2-3.4-full", "esp8266-0.30": "esp8266-0.30"}
STEP_LIMIT_S = 60.0
QUIET_S = 0.1
ESCAPE_REST_S = 1.0
RESTARTS = ("AT+RESTORE", "AT+RST")


def aps() -> list[AccessPoint]:
    """The networks of the examples; every one gives the address that the guide prints."""
    lan = {"ip": "192.168.3.112", "gateway": "192.168.3.1"}
    return [
        AccessPoint(b"espressif", b"1234567890", **lan),
        AccessPoint(b"1234567890", b"1234567890", **lan),
        AccessPoint(b"MERCURY_407", **lan),
        AccessPoint(b"test", b"1234567890", wps=1, **lan),
    ]


def profile_for(dialogue: dict) -> Optional[Profile]:
    """The dialect's profile, as the firmware was that this dialogue was taken from."""
    try:
        profile = load(PROFILES[dialogue["dialect"]])
    except ValueError:
        return None
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


def missing_in(step: dict, dialect: str, table: CommandTable, world: World) -> Optional[str]:
    """What this step needs and the simulator does not have yet."""
    if step["send"] is None:
        if "event" in step and world.event(step["event"]) is None:
            return f"event: {step['event']}"
        return None
    line = parse_line(step["send"].encode())
    command = table.find(line.name)
    if command is not None and line.form in command.forms:
        return None
    # What no firmware has (AT+FAKE) is not missing.
    return f"{line.name} ({line.form})" if (dialect, line.name) in KNOWN else None


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


def replay(dialogue: dict[str, Any]) -> Optional[str]:
    """Plays up to the first step that cannot be; gives what that one lacks."""
    profile = profile_for(dialogue)
    if profile is None:
        return f"profile {PROFILES[dialogue['dialect']]}"
    rig = Rig(echo=True, profile=profile, air=air(*aps()))
    world = World(rig)
    steps = [step for step in dialogue["steps"] if counts(step)]
    if not steps:
        return "only placeholders"
    if missing_in(steps[0], dialogue["dialect"], rig.m.commands, world) is None:
        BEFORE.get(dialogue["id"], lambda world: None)(world)
    filled = FILLED.get(dialogue["id"], {})
    for step in dialogue["steps"]:
        if not counts(step):
            if step["send"] in filled:
                rig.collect(1.0)  # somebody reads the page and types
                assert rig.ok(filled[step["send"]], STEP_LIMIT_S)
            continue
        missing = missing_in(step, dialogue["dialect"], rig.m.commands, world)
        if missing is not None:
            return missing
        play(rig, world, step, bool(dialogue.get("exact_lines")))
    return None


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda d: d["id"])
def test_dialogue(dialogue: dict[str, Any]) -> None:
    missing = replay(dialogue)
    if missing is not None:
        pytest.skip(f"replayed as far as it exists; not yet: {missing}")


@pytest.mark.parametrize(
    "name",
    [
        "4.1.1-http-filtered-download",
        "4.2.1-tcp-client",
        "4.5.1-web-provision-browser",
        "4.5.1-web-provision-fail",
        "4.5.2-web-ota-fail",
        "4.8.1-smartconfig-v2",
        "4.8.3-wps",
        "4.2.2-tcp-server",
        "4.2.4-udp-changeable",
        "4.2.8-ssl-server-mutual",
        "4.2.13-mdns",
        "3.3.21-sntptime-b",
        "3.3.22-sntpintv",
        "4.2.3-udp-fixed",
        "4.2.5-ssl-client",
        "4.2.9-passthrough-tcp-client",
        "4.2.12-passive-receive",
        "3.1.24-syslog-on",
        "v030-cipbufstatus",
        "3.9.2-adc",
        "3.9.12-spi-read",
        "3.9.13-spi-write",
        "3.11.6-userdocs",
        "4.7.2-modem-sleep",
        "4.7.3-light-sleep",
        "8.2.2-busy-at-boot",
        "4.3.2-mqtt-tcp-large-publisher",
        "4.3.2-mqtt-tcp-large-subscriber",
        "4.3.3-mqtt-tls-publisher",
        "4.3.3-mqtt-tls-subscriber",
        "4.3.4-mqtt-wss-publisher",
        "4.3.4-mqtt-wss-subscriber",
        "4.4.2-aws-iot-log",
        "4.4.2-aws-iot-template",
        "4.6.1-http-head",
        "4.6.3-http-post-small",
        "4.6.6-http-put-raw",
        "4.6.7-http-delete",
        "new-ws-tcp",
        "new-ws-tls",
    ],
)
def test_these_are_replayed_to_their_end(name: str) -> None:
    """So that a broken table does not skip them without a word."""
    assert replay(next(d for d in DIALOGUES if d["id"] == name)) is None
