# espat bench: how fast this wire and this module are, through the driver. Owns what is measured;
# the data is checked, a figure of spoilt data is none.
from __future__ import annotations

import contextlib
import functools
import time
import zlib
from typing import Annotated, Any, Callable, Iterator, Optional

import typer

from . import view
from .port import PortError
from .serving import data_server, pattern, reachable
from .session import (
    BaudOption,
    FlowOption,
    JsonOption,
    PortOption,
    ResetOption,
    TraceOption,
    Way,
    connected,
)
from .wifi import ask_key, join_network

_BLOCK = 4096


def round_trips(modem: Any, n: int, step: Callable[[], object]) -> dict[str, float]:
    times = []
    for _ in range(n):
        start = time.perf_counter()
        modem.face(modem.at(b"AT\r\n"))
        times.append((time.perf_counter() - start) * 1000)
        step()
    times.sort()
    return {
        "fastest": times[0],
        "median": times[n // 2],
        "99 %": times[min(n - 1, n * 99 // 100)],
        "slowest": times[-1],
    }


def download(modem: Any, address: Any, n: int, step: Callable[[int], object]) -> float:
    """Bytes a second."""
    buffer = memoryview(bytearray(_BLOCK))
    crc = got = 0
    s = modem.socket()
    try:
        s.settimeout(20)
        s.connect(address)
        s.write(b"D %d\n" % n)
        start = time.perf_counter()
        while got < n:
            k = s.readinto(buffer)
            if not k:
                raise OSError(104, f"the stream ended after {got} of {n} bytes")
            crc = zlib.crc32(buffer[:k], crc)
            got += k
            step(k)
        took = time.perf_counter() - start
    finally:
        s.close()
    if crc != zlib.crc32(pattern(n)):
        raise OSError(5, "the data that came is not what was sent")
    return n / took


def upload(modem: Any, address: Any, n: int, step: Callable[[int], object]) -> float:
    data = memoryview(pattern(n))
    s = modem.socket()
    try:
        s.settimeout(20)
        s.connect(address)
        s.write(b"U %d\n" % n)
        start = time.perf_counter()
        for i in range(0, n, _BLOCK):
            s.write(data[i : i + _BLOCK])
            step(len(data[i : i + _BLOCK]))
        said = s.readline()
        took = time.perf_counter() - start
    finally:
        s.close()
    if said.strip() != b"%08x" % zlib.crc32(data):
        raise OSError(5, "the data that arrived is not what was sent")
    return n / took


@contextlib.contextmanager
def at_speed(modem: Any, speed: Optional[int]) -> Iterator[None]:
    """Both ends of the wire at another rate, and back."""
    if speed is None:
        yield
        return
    before = modem.serial.baud
    modem.uart.configure(speed)
    try:
        yield
    finally:
        modem.uart.configure(before)


def show(found: dict[str, Any]) -> None:
    baud = found["baud"]
    view.out.print(f"\n[name]Commands[/]  [faint]AT and OK, {found['commands']} times[/]")
    view.pairs("", [(name, f"{ms:.2f} ms") for name, ms in found["round trip ms"].items()])
    if "download" not in found:
        view.say("warn", "no network, so no throughput", "espat bench --ssid NAME joins one")
        return
    view.out.print(f"\n[name]TCP[/]  [faint]{found['bytes']:,} bytes each way, checked[/]")
    table = view.table("", "kB/s", "of the wire", right=["kB/s", "of the wire"])
    for name in ("download", "upload"):
        rate = found[name]
        share = f"{rate * 1000 / baud:.0f} %" if baud else ""
        table.add_row(name, f"{rate / 1000:.1f}", share)
    view.out.print(table)


def bench(
    port: PortOption = "",
    baud: BaudOption = 115200,
    rtscts: FlowOption = False,
    reset: ResetOption = "",
    trace: TraceOption = "",
    speed: Annotated[
        Optional[int], typer.Option(help="measure at this rate, then back to what it was")
    ] = None,
    commands: Annotated[int, typer.Option(help="how many short commands", min=10)] = 200,
    size: Annotated[int, typer.Option(help="kilobytes each way", min=1, max=10000)] = 64,
    ssid: Annotated[Optional[str], typer.Option(help="join this network first")] = None,
    host: Annotated[
        Optional[str], typer.Option(help="address of this PC, as the module sees it")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Measures the module: commands, TCP both ways against a server on this PC."""
    key = ask_key(ssid) if ssid else ""
    found: dict[str, Any] = {}
    with connected(Way(port, baud, rtscts, reset, trace)) as modem, at_speed(modem, speed):
        found["baud"] = modem.serial.baud if modem.serial.has_rate else None
        found["commands"] = commands
        found["bytes"] = size * 1000
        if ssid:
            join_network(modem, ssid, key)
        bar = view.bar("bytes")
        with bar if not json else contextlib.nullcontext():
            task = bar.add_task("commands", total=commands)
            found["round trip ms"] = round_trips(modem, commands, lambda: bar.advance(task))
            bar.remove_task(task)
            if modem.wifi.isconnected():
                where = reachable(modem, host)
                with data_server(where) as server:
                    for name, measure in (("download", download), ("upload", upload)):
                        task = bar.add_task(name, total=size * 1000)
                        try:
                            found[name] = measure(
                                modem,
                                server.address,
                                size * 1000,
                                functools.partial(bar.advance, task),
                            )
                        except OSError as error:
                            if error.errno in (103, 110, 111, 113) and not bar.tasks[-1].completed:
                                raise PortError(
                                    f"the module does not reach this PC at {where}: {error}",
                                    "A firewall? --host ADDRESS names another address of this PC.",
                                ) from error
                            raise
    if json:
        view.as_json(found)
    else:
        show(found)
