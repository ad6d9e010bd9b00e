# The module's own access point: stations that come and go, and the addresses they are given.
# Owns its clients and its DHCP server. Commands are commands_softap.py's.
from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional

from .air import OPEN
from .ports import SOFT_AP, TimerHandle

if TYPE_CHECKING:
    from .module import Module

_DEFAULT_IP = ["192.168.4.1", "192.168.4.1", "255.255.255.0"]
_LEASE_MIN = 120
_POOL = 100  # addresses after the soft-AP's own
_JOIN_US = 300_000  # a station's handshake
_DHCP_US = 400_000


@dataclass(eq=False)
class Client:
    mac: str
    ip: str = ""  # "" until DHCP gave one; an address of its own is not known to the module
    step: Optional[TimerHandle] = None


class SoftAp:
    def __init__(self, module: Module) -> None:
        self._m = module
        self.clients: list[Client] = []
        self._is_up = False

    # -- life --------------------------------------------------------------------------
    def stop(self) -> None:
        """Power or reset: nothing is said."""
        self._forget_all()
        self._is_up = False
        self._m.net.set_up(False, SOFT_AP)

    @property
    def up(self) -> bool:
        return self._is_up

    def apply(self, restart: bool = False) -> None:
        """After a change of mode or settings: beacons start, stop, or start anew."""
        wanted = bool(self._m.cfg["cwinit"]) and bool(self._m.cfg["cwmode"] & 2)
        if self._is_up and (restart or not wanted):
            for client in list(self.clients):
                self.leave(client)
            self._m.net.set_up(False, SOFT_AP)
            self._is_up = False
        if wanted and not self._is_up:
            self._is_up = True
            self._m.net.ap_ip = self.ip
            self._m.net.set_up(True, SOFT_AP)

    # -- settings ----------------------------------------------------------------------
    @property
    def settings(self) -> list:
        """[ssid, key, channel, ecn, most stations, hidden]"""
        stored = self._m.cfg["sap"]
        if stored:
            return list(stored)
        name = "ESP_" + "".join(self._m.station.ap_mac.split(":")[3:]).upper()
        return [name.encode(), b"", 1, OPEN, 10, 0]

    @property
    def address(self) -> list[str]:
        """[ip, gateway, netmask]"""
        return list(self._m.cfg["ap_ip"] or _DEFAULT_IP)

    @property
    def ip(self) -> str:
        return self.address[0]

    @property
    def ip6_local(self) -> str:
        return self._m.station.link_local(self._m.station.ap_mac) if self._m.cfg["ipv6"] else ""

    @property
    def pool(self) -> list:
        """[lease in minutes, first address, last address]"""
        stored = self._m.cfg["dhcps"]
        if stored:
            return list(stored)
        own = ipaddress.IPv4Address(self.ip)
        return [_LEASE_MIN, str(own + 1), str(own + _POOL)]

    def has(self, ip: str) -> bool:
        """Whether an address lies in the soft-AP's network."""
        network = ipaddress.ip_network(f"{self.ip}/{self.address[2]}", strict=False)
        return self._is_up and ipaddress.ip_address(ip) in network

    # -- stations ----------------------------------------------------------------------
    def join(self, mac: str, key: bytes = b"", dhcp: bool = True) -> bool:
        """A station asks to be let in; False when it is not."""
        ssid, own_key, channel, ecn, most, hidden = self.settings
        if not self._is_up or len(self.clients) >= most or (ecn != OPEN and key != own_key):
            return False
        client = Client(mac.lower())
        self.clients.append(client)
        client.step = self._m.later(_JOIN_US, lambda: self._joined(client, dhcp))
        return True

    def _joined(self, client: Client, dhcp: bool) -> None:
        self._m.out.urc(f'+STA_CONNECTED:"{client.mac}"')
        if dhcp and self._m.cfg["dhcp"] & 2:
            client.step = self._m.later(_DHCP_US, lambda: self._give_address(client))

    def _give_address(self, client: Client) -> None:
        _, first, last = self.pool
        taken = {other.ip for other in self.clients}
        number = int(ipaddress.IPv4Address(first))
        while str(ipaddress.IPv4Address(number)) in taken:
            number += 1
        if number > int(ipaddress.IPv4Address(last)):
            return
        client.ip = str(ipaddress.IPv4Address(number))
        self._m.out.urc(f'+DIST_STA_IP:"{client.mac}","{client.ip}"')

    def leave(self, client: Client) -> None:
        """By its own will or by ours."""
        if client not in self.clients:
            return
        self.clients.remove(client)
        if client.step is not None:
            client.step.cancel()
        self._m.out.urc(f'+STA_DISCONNECTED:"{client.mac}"')

    def find(self, mac: str) -> Optional[Client]:
        return next((c for c in self.clients if c.mac == mac.lower()), None)

    def _forget_all(self) -> None:
        for client in self.clients:
            if client.step is not None:
                client.step.cancel()
        self.clients.clear()
