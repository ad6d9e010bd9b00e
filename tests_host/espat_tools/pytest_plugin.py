# The pytest plugin: the fixture `espat_module` gives a test a simulated module that is wired to
# `machine` (or `board` and `busio`), on virtual time. Owns the life of that board, one per test.
from __future__ import annotations

import gc
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Iterator

import pytest

if TYPE_CHECKING:
    from espat_sim import Module


def shim_folder() -> Path:
    """Where `machine` and its like are: in the installed package, or in the sources."""
    spec = importlib.util.find_spec("espat_sim")
    assert spec is not None and spec.origin is not None
    package = Path(spec.origin).parent
    installed = package / "shim"
    return installed if installed.is_dir() else package.parent / "shim" / "cpython"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(
        "espat_board",
        "what the programs under test expect: micropython (machine), circuitpython (board, busio)",
        default="micropython",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "espat(profile=..., air=..., flash=..., seed=...): what espat_module is made of, "
        "as the arguments of espat_sim.Module",
    )
    kind = config.getini("espat_board")
    folder = str(shim_folder())
    if folder in sys.path:
        return
    if kind == "micropython":
        sys.path.append(folder)  # last: a `machine` of the user's own comes first
    elif kind == "circuitpython":
        sys.path.insert(0, folder)  # first: it puts Blinka's busio right
        import sim_machine

        sim_machine.use_blinka()
    else:
        raise pytest.UsageError(f"espat_board = {kind}: micropython or circuitpython")


@pytest.fixture
def espat_module(request: pytest.FixtureRequest) -> Iterator[Module]:
    """A simulated module with power, wired to the board of this test.

    machine.UART, machine.Pin and time are the board's, time is virtual: it passes only while the
    program waits. The network has echo.test:7, http.test:80, mqtt.test:1883 ... (espat_sim.peers);
    net.serve_tcp(host, port, handler) adds a server. control({"do": ...}) is the control channel.
    What the test has imported of the project itself is forgotten afterwards, as by a reset."""
    import sim_machine

    from espat_sim import Module, VirtualClock, VirtualNetwork, peers

    marker = request.node.get_closest_marker("espat")
    clock = VirtualClock()
    net = VirtualNetwork(clock)
    peers.install(net)
    module = Module(clock=clock, net=net, **(marker.kwargs if marker else {}))
    before = set(sys.modules)
    sim_machine.attach(module)
    gc.freeze()  # the driver collects garbage often: not that of pytest
    try:
        with sim_machine.virtual_time():
            yield module
    finally:
        gc.unfreeze()
        sim_machine.detach()
        forget(set(sys.modules) - before, request.config.rootpath)


def forget(names: set[str], root: Path) -> None:
    """The project's own modules among these, so that the next test starts them anew."""
    for name in names:
        file = getattr(sys.modules.get(name), "__file__", None)
        if file and root in Path(file).parents and "site-packages" not in file:
            del sys.modules[name]
