# Provisioning: SmartConfig from a phone, WPS from a router's button, and joining what they said.
# Owns what is listening and what it heard. The web server's way in is webserver.py's.
from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Optional

from .air import WEP, AccessPoint
from .ports import TimerHandle

if TYPE_CHECKING:
    from .module import Module

TYPES = {
    1: ("ESPTOUCH",),
    2: ("AIRKISS",),
    3: ("ESPTOUCH", "AIRKISS"),
    4: ("ESPTOUCH_V2",),
}
_FOUND_US = 800_000  # from the first packets to the type
_HEARD_US = 2_000_000  # from there to the whole of what the phone says
_TELL_US = 6_000_000  # the module tells the phone for this long
_WPS_WALK_US = 120_000_000  # both buttons within two minutes
_WPS_EXCHANGE_US = 3_000_000


class Provision:
    def __init__(self, module: Module) -> None:
        self._m = module
        self.smart: Optional[tuple[int, int, bytes]] = None  # type, lowest ecn, v2 key
        self.wps: Optional[int] = None  # lowest ecn
        self.phone_told = False  # the phone has learnt that it worked
        self._wps_until_us = 0
        self._waiting: Optional[Callable[[], object]] = None  # for the address
        self._steps: list[TimerHandle] = []

    def stop(self) -> None:
        """Power or reset."""
        self.stop_smart()
        self.wps = None

    # -- SmartConfig -------------------------------------------------------------------
    def start_smart(self, kind: int, floor: int, key: bytes) -> None:
        self.smart = (kind, floor, key)
        self.phone_told = False

    def stop_smart(self) -> None:
        self.smart = None
        self._waiting = None
        for step in self._steps:
            step.cancel()
        self._steps.clear()

    def phone(self, kind: str, ssid: bytes, password: bytes, data: bytes, key: bytes) -> bool:
        """A phone sends; False when this module cannot hear it."""
        if self.smart is None or kind not in TYPES[self.smart[0]] or key != self.smart[2]:
            return False
        out = self._m.out
        told_all = self._m.profile.smart_words

        def found() -> None:
            if told_all:
                out.urc(f"smartconfig type:{kind}")

        def heard() -> None:
            out.urc("Smart get wifi info")
            if told_all:
                out.urc(b"ssid:" + ssid)
                out.urc(b"password:" + password)
            if data:
                out.urc(b"+SCRD:%d,%s" % (len(data), data))
            self.join(ssid, password, floor, connected)

        def connected() -> None:
            if told_all:
                out.urc("smartconfig connected wifi")
            self._after(_TELL_US, told)

        def told() -> None:
            self.phone_told = True

        floor = self.smart[1]
        self._after(_FOUND_US, found)
        self._after(_FOUND_US + _HEARD_US, heard)
        return True

    def _after(self, us: int, fn: Callable[[], object]) -> None:
        """Unless SmartConfig is stopped before."""
        self._steps.append(self._m.later(us, fn))

    # -- WPS ---------------------------------------------------------------------------
    def start_wps(self, floor: int) -> None:
        self.wps = floor
        self._wps_until_us = self._m.clock.now_us + _WPS_WALK_US
        for ap in self._m.air.aps:
            if ap.wps_until_us > self._m.clock.now_us:
                self.button(ap)
                break

    def stop_wps(self) -> None:
        self.wps = None

    def button(self, ap: AccessPoint) -> bool:
        """The router's button was pressed; False when it has none or speaks WEP."""
        if not ap.wps or not ap.up or ap.ecn == WEP:
            return False
        now_us = self._m.clock.now_us
        ap.wps_until_us = now_us + _WPS_WALK_US
        if self.wps is None or now_us > self._wps_until_us:
            return True
        floor = self.wps

        def exchanged() -> None:
            if self.wps is not None:
                self.join(ap.ssid, ap.key, floor)

        self._m.later(_WPS_EXCHANGE_US, exchanged)
        return True

    # -- joining -----------------------------------------------------------------------
    def join(
        self,
        ssid: bytes,
        password: bytes,
        floor: int = 0,
        done: Optional[Callable[[], object]] = None,
    ) -> None:
        """done when there is an address; nothing when there never is."""
        self._waiting = done
        self._m.station.leave()
        self._m.cfg.store(
            "join",
            {
                "ssid": ssid,
                "pwd": password,
                "bssid": "",
                "pci_en": 0,
                "listen_interval": 3,
                "scan_mode": 0,
                "timeout_s": 15,
                "pmf": 1,
                "floor": floor,
            },
        )
        self._m.station.reconnect_now()

    def wifi_up(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting()
