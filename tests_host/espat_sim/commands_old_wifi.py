# Wi-Fi commands of AT 0.30, most of them three times: NAME and NAME_DEF keep in flash, NAME_CUR
# does not. Owns their arguments and answers; station and soft-AP are the same as ESP-AT's.
from __future__ import annotations

from typing import Any, Iterator, Optional

from . import commands_provision as provision
from . import commands_scan as scan
from . import commands_wifi as wifi
from .air import OPEN
from .call import Call, q
from .commands_softap import need_soft_ap
from .errors import exec_fail, para_count, para_invalid, para_length
from .parser import Int, Ip4, Mac, OneOf, Str
from .registry import WAIT, Commands
from .station import GOT_IP, NO_IP

commands = Commands("wifi")

_KEY_MIN = 8
_STATIONS = 4
_JOIN_LIMIT_S = 15


def variants(name: str) -> Iterator[str]:
    for suffix in ("", "_CUR", "_DEF"):
        yield name + suffix


def kept(call: Call) -> bool:
    return not call.name.endswith("_CUR")


def value(call: Call, name: str) -> Any:
    """_DEF shows what flash has, the others what is now."""
    return call.m.cfg.stored(name) if call.name.endswith("_DEF") else call.m.cfg[name]


# -- mode and join -----------------------------------------------------------------------


def modes(call: Call) -> None:
    call.answer("(1-3)")


def mode(call: Call) -> None:
    call.answer(value(call, "cwmode"))


def set_mode(call: Call, new: int) -> Any:
    m = call.m
    was = m.cfg["cwmode"]
    if was == new and m.faults.quirks["no_change"]:
        call.line("no change")
    if was & 1 and not new & 1:
        m.station.leave()
        m.provision.stop()
    m.cfg.store("cwmode", new, kept(call))
    m.soft_ap.apply()
    call.done()
    if new & 1 and not was & 1 and m.cfg["autoconn"]:
        m.station.reconnect_now()
    return WAIT


def joined(call: Call) -> None:
    station = call.m.station
    ap = station.ap
    if ap is None or station.state not in (NO_IP, GOT_IP):
        call.line("No AP")
    else:
        call.answer(q(ap.ssid), q(ap.bssid), ap.channel, ap.rssi)


def join(call: Call, ssid: bytes, pwd: bytes, bssid: str) -> Any:
    wifi.need_quiet(call)
    setting = {
        "ssid": ssid,
        "pwd": pwd,
        "bssid": bssid,
        "pci_en": 0,
        "listen_interval": 1,
        "scan_mode": 1,
        "timeout_s": _JOIN_LIMIT_S,
        "pmf": 0,
    }
    call.m.cfg.store("join", setting, kept(call))
    call.m.station.join(call, _JOIN_LIMIT_S)
    return WAIT


for _name in variants("AT+CWMODE"):
    commands.test(_name)(modes)
    commands.query(_name)(mode)
    commands.set(_name, Int(1, 3))(set_mode)
for _name in variants("AT+CWJAP"):
    commands.query(_name)(joined)
    commands.set(_name, Str(32, 1), Str(64), Mac(default=""))(join)
commands.execute("AT+CWQAP")(wifi.leave)
commands.set("AT+CWAUTOCONN", Int(0, 1))(wifi.set_auto_connect)
commands.execute("AT+CWLAP")(scan.scan)
commands.execute("AT+CWSTARTSMART")(provision.start_both)
commands.execute("AT+CWSTOPSMART")(provision.stop_smart)


@commands.set("AT+CWLAP", Str(32, 1), Mac(default=""), Int(0, 14, default=0))
def scan_for(call: Call, ssid: bytes, mac: str, channel: int) -> Any:
    return scan.run_scan(call, ssid, mac, channel, 0, 0)


# -- soft-AP -----------------------------------------------------------------------------


def soft_ap(call: Call) -> None:
    need_soft_ap(call)
    stored = value(call, "sap")
    ssid, key, channel, ecn, _, _ = stored or call.m.soft_ap.settings
    call.answer(q(ssid), q(key), channel, ecn)


def set_soft_ap(call: Call, ssid: bytes, key: bytes, channel: int, ecn: int) -> None:
    need_soft_ap(call)
    if ecn != OPEN and len(key) < _KEY_MIN:
        raise para_length(1)
    call.m.cfg.store("sap", [ssid, key, channel, ecn, _STATIONS, 0], kept(call))
    call.m.soft_ap.apply(restart=True)


for _name in variants("AT+CWSAP"):
    commands.query(_name)(soft_ap)
    commands.set(_name, Str(32, 1), Str(64), Int(1, 14), OneOf(0, 2, 3, 4))(set_soft_ap)


@commands.execute("AT+CWLIF")
def stations(call: Call) -> None:
    need_soft_ap(call)
    for client in call.m.soft_ap.clients:
        if client.ip:
            call.line(f"{client.ip},{client.mac}")


# -- addresses ---------------------------------------------------------------------------
# Here bit 0 of DHCP is the soft-AP and bit 1 the station; the settings have it as ESP-AT does.


def _swapped(bits: int) -> int:
    return (bits & 1) << 1 | bits >> 1


def dhcp(call: Call) -> None:
    call.answer(_swapped(value(call, "dhcp")))


def set_dhcp(call: Call, which: int, on: int) -> None:
    m = call.m
    bits = (2, 1, 3)[which]
    was = m.cfg["dhcp"]
    m.cfg.store("dhcp", was | bits if on else was & ~bits, kept(call))
    if on and bits & 2 and m.cfg["ap_ip"]:
        m.cfg.store("ap_ip", None, kept(call))
        m.soft_ap.apply(restart=True)
    if on and bits & 1 and m.cfg["sta_ip"]:
        m.cfg.store("sta_ip", None, kept(call))
        m.station.refresh_ip()


def address(call: Call) -> None:
    station = call.m.station
    static = call.m.cfg.stored("sta_ip") if call.name.endswith("_DEF") else None
    if static is None and not station.has_ip:
        raise exec_fail(why="no access point")
    call.answer(q(static[0] if static else station.ip))


def _both_or_none(gateway: Optional[str], netmask: Optional[str]) -> None:
    if (gateway is None) != (netmask is None):
        raise para_count(3, 2)


def set_address(call: Call, ip: str, gateway: Optional[str], netmask: Optional[str]) -> None:
    m = call.m
    wifi.need_station(call)
    _both_or_none(gateway, netmask)
    setting = [ip, gateway or ip.rpartition(".")[0] + ".1", netmask or "255.255.255.0"]
    m.cfg.store("sta_ip", setting, kept(call))
    m.cfg.store("dhcp", m.cfg["dhcp"] & ~1, kept(call))
    m.station.refresh_ip()


def ap_address(call: Call) -> None:
    need_soft_ap(call)
    stored = call.m.cfg.stored("ap_ip") if call.name.endswith("_DEF") else None
    call.answer(*(q(text) for text in stored or call.m.soft_ap.address))


def set_ap_address(call: Call, ip: str, gateway: Optional[str], netmask: Optional[str]) -> None:
    m = call.m
    need_soft_ap(call)
    _both_or_none(gateway, netmask)
    if netmask not in (None, "255.255.255.0"):
        raise para_invalid(2)  # class C only
    m.cfg.store("ap_ip", [ip, gateway or ip, netmask or "255.255.255.0"], kept(call))
    m.cfg.store("dhcp", m.cfg["dhcp"] & ~2, kept(call))
    m.soft_ap.apply(restart=True)


def mac(call: Call) -> None:
    station = call.m.station
    call.answer(q(station.mac if "STAMAC" in call.name else station.ap_mac))


def set_mac(call: Call, new: str) -> None:
    station = call.m.station
    of_station = "STAMAC" in call.name
    if int(new[:2], 16) & 1 or new == (station.ap_mac if of_station else station.mac):
        raise para_invalid(0)
    call.m.cfg.store("sta_mac" if of_station else "ap_mac", new, kept(call))
    if not of_station:
        call.m.soft_ap.apply(restart=True)


for _name in variants("AT+CWDHCP"):
    commands.query(_name)(dhcp)
    commands.set(_name, Int(0, 2), Int(0, 1))(set_dhcp)
for _name in variants("AT+CIPSTA"):
    commands.query(_name)(address)
    commands.set(_name, Ip4(), Ip4(default=None), Ip4(default=None))(set_address)
for _name in variants("AT+CIPAP"):
    commands.query(_name)(ap_address)
    commands.set(_name, Ip4(), Ip4(default=None), Ip4(default=None))(set_ap_address)
for _name in (*variants("AT+CIPSTAMAC"), *variants("AT+CIPAPMAC")):
    commands.query(_name)(mac)
    commands.set(_name, Mac())(set_mac)
