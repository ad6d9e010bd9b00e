# The module's clock and who sets it: SNTP once there is an address, then at its interval.
# Owns Unix time, time zone and +TIME_UPDATED. The world's time comes from the injected clock.
from __future__ import annotations

import time
from typing import TYPE_CHECKING, Optional

from .ports import TimerHandle

if TYPE_CHECKING:
    from .module import Module

DEFAULT_SERVERS = ["cn.ntp.org.cn", "ntp.sjtu.edu.cn", "us.pool.ntp.org"]
_RETRY_US = 15_000_000


class Sntp:
    def __init__(self, module: Module) -> None:
        self._m = module
        self.answers = True  # whether the servers do; the control channel may say no
        self._base_us = 0  # the clock's zero in Unix time
        self._told = False  # +TIME_UPDATED comes once after CIPSNTPCFG
        self._timer: Optional[TimerHandle] = None

    # -- the clock ---------------------------------------------------------------------
    def forget(self) -> None:
        """Power was away: 1970. A restart alone keeps the time."""
        self._base_us = -self._m.clock.now_us

    @property
    def unix_time(self) -> int:
        return (self._base_us + self._m.clock.now_us) // 1_000_000

    def set_unix_us(self, now_us: int) -> None:
        self._base_us = now_us - self._m.clock.now_us

    def local_text(self) -> str:
        _, minutes, _ = self._m.cfg["sntp"]
        return time.asctime(time.gmtime(self.unix_time + 60 * minutes))

    # -- the servers -------------------------------------------------------------------
    def stop(self) -> None:
        self._cancel()
        self._told = False

    def configure(self, enable: int, minutes: int, servers: list[str]) -> None:
        self._m.cfg.store("sntp", [enable, minutes, servers or DEFAULT_SERVERS])
        self._told = False
        self.restart()

    def restart(self) -> None:
        """Asks now, when there is somebody to ask."""
        self._cancel()
        if self._m.cfg["sntp"][0] and self._m.station.has_ip:
            self._timer = self._m.later(self._m.profile.sntp_us, self._answered)

    def _answered(self) -> None:
        self._timer = None
        if not self._m.station.has_ip:
            return  # the next address starts it again
        wait_us = _RETRY_US
        if self.answers:
            self.set_unix_us(self._m.clock.unix_us())
            wait_us = self._m.cfg["sntpintv"] * 1_000_000
            if not self._told:
                self._told = True
                self._m.out.urc("+TIME_UPDATED")
        self._timer = self._m.later(wait_us, self.restart)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
