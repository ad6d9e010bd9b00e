# espat scan, espat join: what is in the air, and getting into it.
from __future__ import annotations

import os
import sys
import time
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
)

SECURITY = (
    "open",
    "WEP",
    "WPA",
    "WPA2",
    "WPA/WPA2",
    "WPA2 enterprise",
    "WPA3",
    "WPA2/WPA3",
    "WAPI",
    "OWE",
)


def security(n: int) -> str:
    return SECURITY[n] if 0 <= n < len(SECURITY) else str(n)


def name_of(ssid: bytes) -> str:
    return ssid.decode("utf-8", "backslashreplace")


def scan(
    port: PortOption = "",
    baud: BaudOption = 115200,
    rtscts: FlowOption = False,
    reset: ResetOption = "",
    trace: TraceOption = "",
    ssid: Annotated[Optional[str], typer.Option(help="only this one, also if hidden")] = None,
    channel: Annotated[Optional[int], typer.Option(help="only this channel")] = None,
    passive: Annotated[bool, typer.Option("--passive", help="listen only")] = False,
    json: JsonOption = False,
) -> None:
    """The networks in range, strongest first."""
    with connected(Way(port, baud, rtscts, reset, trace)) as modem:
        with view.busy("listening on every channel ..." if channel is None else "listening ..."):
            modem.wifi.active(True)
            found = modem.wifi.scan(ssid=ssid, channel=channel, passive=passive)
    found.sort(key=lambda x: -x[3])
    if json:
        names = ("ssid", "bssid", "channel", "rssi", "security", "hidden")
        rows = [dict(zip(names, x)) for x in found]
        for row in rows:
            row["ssid"] = name_of(row["ssid"])
            row["bssid"] = row["bssid"].hex(":")
            row["security"] = security(row["security"])
            row["hidden"] = bool(row["hidden"])
        view.as_json(rows)
        return
    table = view.table("network", "signal", "dBm", "channel", "security", "BSSID", right=["dBm"])
    for name, bssid, where, rssi, safe, _hidden in found:
        table.add_row(
            f"[name]{view.escape(name_of(name))}[/]" if name else "[faint](hidden)[/]",
            view.strength(rssi),
            str(rssi),
            str(where),
            f"[warn]{security(safe)}[/]" if safe in (0, 1) else security(safe),
            f"[faint]{bssid.hex(':')}[/]",
        )
    if found:
        view.out.print(table)
    else:
        view.say("warn", "no network in range", "antenna? another channel or region?")


def ask_key(ssid: str) -> str:
    """Typed without being shown; a program gives it in ESPAT_KEY."""
    key = os.environ.get("ESPAT_KEY")
    if key is not None:
        return key
    if not sys.stdin.isatty():
        return ""
    return str(typer.prompt(f"key of {ssid} (none: Enter)", default="", hide_input=True))


def join_network(modem: Any, ssid: str, key: str, timeout_s: int = 15) -> float:
    """Joins, telling how far it has come; gives the seconds it took."""
    start = time.monotonic()
    with view.busy(f"joining {ssid} ...") as status:
        steps = {"WIFI CONNECTED": "associated, waiting for an address ..."}
        if status is not None:
            for event, text in steps.items():
                modem.on(event, lambda *_, text=text: status.update(text))
        try:
            modem.wifi.connect(ssid, key, timeout_s=timeout_s)
        finally:
            for event in steps if status is not None else ():
                modem.on(event, None)
    return time.monotonic() - start


def join(
    ssid: Annotated[str, typer.Argument(help="name of the network")],
    key: Annotated[
        Optional[str], typer.Option(help="its key; better ESPAT_KEY, or typed when asked for")
    ] = None,
    port: PortOption = "",
    baud: BaudOption = 115200,
    rtscts: FlowOption = False,
    reset: ResetOption = "",
    trace: TraceOption = "",
    save: Annotated[
        bool, typer.Option("--save", help="in the module's flash: it joins again by itself")
    ] = False,
    timeout: Annotated[int, typer.Option(help="seconds", min=3, max=600)] = 15,
) -> None:
    """Joins a network and says with which address."""
    if key is None:
        key = ask_key(ssid)
    with connected(Way(port, baud, rtscts, reset, trace)) as modem:
        if save:
            modem.system.store(True)
        took_s = join_network(modem, ssid, key, timeout)
        ip, mask, gateway, dns = modem.wifi.ifconfig()
        rssi = modem.wifi.rssi()
        if save:
            modem.system.store(False)
    view.say("good", f"joined {ssid} in {took_s:.1f} s")
    view.pairs(
        "",
        [
            ("address", f"{ip}, netmask {mask}"),
            ("gateway", gateway),
            ("name server", dns),
            ("signal", None if rssi is None else f"{rssi} dBm"),
            ("kept", "in the module's flash" if save else "until the module restarts"),
        ],
    )
