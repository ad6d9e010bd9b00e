"""Owns: examples/low_power_sensor.py over simulated hours, with commands at random moments: what
comes late, twice or never, how long host and module sleep, what both draw. On CPython, in process,
and on MicroPython in a small heap.

    python -m bench.low_power [--hours 24] [--commands 200] [--seed 1] [--plot day.svg]
    python -m bench.low_power --micropython 32 [--heap 96] ...
"""

from __future__ import annotations

import argparse
import contextlib
import io
import random
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, Optional

import sim_machine

from bench import report
from espat_sim import Module, VirtualClock, VirtualNetwork, energy, peers
from espat_sim.lockstep import LockstepServer
from tools import children, demo, run_micropython

ROOT = Path(__file__).resolve().parents[2]
SETTLED_S = 20  # until it has joined and sleeps
LATE_MS = 2000
HEAP_KB = 96
LIMIT_S = 3600  # for a hung program
ASLEEP = 0.98


def settings(rounds: int) -> ModuleType:
    found = ModuleType("settings")
    exec((ROOT / "examples" / "settings.py").read_text(), found.__dict__)
    found.__dict__.update(broker="mqtt.test", rounds=rounds)
    return found


def run(hours: float, commands: int, seed: int, plot: Optional[str] = None) -> dict[str, Any]:
    """The figures of such a day."""
    clock = VirtualClock()
    net = VirtualNetwork(clock)
    peers.install(net)
    module = Module("esp32s2-3.4", clock=clock, net=net)
    host = sim_machine.attach(module)
    topics: list[str] = []  # of what the broker has received
    chance = random.Random(seed)
    end_s = hours * 3600
    sent: dict[str, float] = {}

    def send(name: str) -> None:
        sent[name] = clock.now_us / 1e6
        said = {"do": "broker", "topic": "espat/command", "data": name, "qos": 1}
        topics.extend(message[0] for message in module.control(said)["received"])

    for i in range(commands):
        at_s = chance.uniform(SETTLED_S, end_s - 5)
        clock.call_later(round(at_s * 1e6), partial(send, f"command {i}"))
    clock.call_later(SETTLED_S * 1_000_000, lambda: module.control({"do": "energy", "reset": True}))
    done: list[tuple[str, float]] = []

    class Watch(io.StringIO):
        """The program's output, with the time at which it came."""

        def write(self, text: str) -> int:
            if text.startswith("command "):
                done.append((text, clock.now_us / 1e6))
            return len(text)

    before = sys.modules.get("settings")
    sys.modules["settings"] = settings(round(end_s / 60))
    program: dict[str, Any] = {"__name__": "low_power_sensor"}
    started = time.monotonic()
    try:
        exec((ROOT / "examples" / "low_power_sensor.py").read_text(), program)
        with contextlib.redirect_stdout(Watch()):
            program["main"](round(end_s / 60))
        last = module.control({"do": "broker"})["received"]
        topics.extend(message[0] for message in last)
        reports = module.power.meter.report(), host.meter.report()
        if plot:
            energy.plot(plot, module=module.power.meter, host=host.meter)
    finally:
        sim_machine.detach()
        if before is not None:
            sys.modules["settings"] = before
        else:
            del sys.modules["settings"]
    names = [name for name, _ in done]
    late = [at_s - sent[name] for name, at_s in done if name in sent]
    return {
        "hours": hours,
        "commands": len(sent),
        "arrived": len(set(names)),
        "twice": len(names) - len(set(names)),
        "latest_s": round(max(late, default=0), 3),
        "late": sum(x * 1000 > LATE_MS for x in late),
        "values": topics.count("espat/value"),
        "host_asleep": reports[1]["asleep"],
        "host_mah_per_day": reports[1]["mah_per_day"],
        "module_asleep": reports[0]["asleep"],
        "module_mah_per_day": reports[0]["mah_per_day"],
        "bytes_lost": module.line.host.lost_deaf + module.line.host.overruns,
        "took_s": round(time.monotonic() - started, 1),
    }


def wrong(found: dict[str, Any]) -> list[str]:
    """What of that should not be."""
    errors = []
    if found["arrived"] != found["commands"] or found["twice"]:
        errors.append(f"{found['arrived']} of {found['commands']}, {found['twice']} twice")
    if found["late"]:
        errors.append(f"{found['late']} commands took more than {LATE_MS} ms")
    if found["host_asleep"] < ASLEEP:
        errors.append(f"the host slept {found['host_asleep']:.3f} of the time")
    return errors


def on_micropython(
    hours: float, commands: int, seed: int, bits: int = 32, heap_kb: int = HEAP_KB
) -> dict[str, Any]:
    """The same on a MicroPython of its own. That a command has been done the broker tells, after
    the time that it may take."""
    clock = VirtualClock()
    net = VirtualNetwork(clock)
    peers.install(net)
    module = Module("esp32s2-3.4", clock=clock, net=net)
    chance = random.Random(seed)
    end_s = hours * 3600
    sent: list[str] = []
    seen: list[tuple[str, str]] = []
    late: list[str] = []

    def collect(**said: Any) -> None:
        received = module.control({"do": "broker", **said})["received"]
        seen.extend((topic, bytes.fromhex(data).decode()) for topic, data, _, _ in received)

    def send(name: str) -> None:
        sent.append(name)
        collect(topic="espat/command", data=name, qos=1)
        clock.call_later(LATE_MS * 1000, partial(look, name))

    def look(name: str) -> None:
        collect()
        if ("espat/done", name) not in seen:
            late.append(name)

    for i in range(commands):
        at_s = chance.uniform(SETTLED_S, end_s - 5)
        clock.call_later(round(at_s * 1e6), partial(send, f"command {i}"))
    clock.call_later(SETTLED_S * 1_000_000, lambda: module.control({"do": "energy", "reset": True}))
    rounds = round(end_s / 60)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as place, LockstepServer(module) as server:
        demo.write_settings({"broker": "mqtt.test", "rounds": rounds}, Path(place))
        path = demo.search_path(Path(place))
        command = [str(run_micropython.BINARIES[bits]), "-X", f"heapsize={heap_kb}K"]
        env = {"MICROPYPATH": path, **server.env}
        code, text = children.run([*command, "-m", "low_power_sensor"], LIMIT_S, env)
        reports = module.control({"do": "energy"})
        collect()
    if code or f"published {rounds} values" not in text:
        raise RuntimeError(text[-2000:])
    names = [text for topic, text in seen if topic == "espat/done"]
    return {
        "heap_kb": heap_kb,
        "hours": hours,
        "commands": len(sent),
        "arrived": len(set(names)),
        "twice": len(names) - len(set(names)),
        "late": len(late),
        "values": sum(topic == "espat/value" for topic, _ in seen),
        "host_asleep": reports["host"]["asleep"],
        "host_mah_per_day": reports["host"]["mah_per_day"],
        "module_asleep": reports["module"]["asleep"],
        "module_mah_per_day": reports["module"]["mah_per_day"],
        "bytes_lost": module.line.host.lost_deaf + module.line.host.overruns,
        "took_s": round(time.monotonic() - started, 1),
    }


def table(found: dict[str, Any]) -> list[list[str]]:
    """For docs/power.md."""
    rows = [[f"{found['hours']:g} simulated hours of the example", ""]]
    rows.append(["commands from the broker, at random moments", str(found["commands"])])
    rows.append(["arrived, twice", f"{found['arrived']}, {found['twice']}"])
    rows.append(["longest wait for one", f"{found['latest_s']:.2f} s"])
    rows.append(["values published", str(found["values"])])
    for who in ("host", "module"):
        share = f"{100 * found[who + '_asleep']:.2f} % of the time"
        rows.append([f"{who} asleep", f"{share}, {found[who + '_mah_per_day']:.0f} mAh a day"])
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=24)
    parser.add_argument("--commands", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plot")
    parser.add_argument("--write", action="store_true", help="the table into docs/power.md")
    parser.add_argument("--micropython", type=int, choices=[32, 64])
    parser.add_argument("--heap", type=int, default=HEAP_KB, help="KB, with --micropython")
    args = parser.parse_args()
    if args.micropython:
        reason = run_micropython.missing(args.micropython)
        if reason:
            print(f"low_power: {reason}")
            return 0
        day = args.hours, args.commands, args.seed
        found = on_micropython(*day, args.micropython, args.heap)
    else:
        found = run(args.hours, args.commands, args.seed, args.plot)
    for name, value in found.items():
        print(f"{name:20} {value}")
    if args.write and not args.micropython:
        report.into_page(ROOT / "docs" / "power.md", "day", table(found))
    errors = wrong(found)
    for error in errors:
        print(f"FAILED {error}")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
