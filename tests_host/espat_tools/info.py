# espat info: what the module is, has, and is doing.
from __future__ import annotations

from typing import Any, Callable, Optional

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

_FLOW = ("none", "RTS", "CTS", "RTS and CTS")


def asked(call: Callable[[], Any]) -> Any:
    """What the firmware says; None where it has no such command."""
    try:
        return call()
    except (OSError, NotImplementedError, ImportError, ValueError):
        return None


def collect(modem: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    port = modem.serial
    found["port"] = port.name
    found["baud"] = port.baud if port.has_rate else None
    found.update(asked(modem.system.version) or {})
    profile = modem.profile
    found["at"] = list(profile.version)
    found["passive receive"] = profile.passive is not None
    found["uart now"] = asked(modem.uart.settings)
    found["uart at start"] = asked(lambda: modem.uart.settings(saved=True))
    found["commands"] = asked(lambda: sum(1 for _ in modem.system.commands()))
    found["ram"] = asked(modem.system.ram)
    mac = asked(modem.wifi.mac)
    found["mac"] = ":".join(f"{x:02x}" for x in mac) if mac else None
    joined = asked(modem.wifi.info)
    found["network"] = joined and {
        "ssid": joined[0].decode("utf-8", "backslashreplace"),
        "channel": joined[2],
        "rssi": joined[3],
    }
    found["addresses"] = asked(modem.wifi.ifconfig) if joined else None
    found["partitions"] = asked(modem.nvs.partitions)
    found["guide"] = (asked(modem.system.docs) or [None])[0]
    return found


def uart_text(setting: Any) -> Optional[str]:
    if not setting:
        return None
    baud, bits, stop, parity, flow = setting[:5]
    frame = f"{bits}{'NOE'[parity]}{(1, 1, 1.5, 2)[stop]:g}"
    return f"{baud} baud, {frame}, flow control: {_FLOW[flow & 3]}"


def show(found: dict[str, Any]) -> None:
    version = found.get("AT version", "")
    rows = [
        ("AT version", version),
        ("SDK", found.get("SDK version")),
        ("firmware", found.get("Bin version")),
        ("built", found.get("compile time")),
        ("commands", found["commands"] and str(found["commands"])),
        ("guide", found["guide"]),
    ]
    view.pairs("Firmware", rows)
    ram = found["ram"]
    rows = [
        ("port", found["port"] + (f", {found['baud']} baud" if found["baud"] else "")),
        ("UART now", uart_text(found["uart now"])),
        ("UART at start", uart_text(found["uart at start"])),
        ("RAM", ram and f"{ram[0]:,} bytes free, {ram[1]:,} at the least so far"),
        ("receive", "passive" if found["passive receive"] else "active only"),
    ]
    rows += [
        (f"partition {name}", f"{size:,} bytes at 0x{address:x}")
        for name, _, _, address, size in found["partitions"] or ()
    ]
    view.out.print()
    view.pairs("Module", rows)
    net = found["network"]
    ip = found["addresses"]
    rows = [
        ("MAC", found["mac"]),
        ("network", net["ssid"] if net else "none: espat join SSID"),
        ("signal", net and f"{net['rssi']} dBm on channel {net['channel']}"),
        ("address", ip and f"{ip[0]}, netmask {ip[1]}"),
        ("gateway", ip and ip[2]),
        ("name server", ip and ip[3]),
    ]
    view.out.print()
    view.pairs("Wi-Fi", rows)


def info(
    port: PortOption = "",
    baud: BaudOption = 115200,
    rtscts: FlowOption = False,
    reset: ResetOption = "",
    trace: TraceOption = "",
    json: JsonOption = False,
) -> None:
    """What the module is: firmware, UART, memory, network."""
    with connected(Way(port, baud, rtscts, reset, trace)) as modem:
        with view.busy("asking ..."):
            found = collect(modem)
    if json:
        view.as_json(found)
    else:
        show(found)
