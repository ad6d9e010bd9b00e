# Scanning: CWLAP and what its lines show.
# Owns the shape of +CWLAP lines; access points are air.py's.
from __future__ import annotations

from typing import Any, Optional

from .air import AccessPoint
from .call import Call, q
from .commands_wifi import need_station
from .errors import exec_fail
from .parser import Int, Mac, Str
from .registry import WAIT, Commands
from .station import CONNECTING

commands = Commands("wifi")

_RADIO_ON_US = 20_000


@commands.set(
    "AT+CWLAPOPT",
    Int(0, 1),
    Int(0, 0x7FF),
    Int(-100, 40, default=-100),
    Int(0, 0xFFFF, default=0xFFFF),
)
def options(call: Call, reserved: int, mask: int, rssi: int, ecn_mask: int) -> None:
    call.m.cfg.store("lapopt", [mask, rssi, ecn_mask])


@commands.execute("AT+CWLAP")
def scan(call: Call) -> Any:
    return run_scan(call, None, "", 0, 0, 0)


@commands.set(
    "AT+CWLAP",
    Str(32, default=None),
    Mac(default=""),
    Int(0, 14, default=0),
    Int(0, 1, default=0),
    Int(0, 1500, default=0),
    Int(0, 1500, default=0),
)
def scan_for(
    call: Call,
    ssid: Optional[bytes],
    mac: str,
    channel: int,
    scan_type: int,
    time_min_ms: int,
    time_max_ms: int,
) -> Any:
    return run_scan(call, ssid, mac, channel, scan_type, time_max_ms)


def run_scan(
    call: Call, ssid: Optional[bytes], mac: str, channel: int, passive: int, time_max_ms: int
) -> Any:
    m = call.m
    need_station(call)
    if m.faults.quirks["weak_supply"]:
        m.later(_RADIO_ON_US, m.restart)
    if m.provision.smart is not None:
        raise exec_fail(why="SmartConfig is running")
    if m.station.state == CONNECTING:
        raise exec_fail(why="the station is connecting")
    per_channel = m.profile.passive_channel_us if passive else m.profile.scan_channel_us
    if time_max_ms:
        per_channel = time_max_ms * 1000
    mask, rssi_floor, ecn_mask = m.cfg["lapopt"]

    def fits(ap: AccessPoint) -> bool:
        return (
            ap.up
            and (not ssid or ap.ssid == ssid)
            and (not mac or ap.bssid == mac)
            and (not channel or ap.channel == channel)
            and ap.rssi >= rssi_floor
            and bool(ecn_mask >> (ap.ecn or 0) & 1)
        )

    def finish() -> None:
        found = sorted(filter(fits, m.air.aps), key=lambda ap: -ap.rssi)
        for ap in found:
            # A hidden network shows its name only to who asks for it.
            name = b"" if ap.hidden and not ssid else ap.ssid
            call.line(f"+CWLAP:({_fields(ap, name, mask)})")
        call.done()

    call.later((1 if channel else m.profile.channels) * per_channel, finish)
    return WAIT


def _fields(ap: AccessPoint, name: bytes, mask: int) -> str:
    fields = (
        ap.ecn,
        q(name),
        ap.rssi,
        q(ap.bssid),
        ap.channel,
        -1,  # freq_offset, reserved
        -1,  # freqcal_val, reserved
        ap.cipher,
        ap.cipher,
        7,
        ap.wps,
    )
    return ",".join(str(value) for bit, value in enumerate(fields) if mask >> bit & 1)
