# Provisioning commands: SmartConfig, WPS, the module's web server, and the enterprise join.
# Owns their arguments and refusals; what happens then is provision.py's and webserver.py's.
from __future__ import annotations

from typing import Any, Optional

from .call import Call, q
from .commands_wifi import need_station
from .errors import exec_fail, para_length
from .parser import Int, Rest, Str, bind
from .pki import Missing, enterprise_slots
from .registry import WAIT, Commands
from .station import GOT_IP, NO_IP

commands = Commands("wifi")

_V2 = 4
_V2_KEY = 16

# -- SmartConfig and WPS -----------------------------------------------------------------


def _start_smart(call: Call, kind: int, floor: int, key: bytes) -> Any:
    m = call.m
    if not m.cfg["cwinit"] or m.cfg["cwmode"] != 1:
        raise exec_fail(why="SmartConfig is for the station mode alone")
    if m.provision.smart is not None:
        raise exec_fail(why="SmartConfig is running")
    call.done()
    m.station.leave()
    m.provision.start_smart(kind, floor, key)
    return WAIT


@commands.execute("AT+CWSTARTSMART")
def start_both(call: Call) -> Any:
    return _start_smart(call, 3, 0, b"")


@commands.set("AT+CWSTARTSMART", Int(1, 4), Int(0, 7, default=0), Str(_V2_KEY, default=b""))
def start_smart(call: Call, kind: int, floor: int, key: bytes) -> Any:
    if key and (kind != _V2 or len(key) != _V2_KEY):
        raise para_length(2)
    return _start_smart(call, kind, floor, key)


@commands.execute("AT+CWSTOPSMART")
def stop_smart(call: Call) -> None:
    call.m.provision.stop_smart()


@commands.set("AT+WPS", Int(0, 1), Int(0, 7, default=0))
def push_button(call: Call, enable: int, floor: int) -> Any:
    need_station(call)
    provision = call.m.provision
    if not enable:
        provision.stop_wps()
        return None
    if provision.wps is not None:
        raise exec_fail(why="WPS is running")
    call.done()
    provision.start_wps(floor)
    return WAIT


# -- the web server ----------------------------------------------------------------------


@commands.set("AT+WEBSERVER", Int(0, 1), Rest())
def web_server(call: Call, enable: int, args: list) -> None:
    server = call.m.web_server
    if not enable and not args:
        server.stop()
        return
    port, timeout_s = bind(args, [Int(1, 65535), Int(21, 60)], False, 1)
    if not call.m.cfg["mux"]:
        raise exec_fail(why="single-connection mode")
    if server.running:
        server.timeout_s = timeout_s
        return
    try:
        server.start(port, timeout_s)
    except OSError as error:
        raise exec_fail(why="the port cannot be had") from error


# -- WPA2 enterprise ---------------------------------------------------------------------

TLS, PEAP, TTLS = 0, 1, 2
_CLIENT_CERT, _SERVER_CERT = 1, 2  # bits of <security>
_SSID_NULL, _SSID_LEN = 0x8013, 0x8014
_IDENTITY_LEN, _USERNAME_LEN, _PASSWORD_LEN = 0x8018, 0x801A, 0x801C
_SECURITY, _UNMATCHED, _COUNT = 0x801E, 0x801F, 0x8020
_NOT_STATION, _METHOD = 0x8022, 0x8024
_TEXT = 32


@commands.query("AT+CWJEAP")
def enterprise(call: Call) -> None:
    join = call.m.cfg["join"]
    eap = join.get("eap") if join else None
    if not eap or call.m.station.state not in (NO_IP, GOT_IP):
        return
    texts = (eap[name] for name in ("identity", "username", "password"))
    call.answer(q(join["ssid"]), eap["method"], *(q(text) for text in texts), eap["security"])


@commands.set("AT+CWJEAP", Rest())
def join_enterprise(call: Call, args: list) -> Any:
    m = call.m
    if not m.station.enabled:
        raise exec_fail(_NOT_STATION)
    if not 6 <= len(args) <= 7:
        raise exec_fail(_COUNT)
    kinds = [Str(256, default=b""), Int(-1 << 31, 1 << 31), *[Str(256, default=b"")] * 3]
    ssid, method, identity, username, password, security, timeout_s = bind(
        args, [*kinds, Int(-1 << 31, 1 << 31), Int(3, 600, default=15)], False
    )
    if not ssid:
        raise exec_fail(_SSID_NULL)
    if len(ssid) > _TEXT:
        raise exec_fail(_SSID_LEN)
    if method not in (TLS, PEAP, TTLS):
        raise exec_fail(_METHOD)
    _need(1 <= len(identity) <= _TEXT, _IDENTITY_LEN)
    _need(method == TLS or 1 <= len(username) <= _TEXT, _USERNAME_LEN)
    _need(method == TLS or 1 <= len(password) <= _TEXT, _PASSWORD_LEN)
    _need(0 <= security <= 3, _SECURITY)
    _need(method != TLS or security & _CLIENT_CERT, _UNMATCHED)
    try:
        enterprise_slots(m, bool(security & _CLIENT_CERT), bool(security & _SERVER_CERT))
    except Missing as error:
        raise exec_fail(error.code) from error
    m.cfg.store(
        "join",
        {
            "ssid": ssid,
            "pwd": b"",
            "bssid": "",
            "pci_en": 0,
            "listen_interval": 3,
            "scan_mode": 0,
            "timeout_s": timeout_s,
            "pmf": 1,
            "eap": {
                "method": method,
                "identity": identity,
                "username": username,
                "password": password,
                "security": security,
            },
        },
    )
    m.station.join(call, timeout_s)
    return WAIT


def _need(ok: Optional[int], code: int) -> None:
    if not ok:
        raise exec_fail(code)
