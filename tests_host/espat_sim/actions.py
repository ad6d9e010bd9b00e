# What can be done to a module from outside its serial line: the requests of the control channel.
# Owns their names and arguments. Each is one function; none keeps state.
from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any, Callable

from . import capabilities
from .air import AccessPoint, ap_from_json
from .call import q

if TYPE_CHECKING:
    from .module import Module

Action = Callable[["Module", dict], Any]
_ACTIONS: dict[str, Action] = {}


def action(name: str) -> Callable[[Action], Action]:
    def register(fn: Action) -> Action:
        _ACTIONS[name] = fn
        return fn

    return register


def run_action(m: Module, request: dict) -> dict:
    """{"do": name, ...} -> {"ok": true, ...} or {"ok": false, "error": ...}; never an exception."""
    fn = _ACTIONS.get(str(request.get("do"))) if isinstance(request, dict) else None
    if fn is None:
        return {"ok": False, "error": f"unknown request; known: {', '.join(sorted(_ACTIONS))}"}
    try:
        if "in_ms" in request:
            later = {name: value for name, value in request.items() if name != "in_ms"}
            # Not a timer of the module's: it outlives a reboot.
            m.clock.call_later(int(request["in_ms"]) * 1000, lambda: run_action(m, later))
            return {"ok": True}
        result = fn(m, request)
    except (KeyError, ValueError, TypeError, LookupError) as error:
        return {"ok": False, "error": f"{type(error).__name__}: {error}"}
    return {"ok": True, **(result or {})}


def _bytes(request: dict, name: str) -> bytes:
    """name: text in UTF-8, or name_hex: hexadecimal digits."""
    if name + "_hex" in request:
        return bytes.fromhex(request[name + "_hex"])
    return str(request[name]).encode("utf-8")


def given_bytes(request: dict, name: str) -> bytes:
    """The same, b"" when it was left out."""
    return _bytes(request, name) if name in request or name + "_hex" in request else b""


def _ap(m: Module, request: dict) -> AccessPoint:
    found = m.air.find(_bytes(request, "ssid"), request.get("bssid", ""))
    if not found:
        raise LookupError("no such access point")
    return found[0]


# -- air -------------------------------------------------------------------------------


@action("ap_down")
def ap_down(m: Module, request: dict) -> None:
    """silent: without a goodbye, noticed by missing beacons."""
    m.air.set_up(_ap(m, request), False, bool(request.get("silent")))


@action("ap_up")
def ap_up(m: Module, request: dict) -> None:
    m.air.set_up(_ap(m, request), True)


@action("ap_add")
def ap_add(m: Module, request: dict) -> dict:
    item = {k: v for k, v in request.items() if k != "do"}
    return {"bssid": m.air.add(ap_from_json(item)).bssid}


@action("ap_remove")
def ap_remove(m: Module, request: dict) -> None:
    m.air.remove(_ap(m, request))


@action("ap_set")
def ap_set(m: Module, request: dict) -> None:
    """Changes key, rssi, channel, dhcp ... of an access point."""
    ap = _ap(m, request)
    for name, value in request.items():
        if name in ("do", "ssid", "ssid_hex", "bssid"):
            continue
        if name in ("key", "key_hex"):
            ap.key = _bytes(request, "key")
        elif name in (
            "rssi",
            "channel",
            "dhcp",
            "hidden",
            "pmf",
            "ecn",
            "ip",
            "ipv6_prefix",
            "wps",
            "eap",
        ):
            setattr(ap, name, value)
        else:
            raise ValueError(f"cannot set {name!r}")


@action("kick")
def kick(m: Module, request: dict) -> None:
    """The access point throws the station out but stays."""
    m.station.lost()


# -- power and pins --------------------------------------------------------------------


@action("reboot")
def reboot(m: Module, request: dict) -> None:
    m.faults.reboot(int(request.get("after_bytes", 0)))


@action("hang")
def hang(m: Module, request: dict) -> None:
    m.faults.hang(int(request.get("after_bytes", 0)))


@action("power")
def power(m: Module, request: dict) -> None:
    if request["on"]:
        m.power_on()
    else:
        m.power_off()


@action("pin")
def pin(m: Module, request: dict) -> dict:
    """level sets; without it the level is read."""
    signal = m.pins[request["pin"]]
    if "level" in request:
        signal.set(int(request["level"]))
    return {"level": signal.level}


@action("gpio")
def gpio(m: Module, request: dict) -> dict:
    n = int(request["n"])
    if "level" in request:
        m.gpio[n] = 1 if request["level"] else 0
        m.power.update()
    return {"level": m.gpio.get(n, 0)}


# -- links and faults ------------------------------------------------------------------


@action("link_loss")
def link_loss(m: Module, request: dict) -> None:
    """A link breaks as if the far end had reset it."""
    link = m.links.get(int(request.get("id", 0)))
    if link is None or link.conn is None:
        raise LookupError("no such link")
    link.conn.abort()
    link.on_error(errno.ECONNRESET)


@action("inject")
def inject(m: Module, request: dict) -> None:
    """A line that the module says by itself, at a border between its messages."""
    line = _bytes(request, "line") + (b"" if request.get("raw") else b"\r\n")
    m.faults.inject_line(line, int(request.get("after_bytes", 0)), exact=bool(request.get("exact")))


@action("garbage")
def garbage(m: Module, request: dict) -> None:
    m.faults.garbage(int(request["count"]), int(request.get("after_bytes", 0)))


@action("drop_output")
def drop_output(m: Module, request: dict) -> None:
    m.faults.drop_output(int(request["count"]), int(request.get("after_bytes", 0)))


@action("drop_input")
def drop_input(m: Module, request: dict) -> None:
    m.faults.drop_input(int(request["count"]), int(request.get("after_bytes", 0)))


# How host and module are wired: (the module hears nothing, the host hears nothing)
_WIRES = {
    "right": (False, False),
    "swapped": (True, True),
    "no_tx": (True, False),  # the host's TX is not connected
    "no_rx": (False, True),
}


@action("wires")
def wires(m: Module, request: dict) -> None:
    how = str(request["how"])
    if how not in _WIRES:
        raise ValueError(f"how: {', '.join(_WIRES)}")
    m.line.module.unplugged, m.line.host.unplugged = _WIRES[how]


@action("repeat_output")
def repeat_output(m: Module, request: dict) -> None:
    m.faults.repeat_output(int(request["count"]), int(request.get("after_bytes", 0)))


@action("flip_output")
def flip_output(m: Module, request: dict) -> None:
    m.faults.flip_output(int(request.get("after_bytes", 0)))


@action("fault")
def fault(m: Module, request: dict) -> None:
    """kind: overrun, stuck_cts, slip (ms, side), lose_command, hang_command, flash (count)."""
    side, count = str(request.get("side", "host")), int(request.get("count", 1))
    m.faults.state.begin(str(request["kind"]), int(request.get("ms", 0)), side, count)


@action("faults_end")
def faults_end(m: Module, request: dict) -> None:
    m.faults.forget()


@action("quirk")
def quirk(m: Module, request: dict) -> dict:
    """on sets; without it the present state is told."""
    name = request["name"]
    if name not in m.faults.quirks:
        raise LookupError(f"no quirk {name!r}; known: {', '.join(m.faults.quirks)}")
    if "on" in request:
        m.faults.quirks[name] = bool(request["on"])
    return {"on": m.faults.quirks[name]}


@action("sntp")
def sntp(m: Module, request: dict) -> dict:
    """answers: whether time servers do. Tells the module's time."""
    if "answers" in request:
        m.sntp.answers = bool(request["answers"])
    return {"unix": m.unix_time(), "answers": m.sntp.answers}


@action("mfg")
def mfg(m: Module, request: dict) -> dict:
    """The manufacturing store: value or value_hex writes bytes, erase erases, else reads."""
    space, key = str(request["namespace"]), str(request["key"])
    if "value" in request or "value_hex" in request:
        m.mfg.set(space, key, 8, _bytes(request, "value"))
    elif request.get("erase"):
        m.mfg.erase(space, key)
    return {"value_hex": m.mfg.data(space, key).hex()}


# -- provisioning ----------------------------------------------------------------------


@action("smartconfig")
def smartconfig(m: Module, request: dict) -> None:
    """A phone sends ssid and password; type ESPTOUCH, AIRKISS or ESPTOUCH_V2 (with key, data)."""
    kind = str(request.get("type", "ESPTOUCH"))
    said = (given_bytes(request, name) for name in ("ssid", "password", "data", "key"))
    if not m.provision.phone(kind, *said):
        raise LookupError("the module does not listen for this")


@action("wps_button")
def wps_button(m: Module, request: dict) -> None:
    """The button of a router."""
    if not m.provision.button(_ap(m, request)):
        raise LookupError("this access point has no WPS")


# -- the soft-AP's stations ------------------------------------------------------------


@action("sta_join")
def sta_join(m: Module, request: dict) -> None:
    """mac, key; dhcp false: it has an address of its own."""
    dhcp = bool(request.get("dhcp", True))
    if not m.soft_ap.join(str(request["mac"]), given_bytes(request, "key"), dhcp):
        raise LookupError("the soft-AP lets nobody in")


@action("sta_leave")
def sta_leave(m: Module, request: dict) -> None:
    client = m.soft_ap.find(str(request["mac"]))
    if client is None:
        raise LookupError("no such station")
    m.soft_ap.leave(client)


@action("firmware")
def firmware(m: Module, request: dict) -> dict:
    """names: commands, and what capabilities.py names; tells which of them it lacks."""
    lacking = [name for name in request.get("names", ()) if not capabilities.has(m, str(name))]
    return {"profile": m.profile.name, "gmr": list(m.profile.gmr), "lacking": lacking}


@action("status")
def status(m: Module, request: dict) -> dict:
    return {
        "powered": m.powered,
        "uptime_ms": (m.clock.now_us - m.booted_at_us) // 1000,
        "uart": m.uart,
        "wifi": m.station.state,
        "ssid": q(m.station.ssid).strip('"'),
        "ip": m.station.ip,
        "ip6": [ip for ip in (m.station.ip6_local, m.station.ip6_global) if ip],
        "unix": m.unix_time(),
        "mdns": m.mdns,
        "smartconfig": {
            "running": m.provision.smart is not None,
            "phone_told": m.provision.phone_told,
        },
        "stations": [{"mac": c.mac, "ip": c.ip} for c in m.soft_ap.clients],
        "server": {"port": m.server.port, "type": m.server.kind} if m.server.running else None,
        "links": [
            {"id": link.id, "type": link.kind, "remote": list(link.remote)}
            for link in m.links.open_links
        ],
        "overruns": {"host": m.line.host.overruns, "module": m.line.module.overruns},
    }
