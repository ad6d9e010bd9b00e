# The command line: which commands there are. Each is a function of a file of its own; session.py
# has what they share.
from __future__ import annotations

from typing import Annotated

import typer

import espat

from . import bench, certs, console, doctor, info, ota, view, wifi
from .session import guarded

app = typer.Typer(
    name="espat",
    help="Looks after an ESP-AT Wi-Fi module on a serial port, real or simulated.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:
    if value:
        view.out.print(f"espat {espat.__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="and nothing else")
    ] = False,
) -> None:
    pass


for command in (
    doctor.doctor,
    info.info,
    wifi.scan,
    wifi.join,
    console.console,
    bench.bench,
    ota.ota,
):
    app.command()(guarded(command))
app.add_typer(certs.app, name="certs")


def run() -> int:
    app()
    return 0
