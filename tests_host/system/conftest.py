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


def pytest_ignore_collect(collection_path: Path) -> Optional[bool]:
    if collection_path.suffix == ".py" and collection_path.name.startswith("test_"):
        if runner.read_test_file(collection_path).runs_on == "micropython":
            return True
    return None


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    outcome = yield
    if call.when == "call":
        report = outcome.get_result()  # type: ignore[attr-defined]
        item.stash[PASSED] = report.passed
        lacking = call.excinfo is not None and call.excinfo.errisinstance(NotImplementedError)
        if lacking and item.config.getoption("--firmware"):
            assert call.excinfo is not None
            report.outcome = "skipped"
            report.longrepr = (str(item.path), item.location[1] or 0, str(call.excinfo.value))


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
