# espat ota: new firmware for the module, from Espressif's server, an address, or a file of this PC.
from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from . import view
from .meanings import UPDATE
from .serving import file_server, reachable
from .session import BaudOption, FlowOption, PortOption, ResetOption, TraceOption, Way, connected

_MAGIC = 0xE9  # how an application image begins
_RESTART_S = 20


def version(modem: Any) -> str:
    try:
        said = modem.system.version()
    except OSError:
        return "?"
    return str(said.get("Bin version") or said.get("AT version") or "?")


def image(path: Path) -> int:
    """Its size; ValueError if that is no application image."""
    with open(path, "rb") as file:
        first = file.read(1)
    if not first or first[0] != _MAGIC:
        raise ValueError(
            f"{path} is no application image (it would begin with 0xE9): "
            "for an update take the build's ota or esp-at.bin, not factory.bin"
        )
    return path.stat().st_size


def agreed(text: str, yes: bool) -> None:
    if not yes and sys.stdin.isatty() and not typer.confirm(text, default=False):
        raise KeyboardInterrupt


def wait_for_restart(modem: Any, boots: int) -> None:
    with view.busy("the module restarts into it ..."):
        end = time.monotonic() + _RESTART_S
        while modem.boots == boots and time.monotonic() < end:
            modem.pause(100)
        modem.start()


def from_file(modem: Any, path: Path, host: Optional[str], timeout: int) -> None:
    size = image(path)
    bar = view.bar("bytes")
    with bar:
        task = bar.add_task(path.name, total=size)
        where = reachable(modem, host)
        with file_server(where, path, lambda n: bar.advance(task, n)) as server:
            host, port = server.address[:2]
            modem.ota.from_url(f"http://{host}:{port}/{path.name}", timeout)


def from_server(modem: Any, wanted: Optional[str], partition: Optional[str], https: bool) -> None:
    bar = view.bar("steps")
    with bar:
        task = bar.add_task("asking the server ...", total=4)

        def progress(state: int) -> None:
            bar.update(
                task, completed=max(state, 0), description=UPDATE.get(str(state), str(state))
            )

        modem.ota.update(wanted, partition, https, progress=progress)
        bar.update(task, completed=4, description="loaded")


def ota(
    file: Annotated[
        Optional[Path], typer.Argument(help="an image on this PC, which serves it", exists=True)
    ] = None,
    port: PortOption = "",
    baud: BaudOption = 115200,
    rtscts: FlowOption = False,
    reset: ResetOption = "",
    trace: TraceOption = "",
    list_: Annotated[
        bool, typer.Option("--list", help="only say what Espressif's server has")
    ] = False,
    version_: Annotated[
        Optional[str], typer.Option("--version", help="this one instead of the newest")
    ] = None,
    partition: Annotated[
        Optional[str], typer.Option(help="this partition instead of the firmware: mqtt_ca ...")
    ] = None,
    https: Annotated[bool, typer.Option("--https", help="from the server over TLS")] = False,
    url: Annotated[Optional[str], typer.Option(help="an image at this address")] = None,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="back to the firmware before the last update")
    ] = False,
    host: Annotated[
        Optional[str], typer.Option(help="address of this PC, as the module sees it")
    ] = None,
    timeout: Annotated[int, typer.Option(help="seconds", min=10, max=3600)] = 180,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="don't ask")] = False,
) -> None:
    """New firmware for the module: from its maker's server, an address, or a file."""
    if sum(map(bool, (file, url, list_, rollback, version_ or partition))) > 1:
        raise ValueError("one of: FILE, --url, --list, --rollback, --version")
    if file is not None:
        image(file)
    with connected(Way(port, baud, rtscts, reset, trace)) as modem:
        if not rollback and not modem.wifi.isconnected():
            raise ValueError("the module is in no network: espat join SSID first")
        if list_:
            for text in modem.ota.versions():
                view.out.print(text)
            return
        before = version(modem)
        what = file.name if file else url or version_ or "the newest version"
        agreed(f"Go back from {before}?" if rollback else f"Replace {before} by {what}?", yes)
        boots = modem.boots
        if rollback:
            with contextlib.suppress(TimeoutError):
                modem.system.rollback()
        elif file is not None:
            from_file(modem, file, host, timeout)
        elif url is not None:
            with view.busy(f"the module loads {url} ..."):
                modem.ota.from_url(url, timeout)
        else:
            from_server(modem, version_, partition, https)
            if partition is None and modem.boots == boots:
                modem.pause(2000)  # some restart by themselves
                if modem.boots == boots:
                    modem.system.restart()
        if partition is None:
            wait_for_restart(modem, boots)
        view.say("good", f"done: {version(modem)} runs", f"before: {before}")
