# The Wi-Fi station: joining, losing and finding again an access point of the air.
# Owns its state and addresses. Sockets are links.py's; commands are commands_wifi.py's.
from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from .air import OPEN, WEP, AccessPoint
from .call import Call
from .errors import exec_fail
from .ports import TimerHandle

if TYPE_CHECKING:
    from .module import Module

IDLE, NO_IP, GOT_IP, CONNECTING, DISCONNECTED = range(5)
TIMEOUT, WRONG_KEY, NOT_FOUND, FAILED = 1, 2, 3, 4

DEFAULT_DNS = ["208.67.222.222", "8.8.8.8"]
_BASE_MAC = "7c:df:a1:e5:70:"
_STATIC_IP_US = 20_000
_IPV6_LL_US = 900_000
_IPV6_GL_US = 1_600_000
_RETRY_US = 1_000_000
_EAP_TIMEOUT = 0x8016


def _interface_id(mac: str) -> str:
    octets = [int(part, 16) for part in mac.split(":")]
    octets[0] ^= 2
    tail = octets[:3] + [0xFF, 0xFE] + octets[3:]
    return ":".join(f"{tail[i] << 8 | tail[i + 1]:x}" for i in range(0, 8, 2))


class Station:
    def __init__(self, module: Module) -> None:
        self._m = module
        module.air.subscribe(self._air_changed)
        self._state = IDLE
        self._clear()

    def _clear(self) -> None:
        self.state = IDLE
        self.ap: Optional[AccessPoint] = None
        self.ip = self.gateway = self.netmask = "0.0.0.0"
        self.ip6_local = self.ip6_global = ""
        self._m.net.station_ip6 = ""
        self._call: Optional[Call] = None  # the CWJAP that waits
        self._was_associated = False
        self._attempts = 0
        self._step: Optional[TimerHandle] = None
        self._limit: Optional[TimerHandle] = None
        self._ip6_step: Optional[TimerHandle] = None

    # -- life --------------------------------------------------------------------------
    def stop(self) -> None:
        """Power or reset: nothing is said."""
        self._clear()
        self._m.net.set_up(False)

    def power_up(self) -> None:
        if self.enabled and self._m.cfg["autoconn"]:
            self.reconnect_now()

    @property
    def state(self) -> int:
        return self._state

    @state.setter
    def state(self, state: int) -> None:
        self._state = state
        self._m.power.update()

    @property
    def enabled(self) -> bool:
        return bool(self._m.cfg["cwinit"]) and bool(self._m.cfg["cwmode"] & 1)

    @property
    def has_ip(self) -> bool:
        return self.state == GOT_IP

    @property
    def mac(self) -> str:
        return self._m.cfg["sta_mac"] or _BASE_MAC + "01"

    @property
    def ap_mac(self) -> str:
        return self._m.cfg["ap_mac"] or _BASE_MAC + "02"

    @property
    def ssid(self) -> bytes:
        join = self._m.cfg["join"]
        return join["ssid"] if join and self.state != IDLE else b""

    # -- joining -----------------------------------------------------------------------
    def join(self, call: Call, timeout_s: int) -> None:
        """Connects to what cfg["join"] says; the call ends with OK or +CWJAP:<n>."""
        self._drop()
        self._cancel()
        self._call = call
        self._was_associated = False
        self._attempts = 0
        self._limit = self._m.later(timeout_s * 1_000_000, self._timed_out)
        self._begin()

    def reconnect_now(self) -> None:
        """By itself: after boot, a mode change or a loss."""
        if self._m.cfg["join"] and self.state not in (NO_IP, GOT_IP):
            self._cancel()
            self._begin()

    def _begin(self) -> None:
        self.state = CONNECTING
        self.ap = None
        channels = self._m.profile.channels
        join = self._m.cfg["join"]
        if join["scan_mode"] == 0:
            found = [ap.channel for ap in self._candidates()]
            channels = min(found) if found else channels
        self._step = self._m.later(channels * self._m.profile.scan_channel_us, self._scanned)

    def _candidates(self) -> list[AccessPoint]:
        join = self._m.cfg["join"]
        return [
            ap
            for ap in self._m.air.find(join["ssid"], join["bssid"])
            if ap.up
            and (ap.ecn or 0) >= join.get("floor", 0)
            and not (join["pci_en"] and ap.ecn in (OPEN, WEP))
            and not (join["pmf"] & 2 and not ap.pmf)
        ]

    def _scanned(self) -> None:
        found = self._candidates()
        if not found:
            self._attempt_failed(NOT_FOUND)
            return
        join = self._m.cfg["join"]
        if join["scan_mode"] == 0:
            self.ap = min(found, key=lambda ap: ap.channel)
        else:
            self.ap = max(found, key=lambda ap: ap.rssi)
        times = self._m.profile
        if not self.ap.lets_in(join["pwd"], join.get("eap")):
            self._step = self._m.later(times.wrong_key_us, lambda: self._attempt_failed(WRONG_KEY))
        else:
            self._step = self._m.later(times.auth_us, self._associated)

    def _associated(self) -> None:
        if self.ap is None or not self.ap.up:
            self._attempt_failed(FAILED)
            return
        self.state = NO_IP
        self._was_associated = True
        self._m.out.urc("WIFI CONNECTED")
        self.refresh_ip()
        if self._m.cfg["ipv6"]:
            self._ip6_step = self._m.later(_IPV6_LL_US, self._got_ip6_local)

    def refresh_ip(self) -> None:
        """Asks for an address, or takes the static one."""
        if self.ap is None or self.state not in (NO_IP, GOT_IP):
            return
        if self._step is not None:
            self._step.cancel()
        if self._m.cfg["sta_ip"]:
            self._step = self._m.later(_STATIC_IP_US, self._got_ip)
        elif self.ap.dhcp and self._m.cfg["dhcp"] & 1:
            self._step = self._m.later(self._m.profile.dhcp_us, self._got_ip)

    def _got_ip(self) -> None:
        if self.ap is None:
            return
        self.state = GOT_IP
        self._attempts = 0
        static = self._m.cfg["sta_ip"]
        lease = [self.ap.ip, self.ap.gateway, self.ap.netmask]
        self.ip, self.gateway, self.netmask = static or lease
        self._m.net.station_ip = self.ip
        self._m.net.set_up(True)
        self._m.out.urc("WIFI GOT IP")
        self._finish_call()
        self._m.links.wifi_up()
        self._m.sntp.restart()
        self._m.provision.wifi_up()

    def link_local(self, mac: str) -> str:
        """fe80:: and the MAC in the form of an interface identifier."""
        return "fe80::" + _interface_id(mac)

    def forget_ip6(self) -> None:
        """Out of the network, or IPv6 was switched off."""
        self.ip6_local = self.ip6_global = self._m.net.station_ip6 = ""
        if self._ip6_step is not None:
            self._ip6_step.cancel()
            self._ip6_step = None

    def own_ip6(self, ip: str) -> str:
        """The own address for talking to this one, "" without any."""
        return (
            self.ip6_local if ip.lower().startswith("fe80:") else self.ip6_global or self.ip6_local
        )

    def _got_ip6_local(self) -> None:
        assert self.ap is not None  # leaving cancels this timer
        self.ip6_local = self._m.net.station_ip6 = self.link_local(self.mac)
        self._m.out.urc("WIFI GOT IPv6 LL")
        if self.ap.ipv6_prefix:
            wait_us = _IPV6_GL_US - _IPV6_LL_US
            self._ip6_step = self._m.later(wait_us, self._got_ip6_global)

    def _got_ip6_global(self) -> None:
        assert self.ap is not None
        self.ip6_global = self.ap.ipv6_prefix + ":" + _interface_id(self.mac)
        self._m.net.station_ip6 = self.ip6_global
        self._m.out.urc("WIFI GOT IPv6 GL")

    # -- ends --------------------------------------------------------------------------
    def _finish_call(self) -> None:
        call, self._call = self._call, None
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
        if call is not None:
            call.done()

    def _attempt_failed(self, code: int) -> None:
        self.ap = None
        if self._call is None:
            self.state = DISCONNECTED
            self._plan_reconnect()
        elif self._was_associated or "eap" in self._m.cfg["join"]:
            # It had been there, or EAP: the firmware keeps trying until the time is up.
            self._step = self._m.later(_RETRY_US, self._begin)
        else:
            self._fail_call(code)

    def _timed_out(self) -> None:
        self._limit = None
        self._drop()
        self._fail_call(TIMEOUT)

    def _fail_call(self, code: int) -> None:
        self._cancel()
        self.state = DISCONNECTED
        call, self._call = self._call, None
        if call is not None and "eap" in self._m.cfg["join"]:
            call.line("+CWJEAP:Timeout")
            call.fail(exec_fail(_EAP_TIMEOUT))
        elif call is not None:
            call.line(f"+CWJAP:{code}")
            call.fail(exec_fail(code), self._m.profile.join_failed)

    def _cancel(self) -> None:
        for timer in (self._step, self._limit):
            if timer is not None:
                timer.cancel()
        self._step = self._limit = None

    def leave(self) -> None:
        """CWQAP, a mode without station, Wi-Fi off: no reconnection."""
        self._cancel()
        was = self.state
        self._drop()
        self.state = IDLE if was == IDLE else DISCONNECTED

    def _drop(self) -> None:
        """Out of the network, with its message when there was one."""
        was_in = self.state in (NO_IP, GOT_IP)
        if was_in or self.state == CONNECTING:
            self.state = DISCONNECTED
        self.ap = None
        self.ip = self.gateway = self.netmask = "0.0.0.0"
        self.forget_ip6()
        if was_in:
            self._m.out.urc("WIFI DISCONNECT")
            self._m.net.set_up(False)

    # -- the air -----------------------------------------------------------------------
    def _air_changed(self, ap: AccessPoint, silent: bool) -> None:
        if ap is not self.ap or ap.up or self.state not in (NO_IP, GOT_IP):
            return
        if silent:
            self._m.later(self._m.profile.beacon_loss_us, lambda: self._beacons_missed(ap))
        else:
            self.lost()

    def _beacons_missed(self, ap: AccessPoint) -> None:
        if ap is self.ap and not ap.up:
            self.lost()

    def lost(self) -> None:
        """The network went away under the station."""
        if self.state not in (NO_IP, GOT_IP):
            return
        if self._step is not None:
            self._step.cancel()
        self._drop()
        self._attempts = 0
        if self._call is not None:
            self._step = self._m.later(_RETRY_US, self._begin)
        else:
            self._plan_reconnect()

    def _plan_reconnect(self) -> None:
        interval_s, count = self._m.cfg["reconn"]
        if interval_s == 0 or (count and self._attempts >= count) or not self.enabled:
            return
        self._attempts += 1
        self._step = self._m.later(interval_s * 1_000_000, self.reconnect_now)

    # -- names -------------------------------------------------------------------------
    @property
    def dns(self) -> list[str]:
        enable, *servers = self._m.cfg["dns"]
        if enable:
            return servers or DEFAULT_DNS
        if self.has_ip and self.ap is not None and not self._m.cfg["sta_ip"]:
            return [self.ap.dns]
        return DEFAULT_DNS
