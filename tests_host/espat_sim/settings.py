# The module's settings and where each of them lives: RAM, flash, or flash when SYSSTORE=1.
# Owns defaults and persistence rules. Nothing here acts on a setting.
from __future__ import annotations

from typing import Any, Callable, Iterable, Mapping, Optional

from .flash import Flash

_SPACE = "at"

RAM, SYSSTORE, ALWAYS = "ram", "sysstore", "always"

# name -> (default, where it is kept)
_RULES: dict[str, tuple[Any, str]] = {
    # basic
    "echo": (True, RAM),
    "syslog": (0, RAM),
    "sysstore": (1, RAM),
    "sysmsg": (0, SYSSTORE),
    "msgfilter": (0, RAM),
    "transintvl": (20, RAM),
    "sleep": (0, RAM),
    "sleep_wake": (None, RAM),
    "uart": (None, ALWAYS),  # [baud, data, stop, parity, flow] of UART_DEF
    "translink": (None, ALWAYS),
    "rfpower": (78, RAM),
    "rfvdd": (None, RAM),  # set supply voltage in mV; None: measured
    "plcp": ([0, 0], RAM),  # a factory test's switch
    # Wi-Fi
    "cwinit": (1, RAM),
    "cwmode": (0, SYSSTORE),
    "autoconn": (1, ALWAYS),
    "join": (None, SYSSTORE),  # arguments of the last CWJAP
    "reconn": ([0, 0], SYSSTORE),  # interval in s, count
    "dhcp": (3, SYSSTORE),
    "sta_ip": (None, SYSSTORE),  # [ip, gateway, netmask] when static
    "sta_mac": (None, SYSSTORE),
    "ap_mac": (None, SYSSTORE),
    "hostname": ("espressif", RAM),
    "country": ([0, "CN", 1, 13], RAM),
    "sap": (None, SYSSTORE),  # [ssid, key, channel, ecn, most stations, hidden]
    "ap_ip": (None, SYSSTORE),  # [ip, gateway, netmask] when set
    "dhcps": (None, SYSSTORE),  # [lease, first, last] when set
    "ap_proto": (7, SYSSTORE),
    "sta_proto": (7, SYSSTORE),
    "lapopt": ([0x7FF, -100, 0xFFFF], RAM),
    # TCP/IP
    "ipv6": (0, SYSSTORE),
    "mux": (0, RAM),
    "cipmode": (0, RAM),
    "dinfo": (0, RAM),
    "dns": ([0], SYSSTORE),  # enable, up to three servers
    "reconnintv": (1, SYSSTORE),
    "recvtype": ([0] * 5, RAM),
    "recvreport": ([0] * 5, RAM),  # 1: each arrival is announced
    "tcpopt": ([[-1, 0, 0, 0]] * 5, SYSSTORE),  # per link: linger, nodelay, sndtimeo, keep-alive
    "sendlcfg": ([1024, 2920], RAM),
    "maxconn": (5, RAM),
    "sto": (180, RAM),  # a server's idle clients, in s
    "sntp": ([0, 0, []], RAM),  # enable, minutes east of Greenwich, servers
    "sntpintv": (3600, RAM),
    # HTTP
    "httpurl": (b"", RAM),
    "httphead": ([], RAM),  # headers of every request
    # WebSocket
    "wshead": ([], RAM),
    "wscfg": ([[10, 120, 1024, 0, 0, 0]] * 3, RAM),  # ping every, ping limit, buffer, TLS
    # TLS, per link
    "sslconf": ([[0, 0, 0]] * 5, SYSSTORE),  # what is checked, client certificate, CA
    "sslcn": ([""] * 5, RAM),
    "sslsni": ([""] * 5, RAM),
    "sslalpn": ([[]] * 5, RAM),
    "sslpsk": ([["", ""]] * 5, RAM),  # key in hexadecimal, identity
}


class Settings:
    """cfg["mux"] reads RAM; store() writes RAM and, where the rule says so, flash."""

    def __init__(self, flash: Flash, defaults: Mapping[str, Any]) -> None:
        self._flash = flash
        self._defaults = {name: default for name, (default, _) in _RULES.items()}
        self._defaults.update(defaults)  # what this firmware has otherwise
        self._ram: dict[str, Any] = {}
        self._watchers: dict[str, Callable[[], object]] = {}
        self.reload()

    def reload(self) -> None:
        """What a boot does: defaults, then what flash remembers."""
        self._ram = dict(self._defaults)
        for name, (_, rule) in _RULES.items():
            if rule != RAM:
                self._ram[name] = self.stored(name)

    def stored(self, name: str) -> Any:
        """What the next boot will find."""
        return self._flash.get(_SPACE, name, self._defaults[name])

    def watch(self, names: Iterable[str], fn: Callable[[], object]) -> None:
        """fn runs after each store of one of these."""
        self._watchers.update(dict.fromkeys(names, fn))

    def __getitem__(self, name: str) -> Any:
        return self._ram[name]

    def store(self, name: str, value: Any, keep: Optional[bool] = None) -> None:
        """keep: into flash or not, whatever the rule says."""
        rule = _RULES[name][1]
        self._ram[name] = value
        if keep is None:
            keep = rule == ALWAYS or (rule == SYSSTORE and bool(self._ram["sysstore"]))
        if keep:
            self._flash.set(_SPACE, name, value)
        if name in self._watchers:
            self._watchers[name]()

    def store_item(self, name: str, index: int, value: Any) -> None:
        """One place of a list setting."""
        new = list(self._ram[name])
        new[index] = value
        self.store(name, new)

    def erase(self) -> None:
        """Factory settings in flash (AT+RESTORE); RAM follows with the next boot."""
        self._flash.erase(_SPACE)
