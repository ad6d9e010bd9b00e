# What network.WLAN's methods do (dropin_network.py): loaded for a call. `wait` runs a call of the
# modem to its end; `part` is modem.wifi, or modem.ap of the access point.
from ..compat import const, run

_IDLE = const(0)  # STAT_... of dropin_network.py
_CONNECTING = const(1)
_GOT_IP = const(3)
_CONNECT_FAIL = const(-1)
_NO_AP_FOUND = const(-2)
_WRONG_PASSWORD = const(-3)


def hostname(wait, modem, name=None):
    """The name that the station tells to DHCP."""
    return wait(modem.wifi.hostname) if name is None else wait(modem.wifi.hostname, name)


def country(wait, modem, code=None):
    """Two letters."""
    if code is not None:
        wait(modem.wifi.country, code)
        return None
    return wait(modem.wifi.country)[0]


def active(wait, wlan, is_active=None):
    """Is the interface on? With an argument: switch it."""
    if is_active is not None:
        wait(wlan.part.active, bool(is_active))
    return wait(wlan.part.active)


def connect(wait, wlan, ssid=None, key=None, *, bssid=None):
    """Join a network and wait for the end of it (on an aio.Modem: a task does, if tasks run). How
    it ended: isconnected(), status()."""
    if wlan.ap or ssid is None:
        raise ValueError("connect: STA_IF, and an ssid")
    kind = wlan.__class__
    kind.last = _CONNECTING
    wifi = wlan.part
    if wlan.modem.face is not run:
        import asyncio

        try:
            asyncio.current_task()
        except RuntimeError:
            pass  # nothing runs yet
        else:
            asyncio.create_task(joining(kind, wifi.connect(ssid, key, bssid)))
            return
    try:
        wait(wifi.connect, ssid, key, bssid)
        kind.last = _GOT_IP
    except OSError as e:
        failed(kind, e)


async def joining(kind, join):
    try:
        await join
        kind.last = _GOT_IP
    except OSError as e:
        failed(kind, e)


def failed(kind, e):
    if not hasattr(e, "reason"):
        kind.last = _CONNECT_FAIL
        raise e
    # As on a board: no exception, the status tells.
    kind.last = {2: _WRONG_PASSWORD, 3: _NO_AP_FOUND}.get(e.reason, _CONNECT_FAIL)


def disconnect(wait, wlan):
    wait(wlan.modem.wifi.disconnect)
    wlan.__class__.last = _IDLE


def status(wait, wlan, param=None):
    """STAT_...; "rssi" of the station, "stations" [(mac,) ...] of the access point."""
    if param == "stations" and wlan.ap:
        return [(x[0],) for x in wait(wlan.part.stations)]
    if param == "rssi" and not wlan.ap:
        return wait(wlan.part.rssi)
    if param is not None:
        raise ValueError("unknown status param")
    if wlan.ap:
        return _GOT_IP if wait(wlan.part.active) else _IDLE
    last = wlan.last
    if last != _CONNECTING and wlan.isconnected():
        return _GOT_IP
    return _IDLE if last == _GOT_IP else last


def scan(wait, wlan):
    """[(ssid, bssid, channel, RSSI, security, hidden) ...]"""
    return wait(wlan.modem.wifi.scan)


def ifconfig(wait, wlan, config=None):
    """(ip, netmask, gateway, dns); with such a tuple, or "dhcp", sets it."""
    part = wlan.part
    return wait(part.ifconfig) if config is None else wait(part.ifconfig, config)
