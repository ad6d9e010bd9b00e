# From the options of a command line to a Modem that answers, and from whatever goes wrong on the
# way to one clear message. Owns the options that the commands share.
from __future__ import annotations

import contextlib
import functools
import gc
import sys
import time
from dataclasses import dataclass
from typing import IO, Annotated, Any, Callable, Iterator, Optional

import typer

import espat

from . import view
from .masking import Hider
from .port import Port, PortError, open_port, reset_line

PortOption = Annotated[
    str,
    typer.Option(
        "--port",
        "-p",
        envvar=["ESPAT_PORT", "ESPAT_SIM"],
        help="serial port, pty:PATH or tcp:HOST:PORT; without it the only USB serial port",
        show_default=False,
    ),
]
BaudOption = Annotated[int, typer.Option("--baud", "-b", help="rate of the port", min=80)]
FlowOption = Annotated[bool, typer.Option("--rtscts", help="RTS and CTS are wired")]
ResetOption = Annotated[
    str,
    typer.Option(
        "--reset",
        envvar="ESPAT_RESET",
        help="what can reset the module: rts or dtr (the adapter's line, wired to EN), "
        "control:HOST:PORT (the simulator)",
        show_default=False,
    ),
]
TraceOption = Annotated[
    str,
    typer.Option("--trace", help="write what goes over the wire here; - is stderr; keys masked"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="print JSON, for programs")]


@dataclass
class Way:
    """How to reach the module."""

    port: str = ""
    baud: int = 115200
    rtscts: bool = False
    reset: str = ""
    trace: str = ""


class Trace:
    """A line a line of the wire, with the time; secrets masked."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._start = time.monotonic()
        self._ways = {"<": Hider(False), ">": Hider(True)}

    def __call__(self, direction: str, data: bytes) -> None:
        for line in self._ways[direction].lines(data):
            self._write(direction, line)

    def close(self) -> None:
        for direction, way in self._ways.items():
            if way.rest():
                self._write(direction, way.rest())

    def _write(self, direction: str, line: bytes) -> None:
        print(f"{time.monotonic() - self._start:9.3f} {direction} {line!r}", file=self._file)


@contextlib.contextmanager
def opened(way: Way) -> Iterator[Port]:
    """The port, traced if that is wished."""
    # The driver collects garbage after each call into once/: cheap on a board, not beside all that
    # is loaded here by now.
    gc.freeze()
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(open_port(way.port, way.baud, way.rtscts))
        if way.trace:
            file = (
                sys.stderr
                if way.trace == "-"
                else stack.enter_context(open(way.trace, "w", encoding="utf-8"))
            )
            port.tap = trace = Trace(file)
            stack.callback(trace.close)
        yield port


@contextlib.contextmanager
def connected(way: Way, **options: Any) -> Iterator[Any]:
    """A Modem that has been found; says where, if that is a surprise."""
    with opened(way) as port:
        modem = espat.Modem(port, reset=reset_line(port, way.reset), flow=way.rtscts, **options)
        with view.busy(f"looking for the module at {port.name} ..."):
            modem.start()
        if port.has_rate and port.baud != way.baud:
            view.err.print(
                f"{view.sign('warn')} it speaks {port.baud} baud: --baud {port.baud} is faster"
            )
        yield modem


def guarded(command: Callable[..., Any]) -> Callable[..., Any]:
    """What goes wrong is one message and an exit code: 1 the module's, 2 the user's or the port."""

    @functools.wraps(command)
    def run(*args: Any, **kw: Any) -> Any:
        try:
            return command(*args, **kw)
        except PortError as error:
            view.fail(str(error), error.advice)
            raise typer.Exit(2) from None
        except ValueError as error:
            view.fail(str(error))
            raise typer.Exit(2) from None
        except ImportError as error:
            view.fail(str(error))
            raise typer.Exit(2) from None
        except NotImplementedError as error:
            view.fail(str(error) or "not with this firmware")
            raise typer.Exit(1) from None
        except OSError as error:
            view.fail(*explained(error))
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            view.err.print("stopped")
            raise typer.Exit(130) from None

    return run


def explained(error: OSError) -> tuple[str, str]:
    """What an error of the driver means, and what to do."""
    text = str(error.args[1]) if len(error.args) > 1 else str(error)
    number: Optional[int] = error.errno
    if number == 19:
        return text, "espat doctor finds out why."
    if isinstance(error, espat.ATError):
        if isinstance(error, espat.WifiError):
            return text, "espat scan shows what is in the air."
        if error.code >> 16 == 0x0109:
            return text, "This firmware was built without that command (espat info)."
        return text, ""
    if number == 110:
        return f"no answer in time: {text}", "espat doctor looks at the wire."
    return text, ""
