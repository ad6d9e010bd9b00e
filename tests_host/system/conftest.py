"""Owns: a fresh simulated module on the virtual clock under every system test on CPython, what the
tests say about commands ("# wire:", docs/testing.md), and keeping files that only MicroPython can
run away from pytest's own collection."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Iterator, Optional

import machine_uart
import pytest
import sim_machine

from espat_sim import Module, VirtualClock, VirtualNetwork, peers
from system import lacking
from system.recorder import Recorder
from tools import claims
from tools import run_micropython as runner

PASSED = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--firmware",
        default="",
        help="run the tests on this profile instead of theirs; what it lacks is skipped",
    )
    parser.addoption("--firmware-report", default="", help="write here how that went")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> Optional[bool]:
    if collection_path.suffix == ".py" and collection_path.name.startswith("test_"):
        file = runner.read_test_file(collection_path)
        other = config.getoption("--firmware")
        if file.runs_on == "micropython" or other and not lacking.applies(file.profile, other):
            return True
    return None


def _tell(item: pytest.Item, report: pytest.TestReport) -> None:
    """A line for tools/firmware_doc.py: the test, and passed, failed, or what is lacking."""
    path = item.config.getoption("--firmware-report")
    if not path or report.when != "call" and report.passed:
        return
    result = report.longrepr[2] if report.skipped else report.outcome  # type: ignore[index]
    name = item.nodeid.rpartition("/")[2].partition("[")[0]
    with open(path, "a") as file:
        file.write(f"{name}\t{result}\n")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    outcome = yield
    if call.when == "call":
        report = outcome.get_result()  # type: ignore[attr-defined]
        item.stash[PASSED] = report.passed
        if call.excinfo is not None and item.config.getoption("--firmware"):
            module: Module = item.funcargs["module"]  # type: ignore[attr-defined]
            reason = lacking.reason(call.excinfo.value, module)
            if reason:
                report.outcome = "skipped"
                report.longrepr = (str(item.path), item.location[1] or 0, reason)
    _tell(item, outcome.get_result())  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def wire(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, module: Module):
    """What a test says about commands is so."""
    recorder = Recorder()
    monkeypatch.setattr(machine_uart.UART, "write", recorder.behind(machine_uart.UART.write))
    yield recorder
    other = request.config.getoption("--firmware")
    if request.node.stash.get(PASSED, False) and not other:
        lines = inspect.getsource(request.function).splitlines()
        promised = list(claims.in_lines(lines, request.node.name))
        old = module.profile.name.startswith("esp8266")
        recorder.check(promised, claims.DIALECTS[old], module.served)


@pytest.fixture(autouse=True)
def module(request: pytest.FixtureRequest) -> Iterator[Module]:
    """Attached to machine.UART and machine.Pin; it boots when time passes."""
    clock = VirtualClock()
    net = VirtualNetwork(clock)
    peers.install(net)
    firmware = request.config.getoption("--firmware")
    own = runner.read_test_file(request.path).profile
    fresh = Module(firmware or own, clock=clock, net=net)
    sim_machine.attach(fresh)
    yield fresh
    sim_machine.detach()
