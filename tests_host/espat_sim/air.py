# The air: the access points that a station can see, and how they come and go.
# Owns their properties. What a station makes of it is station.py's.
from __future__ import annotations

import json
import os
from dataclasses import dataclass, fields
from typing import Any, Callable, Iterable, Optional, Union

OPEN, WEP, WPA2, ENTERPRISE = 0, 1, 3, 5


@dataclass
class AccessPoint:
    ssid: bytes
    key: bytes = b""
    bssid: str = ""  # made from the place in the list when empty
    channel: int = 6
    rssi: int = -45
    ecn: Optional[int] = None  # as +CWLAP prints it; default OPEN without a key, else WPA2
    hidden: bool = False
    pmf: bool = True
    up: bool = True
    dhcp: bool = True  # False: DHCP never answers
    ip: str = "192.168.1.50"  # what the station is given
    gateway: str = "192.168.1.1"
    netmask: str = "255.255.255.0"
    dns: str = "192.168.1.1"
    ipv6_prefix: str = ""  # "2001:db8:1:2": the station gets a global address
    dtim: int = 1  # beacons from one that announces data to the next
    wps: int = 0  # 1: it has a button
    # Enterprise: {"methods": [1, 2], "identity": "", "username": "u", "password": "p",
    # "client_cert": false}; empty texts are not looked at.
    eap: Optional[dict] = None
    wps_until_us: int = 0  # its button was pressed and counts until then

    def __post_init__(self) -> None:
        if self.ecn is None and self.eap is not None:
            self.ecn = ENTERPRISE
        if self.ecn is None:
            self.ecn = WPA2 if self.key else OPEN

    @property
    def cipher(self) -> int:
        """As +CWLAP prints pairwise and group cipher: none, WEP40 or CCMP."""
        return {OPEN: 0, WEP: 1}.get(self.ecn or 0, 4)

    def lets_in(self, key: bytes, eap: Optional[dict]) -> bool:
        """Whether these credentials are good ones; eap as AT+CWJEAP has them."""
        if self.eap is None or eap is None:
            return self.eap is None and eap is None and (not self.wants_key() or key == self.key)
        if eap["method"] not in self.eap.get("methods", (0, 1, 2)):
            return False
        if self.eap.get("client_cert") and not eap["security"] & 1:
            return False
        names = ("identity",) if eap["method"] == 0 else ("identity", "username", "password")
        return all(not self.eap.get(n) or self.eap[n].encode() == eap[n] for n in names)

    def wants_key(self) -> bool:
        return self.ecn not in (OPEN, 9)


class Air:
    """Changes are told to whoever subscribed: fn(ap, silent)."""

    def __init__(self, aps: Iterable[AccessPoint] = (), script: Iterable[dict] = ()) -> None:
        self.aps: list[AccessPoint] = []
        self.script = list(script)  # control requests with "at_s", carried out by the module
        self._watchers: list[Callable[[AccessPoint, bool], object]] = []
        for ap in aps:
            self.add(ap)

    def subscribe(self, fn: Callable[[AccessPoint, bool], object]) -> None:
        self._watchers.append(fn)

    def add(self, ap: AccessPoint) -> AccessPoint:
        if not ap.bssid:
            ap.bssid = f"02:65:73:70:61:{len(self.aps) + 1:02x}"
        self.aps.append(ap)
        return ap

    def find(self, ssid: bytes, bssid: str = "") -> list[AccessPoint]:
        return [a for a in self.aps if a.ssid == ssid and (not bssid or a.bssid == bssid)]

    def set_up(self, ap: AccessPoint, up: bool, silent: bool = False) -> None:
        """silent: it does not say goodbye; stations notice by missing beacons."""
        if ap.up != up:
            ap.up = up
            for fn in list(self._watchers):
                fn(ap, silent)

    def remove(self, ap: AccessPoint) -> None:
        self.set_up(ap, False)
        self.aps.remove(ap)


def default_air() -> Air:
    return Air(
        [
            AccessPoint(b"espat-lab", b"espat-pass"),
            AccessPoint(b"espat-open", channel=11, rssi=-63),
        ]
    )


def ap_from_json(item: dict) -> AccessPoint:
    """ssid and key are text (UTF-8), or ssid_hex and key_hex."""
    known = {f.name for f in fields(AccessPoint)}
    args: dict[str, Any] = {}
    for name, value in item.items():
        if name in ("ssid_hex", "key_hex"):
            args[name[:-4]] = bytes.fromhex(value)
        elif name in ("ssid", "key"):
            args[name] = value.encode("utf-8")
        elif name in known:
            args[name] = value
        else:
            raise ValueError(f"an access point has no {name!r}")
    if "ssid" not in args:
        raise ValueError("an access point needs an ssid")
    return AccessPoint(**args)


def air_from_json(data: dict) -> Air:
    """{"aps": [{"ssid": ...}, ...], "script": [{"at_s": 10, "do": "ap_down", ...}, ...]}"""
    return Air((ap_from_json(item) for item in data.get("aps", ())), data.get("script", ()))


def open_air(air: Union[None, str, os.PathLike[str], dict, Air]) -> Air:
    if air is None:
        return default_air()
    if isinstance(air, Air):
        return air
    if isinstance(air, dict):
        return air_from_json(air)
    with open(air, encoding="utf-8") as file:
        return air_from_json(json.load(file))
