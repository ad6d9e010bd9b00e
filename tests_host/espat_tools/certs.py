# espat certs: certificates and keys in the module's flash, for its own TLS. Files of this PC in,
# names and sizes out: a key is never shown.
from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from . import view
from .session import (
    BaudOption,
    FlowOption,
    JsonOption,
    PortOption,
    ResetOption,
    TraceOption,
    Way,
    connected,
    guarded,
)

app = typer.Typer(help="Certificates and keys in the module's flash.", no_args_is_help=True)
_KINDS = ("_ca", "_cert", "_key")
FileOption = Optional[Path]


def given(path: Optional[Path]) -> Optional[bytes]:
    return None if path is None else path.read_bytes()


@app.command()
@guarded
def load(
    use: Annotated[
        str, typer.Argument(help="who uses it: client, server, mqtt, https, wss or wpa2")
    ],
    ca: Annotated[FileOption, typer.Option(help="whom to trust, PEM or DER", exists=True)] = None,
    cert: Annotated[FileOption, typer.Option(help="the module's certificate", exists=True)] = None,
    key: Annotated[FileOption, typer.Option(help="its key, without password", exists=True)] = None,
    slot: Annotated[int, typer.Option(help="where there are several", min=0, max=255)] = 0,
    port: PortOption = "",
    baud: BaudOption = 115200,
    rtscts: FlowOption = False,
    reset: ResetOption = "",
    trace: TraceOption = "",
) -> None:
    """Writes certificates and keys, and reads them back. What is there already stays."""
    if ca is None and cert is None and key is None:
        raise ValueError("what? --ca FILE, or --cert FILE --key FILE")
    if (cert is None) != (key is None):
        raise ValueError("a certificate needs its key: --cert FILE --key FILE")
    with connected(Way(port, baud, rtscts, reset, trace)) as modem:
        steps: list[dict[str, Optional[bytes]]] = []
        if ca is not None:
            steps.append({"ca": given(ca)})
        if cert is not None:
            steps.append({"cert": given(cert), "key": given(key)})
        written: list[str] = []
        bar = view.bar("steps")
        with bar:
            task = bar.add_task(f"{use}, slot {slot}", total=len(steps))
            for step in steps:
                written += modem.nvs.load_certs(use, slot=slot, **step)
                bar.advance(task)
    for name in written:
        view.say("good", f"{name} written", "and read back")
    if not written:
        view.say("good", "nothing to write", "the module has exactly these")


@app.command(name="list")
@guarded
def list_(
    port: PortOption = "",
    baud: BaudOption = 115200,
    rtscts: FlowOption = False,
    reset: ResetOption = "",
    trace: TraceOption = "",
    json: JsonOption = False,
) -> None:
    """Which slots hold something, and how much."""
    rows: list[dict[str, Any]] = []
    with connected(Way(port, baud, rtscts, reset, trace)) as modem, view.busy("looking ..."):
        room = bytearray(4096)
        for space in modem.nvs.namespaces():
            if space.endswith(_KINDS):
                for name, kind in modem.nvs.keys(space).items():
                    if kind in ("string", "binary"):
                        size = modem.nvs.get(space, name, into=room)
                        rows.append({"for": space, "slot": name, "bytes": size})
        room[:] = bytes(len(room))
    if json:
        view.as_json(rows)
        return
    table = view.table("for", "slot", "bytes", right=["bytes"])
    for row in rows:
        table.add_row(f"[name]{row['for']}[/]", row["slot"], str(row["bytes"]))
    if rows:
        view.out.print(table)
    else:
        view.say("warn", "no certificates in its flash")
