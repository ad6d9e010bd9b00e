# espat doctor: why a module doesn't answer, or what is not as it should be with one that does. Owns
# the order of the checks and what each result means; wire.py asks, bootlog.py knows what chips say.
from __future__ import annotations

import time
from typing import Annotated, Any, Optional

import typer

import espat

from . import bootlog, view
from .port import Port, PortError, reset_line
from .session import (
    BaudOption,
    FlowOption,
    PortOption,
    ResetOption,
    TraceOption,
    Way,
    explained,
    opened,
)
from .wire import ASK, Wire, answered

_BOOT_S = 2.5  # reset to "ready", with room
_ROM_RATE = 74880  # what some chips' ROM speaks
SWAP = (
    "TX goes to RX and RX to TX: swap the two wires, and try again. Then: 3.3 V at the module? EN "
    "high? GND common? The module's AT port, not its log port?"
)
_WATCH_S = 0.5


class Report:
    """What was found, as it is found; in the end what to change."""

    def __init__(self) -> None:
        self.advice: list[str] = []

    def good(self, text: str, more: str = "") -> None:
        view.say("good", text, more)

    def note(self, text: str, more: str = "") -> None:
        view.say("faint", text, more)

    def warn(self, text: str, advice: str, more: str = "") -> None:
        view.say("warn", text, more)
        self.advice.append(advice)

    def bad(self, text: str, advice: str, more: str = "") -> None:
        view.say("bad", text, more)
        self.advice.append(advice)

    def close(self) -> bool:
        view.out.print()
        if not self.advice:
            view.out.print("[good]Nothing to change.[/]")
            return True
        view.out.print("[key]What to change[/]")
        view.numbered(self.advice)
        return False


# -- is anybody there? -------------------------------------------------------------------------


def find(report: Report, port: Port, reset: Any, wait_s: float) -> bool:
    """True when a module answers AT on this port; else it says why not."""
    wire = Wire(port)
    cts = port.clear_to_send()
    if port.rtscts and cts is False:
        report.bad(
            "the module's RTS says stop: CTS of this adapter is high",
            "Wire the module's RTS (ESP32-S2: GPIO19) to CTS, or leave --rtscts away.",
        )
        return False
    with view.busy("asking ..."):
        came = restart(wire, reset) if reset is not None else b""
        came += wire.ask()
        if not answered(came):
            # Another second: a module that is starting, or one whose log goes on.
            came += wire.listen(1.0) + wire.ask()
    if answered(came):
        report.good("a module answers AT", f"{port.baud} baud" if port.has_rate else "")
        return True
    if wire.stuck:
        report.bad(
            "what is sent does not leave this PC",
            "Flow control holds it back: is the module's RTS wired to CTS? Or leave --rtscts away.",
        )
        return False
    return other_states(report, wire, reset, came, wait_s)


def restart(wire: Wire, reset: Any) -> bytes:
    """Through the reset line: what a start says."""
    reset.value(0)
    time.sleep(0.05)
    wire.port.read_now()
    reset.value(1)
    return wire.listen(_BOOT_S, lambda data: b"ready" in data or data.count(b"\n") > 60)


def echo_only(came: bytes) -> bool:
    """Our own words and nothing else: the module's echo would have an answer behind it."""
    words = came.split()
    return len(words) > 1 and set(words) == {b"AT"}


def other_states(report: Report, wire: Wire, reset: Any, came: bytes, wait_s: float) -> bool:
    port = wire.port
    if echo_only(came):
        report.bad(
            "only what was sent comes back: TX is connected to RX",
            "TX and RX touch somewhere, or a jumper joins them. No module answers here.",
        )
        return False
    if conclude_from_text(report, port, came):
        return False
    with view.busy("passthrough?"):
        wire.leave_passthrough()
        late = wire.ask()
    if answered(late):
        report.good("a module answers AT; it was in passthrough (+++ ended it)")
        return True
    everything = came + late
    rate = 0
    if port.has_rate:
        with view.busy("other rates ...") as status:
            rate, at = wire.try_rates(
                lambda x: status.update(f"{x} baud ...") if status is not None else None
            )
        if rate:
            report.warn(
                f"a module answers AT, but at {rate} baud",
                f"Use {rate} baud on the host (--baud {rate})"
                + (
                    f", or set the module for good: espat console --baud {rate}, then "
                    "AT+UART_DEF=115200,8,1,0,0"
                    if rate != 115200
                    else ""
                )
                + ".",
            )
            return True
        for x, data in at.items():
            if bootlog.printable(data) > 0.9 and conclude_from_text(report, port, data, x):
                return False
            everything += data
        if reset is not None and slow_boot_log(report, wire, reset):
            return False
    return silence_or_noise(report, wire, everything, reset, wait_s)


def conclude_from_text(report: Report, port: Port, data: bytes, rate: int = 0) -> bool:
    if b"ready" in data.split():
        report.bad(
            'the module starts and says "ready", but it does not hear',
            "Wire this side's TX to the module's RX (ESP32-S2: GPIO21); its own TX is right.",
        )
        return True
    found = bootlog.explain(data, port.name)
    if found is None:
        return False
    report.bad(found.what, found.advice, found.line)
    if rate:
        report.note(f"heard at {rate} baud")
    starts = bootlog.resets(data)
    if starts > 1:
        report.note(f"it started {starts} times while I listened")
    return True


def slow_boot_log(report: Report, wire: Wire, reset: Any) -> bool:
    first = wire.port.baud
    try:
        wire.port.baudrate = _ROM_RATE  # type: ignore[attr-defined]
    except ValueError:
        return False
    with view.busy(f"its boot log, at {_ROM_RATE} baud ..."):
        data = restart(wire, reset)
    wire.port.baudrate = first  # type: ignore[attr-defined]
    return conclude_from_text(report, wire.port, data, _ROM_RATE)


def silence_or_noise(
    report: Report, wire: Wire, everything: bytes, reset: Any, wait_s: float
) -> bool:
    heard = everything.replace(ASK.strip(), b"").strip()
    if heard and bootlog.printable(heard) < 0.7:
        report.bad(
            f"noise: {view.count(len(heard), 'byte')} that make no text at any usual rate",
            "An unusual rate? Ask the last program that used it; else put AT firmware on anew. "
            "GND not common, 5 V or RS-232 levels on the wire, or inverted signals make noise too.",
            repr(heard[:16])[2:-1],
        )
        return False
    if heard:
        report.bad(
            "somebody speaks, but not AT",
            "Is this the module's port? " + bootlog.FLASH.format(port=wire.port.name),
            bootlog.line_at(heard, 0),
        )
        return False
    what = "nothing comes back" + (
        ", at no rate, not even after a reset" if reset is not None else ", at no rate"
    )
    if not wire.port.has_rate:
        what = "nothing comes back"
    cts = wire.port.clear_to_send()
    if cts and wire.port.rtscts:
        what += ", although its RTS shows that it is there"
    report.bad(what + ": TX and RX swapped, or no module", SWAP)
    return watch(report, wire, wait_s)


def watch(report: Report, wire: Wire, wait_s: float) -> bool:
    """Goes on asking while its user changes the wires."""
    if wait_s <= 0:
        return False
    end = time.monotonic() + wait_s
    text = f"swap TX and RX now: I ask for {wait_s:.0f} s more, Ctrl-C ends it"
    view.out.print(f"[key]  {text}[/]")
    came = b""
    with view.busy("listening ..."):
        while time.monotonic() < end:
            came += wire.ask(1, _WATCH_S)
            if answered(came):
                report.advice.remove(SWAP)
                report.warn(
                    "now a module answers: the wires were it",
                    "Nothing more: leave TX and RX as they are now.",
                )
                return True
            if bootlog.BOOT.search(came):
                came += wire.listen(_BOOT_S)
                if not answered(wire.ask()):
                    report.advice.remove(SWAP)
                    report.note("now it speaks")
                    conclude_from_text(report, wire.port, came)
                    return False
    return False


# -- what is it like? --------------------------------------------------------------------------


def examine(report: Report, port: Port, reset: Any, way: Way, air: bool) -> None:
    modem = espat.Modem(port, reset=reset, flow=way.rtscts)
    try:
        modem.start()
    except OSError as error:
        text, advice = explained(error)
        report.bad(f"the driver can't set it up: {text}", advice or "Reset it and try again.")
        return
    firmware(report, modem)
    flow_control(report, modem, way)
    steadiness(report, modem)
    if air:
        radio(report, modem)


def firmware(report: Report, modem: Any) -> None:
    version = modem.profile.version
    text = ".".join(map(str, version))
    try:
        said = modem.system.version()
    except (OSError, NotImplementedError):
        said = {}
    more = said.get("Bin version", "") or said.get("AT version", "")
    if version < (2, 0):
        report.warn(
            f"firmware AT {text}: the first command set",
            "It works (the board needs espat-old.json), with less: one receive mode, no TLS "
            "checks, no MQTT. An ESP8266 can have ESP-AT 2.2, or use a newer chip.",
            more,
        )
    elif version < (3, 2):
        report.warn(
            f"firmware AT {text}",
            "It works. From 3.2 on there are longer sends and a receive mode for each link: "
            "espat ota --list shows what its server has.",
            more,
        )
    else:
        report.good(f"firmware AT {text}", more)
    if modem.profile.passive is None:
        report.warn(
            "it cannot hold data back (no passive receive)",
            "Wire RTS and CTS: without them what arrives while the program is away is lost.",
        )


def flow_control(report: Report, modem: Any, way: Way) -> None:
    try:
        saved = modem.uart.settings(saved=True)
    except (OSError, NotImplementedError, ImportError):
        report.note("its UART's settings are its secret (old firmware)")
        return
    flow = saved[4] & 3
    if way.rtscts:
        report.good("flow control works: RTS and CTS")
        if flow != 3:
            report.note("it is on while the driver runs; the module starts without it")
    elif flow & 2:
        report.warn(
            "the module's flow control is on at start, yours is off",
            "Wire CTS of the module to your RTS and use flow=True (here --rtscts); or switch it "
            f"off for good: AT+UART_DEF={saved[0]},8,1,0,0",
        )
    else:
        report.good("flow control is off on both sides", "passive receive needs none")


def steadiness(report: Report, modem: Any) -> None:
    """Many short answers and a long one: lost or spoilt bytes show."""
    lost = 0
    times = []
    with view.busy("30 times AT, and its longest answer ..."):
        for _ in range(30):
            start = time.monotonic()
            # As modem.system.alive(), without loading it each time.
            lost += not answers(modem)
            times.append(time.monotonic() - start)
        rows, last = 0, -1
        holes = 0
        seen: list[int] = []
        try:
            # The firmware numbers them: a hole is a lost line.
            modem.command("AT+CMD?", lines=lambda x: seen.append(_index(x)), timeout_ms=10000)
        except espat.ATError:
            pass  # an old firmware has no such list
        except OSError:
            holes += 1
        for index in seen:
            holes += index != last + 1
            rows, last = rows + 1, index
    if lost or holes:
        report.bad(
            f"answers get lost: {lost} of 30 short ones, {view.count(holes, 'hole')} in a long one",
            "Shorter wires, GND beside them, a lower rate (--baud 115200); RTS and CTS above "
            "115200. A USB hub or a weak supply does it too.",
        )
        return
    times.sort()
    more = f"{times[15] * 1000:.1f} ms in the middle, {times[-1] * 1000:.1f} ms at most"
    if rows:
        more += f"; {rows} lines in one answer"
    report.good("30 of 30 answers came", more)


def answers(modem: Any) -> bool:
    try:
        modem.face(modem.at(b"AT\r\n", 1000))
    except OSError:
        return False
    return True


def _index(line: bytes) -> int:
    try:
        return int(line[5:].split(b",")[0])
    except ValueError:
        return -2


def radio(report: Report, modem: Any) -> None:
    boots = modem.boots
    try:
        with view.busy("the radio: a scan ..."):
            modem.wifi.active(True)
            found = modem.wifi.scan()
    except OSError as error:
        if modem.boots != boots or error.errno == 104:
            weak_supply(report)
        else:
            report.bad(f"the scan failed: {explained(error)[0]}", "Reset the module, try again.")
        return
    if modem.boots != boots:
        weak_supply(report)
    elif not found:
        report.warn(
            "the radio hears no network",
            "Antenna connected, and not on metal? Any 2.4 GHz network near?",
        )
    else:
        best = max(x[3] for x in found)
        text = f"the radio hears {view.count(len(found), 'network')}"
        if best < -80:
            report.warn(text, "All weak: look at the antenna.", f"the strongest at {best} dBm")
        else:
            report.good(text, f"the strongest at {best} dBm")


def weak_supply(report: Report) -> None:
    report.bad(
        "the module restarted when its radio went on: its supply is too weak",
        "A supply of 500 mA at 3.3 V of its own (not a board's 3V3 pin), short wires, and 10 uF "
        "or more beside the module.",
    )


def doctor(
    port: PortOption = "",
    baud: BaudOption = 115200,
    rtscts: FlowOption = False,
    reset: ResetOption = "",
    trace: TraceOption = "",
    wait: Annotated[
        Optional[float],
        typer.Option(
            help="seconds to go on asking when nothing comes, while you change the wires; "
            "by default 60 on a terminal"
        ),
    ] = None,
    air: Annotated[bool, typer.Option("--air/--no-air", help="also start the radio")] = True,
) -> None:
    """Finds out why a module doesn't answer, or what to improve. Exit code 0: nothing."""
    way = Way(port, baud, rtscts, reset, trace)
    if wait is None:
        wait = 60 if view.out.is_terminal else 0
    report = Report()
    with opened(way) as found:
        report.good(f"{found.name} is open", f"{found.baud} baud" if found.has_rate else "")
        line = reset_line(found, reset)
        try:
            if find(report, found, line, wait):
                examine(report, found, line, way, air)
        except PortError as error:
            report.bad(str(error), error.advice)
    raise typer.Exit(0 if report.close() else 1)
