# Wi-Fi commands around joining: mode, state, join, leave, reconnection.
# Owns their handlers only; the station itself is station.py's.
from __future__ import annotations

from typing import Any, Optional

from .call import Call, q
from .errors import exec_fail, para_length
from .parser import AnyArg, Int, Mac, Str
from .registry import WAIT, Commands
from .station import GOT_IP, NO_IP

commands = Commands("wifi")


def need_station(call: Call) -> None:
    if not call.m.station.enabled:
        raise exec_fail(why="station mode is off")


def need_quiet(call: Call) -> None:
    """The station can be told what to do: it exists, and no phone is listened for."""
    need_station(call)
    if call.m.provision.smart is not None:
        raise exec_fail(why="SmartConfig is running")


@commands.query("AT+CWINIT")
def init_state(call: Call) -> None:
    call.answer(call.m.cfg["cwinit"])


@commands.set("AT+CWINIT", Int(0, 1))
def set_init(call: Call, init: int) -> None:
    m = call.m
    was = m.cfg["cwinit"]
    if was and not init:
        m.station.leave()
    m.cfg.store("cwinit", init)
    m.soft_ap.apply()
    if init and not was:
        m.station.power_up()


@commands.query("AT+CWMODE")
def mode(call: Call) -> None:
    call.answer(call.m.cfg["cwmode"])


@commands.set("AT+CWMODE", Int(0, 3), Int(0, 1, default=1))
def set_mode(call: Call, new: int, auto_connect: int) -> Any:
    m = call.m
    if not m.cfg["cwinit"]:
        raise exec_fail(why="Wi-Fi is not initialised")
    was = m.cfg["cwmode"]
    if was & 1 and not new & 1:
        m.station.leave()
        m.provision.stop()
    m.cfg.store("cwmode", new)
    m.soft_ap.apply()
    call.done()
    if new & 1 and not was & 1 and auto_connect and m.cfg["autoconn"]:
        m.station.reconnect_now()
    return WAIT


@commands.query("AT+CWSTATE")
def state(call: Call) -> None:
    call.answer(call.m.station.state, q(call.m.station.ssid))


@commands.query("AT+CWJAP")
def joined(call: Call) -> None:
    station = call.m.station
    join, ap = call.m.cfg["join"], station.ap
    if ap is None or station.state not in (NO_IP, GOT_IP):
        return  # only OK
    call.answer(
        q(ap.ssid),
        q(ap.bssid),
        ap.channel,
        ap.rssi,
        join["pci_en"],
        call.m.cfg["reconn"][0],
        join["listen_interval"],
        join["scan_mode"],
        join["pmf"],
    )


@commands.set(
    "AT+CWJAP",
    Str(32, default=None).placed(),
    AnyArg(default=None).placed(),  # password: its length depends on the profile
    Mac(default=""),
    Int(0, 1, default=0),
    Int(0, 7200, default=1),
    Int(1, 100, default=3),
    Int(0, 1, default=0),
    Int(3, 600, default=15),
    Int(0, 3, default=1),
)
def join(
    call: Call,
    ssid: Optional[bytes],
    pwd: Optional[bytes],
    bssid: str,
    pci_en: int,
    reconn_s: int,
    listen_interval: int,
    scan_mode: int,
    timeout_s: int,
    pmf: int,
) -> Any:
    need_quiet(call)
    if pwd is not None:
        pwd = Str(call.m.profile.key_max).read(pwd, 1)
    last = call.m.cfg["join"]
    if ssid is None and pwd is None:
        # Both left out: the last ones.
        if last is None:
            raise exec_fail(why="no network was set before")
        ssid, pwd = last["ssid"], last["pwd"]
    if not ssid:
        raise para_length(0)
    call.m.cfg.store(
        "join",
        {
            "ssid": ssid,
            "pwd": pwd or b"",
            "bssid": bssid,
            "pci_en": pci_en,
            "listen_interval": listen_interval,
            "scan_mode": scan_mode,
            "timeout_s": timeout_s,
            "pmf": pmf,
        },
    )
    call.m.cfg.store_item("reconn", 0, reconn_s)
    call.m.station.join(call, timeout_s)
    return WAIT


@commands.execute("AT+CWJAP")
def join_again(call: Call) -> Any:
    need_quiet(call)
    last = call.m.cfg["join"]
    if last is None:
        raise exec_fail(why="no network was set before")
    call.m.station.join(call, last["timeout_s"])
    return WAIT


@commands.query("AT+CWRECONNCFG")
def reconnection(call: Call) -> None:
    call.answer(*call.m.cfg["reconn"])


@commands.set("AT+CWRECONNCFG", Int(0, 7200), Int(0, 1000))
def set_reconnection(call: Call, interval_s: int, count: int) -> None:
    call.m.cfg.store("reconn", [interval_s, count])


@commands.execute("AT+CWQAP")
def leave(call: Call) -> Any:
    need_station(call)
    call.done()
    call.m.station.leave()
    return WAIT


@commands.query("AT+CWAUTOCONN")
def auto_connect(call: Call) -> None:
    call.answer(call.m.cfg["autoconn"])


@commands.set("AT+CWAUTOCONN", Int(0, 1))
def set_auto_connect(call: Call, enable: int) -> None:
    call.m.cfg.store("autoconn", enable)
