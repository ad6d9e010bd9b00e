"""Owns: docs/firmware.md, what works on which firmware: written from what ran.

`make profiles` runs the whole of tests_host/system on every firmware of the simulated module, on
the virtual clock, and keeps which tests passed and which were skipped, and for the lack of what, in
tables/firmware_runs.csv; the page is made from that file. A test that fails on some firmware ends
it with an error, and stands in the page. Run with --page to make the page alone, with --check to
compare it.
"""

from __future__ import annotations

import argparse
import collections
import csv
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Iterator, NamedTuple, Optional

from espat_sim import profiles
from system import lacking
from tools import claims, firmwares, run_micropython

DOC = claims.ROOT / "docs" / "firmware.md"
RUNS = claims.ROOT / "tests_host" / "tables" / "firmware_runs.csv"
PASSED, FAILED = "passed", "failed"  # else: what is lacking
_LONG = re.compile("unsolicited|_rate_|_heap|queue|fair")
LIMIT_S = 3600  # one firmware, on a machine that is busy

# Which files of tests_host/system tell about which feature, in the order of the page.
FEATURES = {
    "finding the module, commands": "startup command answers poll garbled_answers dialogues "
    "dialogues_calls dialogues_services filters peers_cpython new_firmware_cpython no_module "
    "detection_cpython",
    "lines that come unasked": "unsolicited unsolicited_calls unsolicited_each_cpython",
    "reboots": "reboot",
    "Wi-Fi station": "station station_2x scan wifi_settings names garbled_wifi dialogues_wifi",
    "enterprise networks": "enterprise",
    "access point of its own": "ap",
    "TCP": "sockets socket_errors socket_options aio_sockets flow fair_cpython late time_limit "
    "socket_waits",
    "long sends": "long_send",
    "UDP": "udp udp_2x",
    "server": "server dropin_server",
    "TLS": "tls tls_more tls_server dropin_tls certs",
    "IPv6": "ipv6",
    "drop-in modules": "dropin dropin_aio",
    "passthrough": "passthrough passthrough_more passthrough_rate_cpython",
    "addresses, names, time": "net",
    "mDNS": "mdns",
    "MQTT": "mqtt mqtt_lost umqtt",
    "HTTP": "http http_records http_broken download",
    "WebSocket": "ws",
    "services at rates, in memory": "services_aio services_edges services_heap "
    "services_rate_cpython",
    "sleep": "power power_host power_idle power_log",
    "provisioning": "provision provision_web",
    "settings of the module": "system uart",
    "values in flash": "nvs",
    "files, memory": "files_and_ram",
    "firmware updates": "ota_cpython",
    "pins": "gpio",
    "the first command set's own": "old_firmware old_parts",
    "what came after v3.4": "later",
}
HEAD = """# What works on which firmware

Written by `make profiles` from what ran; do not edit. It runs the whole of `tests_host/system` on
each firmware of the simulated module. **yes**: all tests of this feature passed; **lacks**: none
could, for the firmware has not what they are about; **4 of 6**: the others are about something that
it lacks. What a firmware lacks is decided by `tests_host/tables/firmwares.csv` and the table of
commands, not by driver or simulator: a driver that gives up where it need not fails its test.

"""


class Key(NamedTuple):
    test: str  # "test_udp.py::test_echo"
    profile: str


def read() -> dict[Key, str]:
    with open(RUNS, encoding="utf-8", newline="") as file:
        return {Key(row["test"], row["profile"]): row["result"] for row in csv.DictReader(file)}


def write(runs: dict[Key, str]) -> None:
    with open(RUNS, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["test", "profile", "result"])
        out.writerows([*key, runs[key]] for key in sorted(runs))


def system_tests() -> dict[str, str]:
    """All tests, as "test_udp.py::test_echo", and the firmware that each is written for."""
    found = {}
    for path in sorted(claims.SYSTEM.glob("test_*.py")):
        file = run_micropython.read_test_file(path)
        if file.runs_on != "micropython":
            found.update({f"{path.name}::{name}": file.profile for name in file.names})
    return found


# -- running -----------------------------------------------------------------------------------


def run(profile: str, tests: list[str], deadline_s: float = LIMIT_S) -> dict[Key, str]:
    """Runs system tests (all, if none are named) on this firmware."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report"
        where = [f"tests_host/system/{test}" for test in tests] or ["tests_host/system"]
        command = [sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider"]
        command += [
            "--timeout",
            "900",
            "--tb=short",
            "--firmware",
            profile,
            "--firmware-report",
            str(report),
            *where,
        ]
        done = subprocess.run(
            command,
            cwd=claims.ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=deadline_s,
            text=True,
        )
        if not report.exists():
            raise RuntimeError(f"{profile}: pytest ended with {done.returncode}\n{done.stdout}")
        found: dict[Key, str] = {}
        for line in report.read_text().splitlines():
            test, _, result = line.partition("\t")
            key = Key(test, profile)
            # Of a test with parameters, the worst counts.
            if FAILED in (result, found.get(key)):
                result = FAILED
            elif found.get(key) == PASSED:
                result = PASSED
            found[key] = result
    failed = [key for key, result in found.items() if result == FAILED]
    if failed:
        print(f"== {profile}\n{done.stdout}", flush=True)
    return found


def rest(runs: dict[Key, str], profile: str) -> list[str]:
    """What failed there, and what is new."""
    return [
        test
        for test, own in system_tests().items()
        if lacking.applies(own, profile) and runs.get(Key(test, profile), FAILED) == FAILED
    ]


def short(runs: dict[Key, str], profile: str) -> list[str]:
    """The first test of every sixth file that says something about this firmware, in turns, without
    those that take long."""
    first: dict[str, str] = {}
    for test, own in system_tests().items():
        file = test.partition("::")[0]
        if lacking.applies(own, profile) and not _LONG.search(file):
            first.setdefault(file, test)
    return list(first.values())[order(set(firmwares.names())).index(profile) % 6 :: 6]


def run_all(todo: dict[str, list[str]]) -> Iterator[dict[Key, str]]:
    start = time.monotonic()

    def one(name: str) -> dict[Key, str]:
        found = run(name, todo[name])
        counts = collections.Counter(
            r if r in (PASSED, FAILED) else "skipped" for r in found.values()
        )
        told = ", ".join(f"{n} {what}" for what, n in sorted(counts.items()))
        print(f"{name}: {told}, after {time.monotonic() - start:.0f} s", flush=True)
        return found

    with ThreadPoolExecutor(max_workers=2) as pool:
        yield from pool.map(one, todo)


# -- the page ----------------------------------------------------------------------------------


def feature(test: str) -> str:
    stem = test.partition(".py")[0][len("test_") :]
    for name, stems in FEATURES.items():
        if stem in stems.split():
            return name
    return "the first command set's own" if stem.startswith("old_") else stem.replace("_", " ")


def cell(results: list[str]) -> str:
    if not results:
        return ""
    good = results.count(PASSED)
    bad = results.count(FAILED)
    text = "yes" if good == len(results) else f"{good} of {len(results)}" if good else "lacks"
    return f"{text}, **{bad} failed**" if bad else text


def order(names: set[str]) -> list[str]:
    """By version, oldest first; the builds of one's own behind the released."""
    return sorted(names, key=lambda name: (firmwares.of(profiles.load(name)).version, len(name)))


def text(runs: dict[Key, str]) -> str:
    names = order({key.profile for key in runs})
    rows: dict[str, dict[str, list[str]]] = {name: {} for name in FEATURES}
    tests: dict[str, set[str]] = {}
    for key in sorted(runs):
        name = feature(key.test)
        rows.setdefault(name, {}).setdefault(key.profile, []).append(runs[key])
        tests.setdefault(name, set()).add(key.test)
    out = [HEAD, f"| feature | tests | {' | '.join(names)} |\n|{'---|' * (2 + len(names))}\n"]
    for name, found in rows.items():
        if found:
            cells = [cell(found.get(profile, [])) for profile in names]
            out.append(f"| {name} | {len(tests[name])} | {' | '.join(cells)} |\n")
    total = [f"{sum(r == PASSED for k, r in runs.items() if k.profile == p)}" for p in names]
    out.append(f"| passed | {len({key.test for key in runs})} | {' | '.join(total)} |\n")
    out.append(
        f"\nThe last run took {len(runs)} pairs of a test and a firmware; what was left out of it"
        " has an empty cell. `make profiles` takes all.\n"
    )
    out.append("\n## What each lacks\n\nAs far as tests are about it, and in how many of them.\n\n")
    for profile in names:
        lacking = collections.Counter(
            name
            for key, result in runs.items()
            if key.profile == profile and result not in (PASSED, FAILED)
            for name in result.split(", ")
        )
        told = ", ".join(f"{name} ({lacking[name]})" for name in sorted(lacking))
        out.append(f"* **{profile}**: {told or 'nothing'}\n")
    return "".join(out)


def wrong(runs: dict[Key, str]) -> list[str]:
    """What does not fit: failures, tests that are gone, excuses that the tables do not know."""
    tests = system_tests()
    told = []
    for key, result in sorted(runs.items()):
        if key.test not in tests:
            told.append(f"{key.test} is gone: make profiles")
        elif result == FAILED:
            told.append(f"{key.test} failed on {key.profile}")
        elif result != PASSED:
            firmware = firmwares.of(profiles.load(key.profile))
            for name in result.split(", "):
                if not firmwares.knows(name) or firmwares.has(firmware, name):
                    told.append(f"{key.test} was skipped on {key.profile}, which has {name}")
    here = set(firmwares.names())
    seen = {key.profile for key in runs}
    told += [f"no run on {name}: make profiles" for name in sorted(here - seen)]
    told += [f"a run on {name}, which is gone: make profiles" for name in sorted(seen - here)]
    return told


def main(argv: Optional[list[str]] = None) -> int:
    parser = argparse.ArgumentParser(description="Write docs/firmware.md.")
    parser.add_argument("--page", action="store_true", help="from the last run")
    parser.add_argument("--check", action="store_true", help="only say what is wrong")
    parser.add_argument("--short", action="store_true", help="a few tests of each")
    parser.add_argument("--failed", action="store_true", help="again what failed, and what is new")
    parser.add_argument("names", nargs="*", help="these firmwares only, the others as they were")
    args = parser.parse_args(argv)
    anew = not (args.page or args.check or args.short or args.failed or args.names)
    runs = read() if RUNS.exists() and not anew else {}
    if not (args.page or args.check):
        names = args.names or order(set(firmwares.names()))
        some = short if args.short else rest
        part = args.short or args.failed
        todo = {name: some(runs, name) if part else [] for name in names}
        if part:  # no test named stands for all of them
            todo = {name: tests for name, tests in todo.items() if tests}
        for fresh in run_all(todo):
            if not part:
                again = {key.profile for key in fresh}
                runs = {key: result for key, result in runs.items() if key.profile not in again}
            runs.update(fresh)
            write(runs)
    if not args.check:
        DOC.write_text(text(runs))
    elif DOC.read_text() != text(runs):
        print("docs/firmware.md is not what tables/firmware_runs.csv says")
        return 1
    problems = wrong(runs)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
