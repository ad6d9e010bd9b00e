# What the module has, by name: commands, and the arguments and limits in which firmwares differ.
# Owns these names; asked from outside (the control channel), never by the module itself.
from __future__ import annotations

from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from .module import Module


def _later(m: Module) -> bool:
    return "commands_later" in m.profile.command_files


# Named as in the table of firmwares.
BEYOND_COMMANDS: dict[str, Callable[[Module], bool]] = {
    "TLS": lambda m: "SSL" in m.profile.link_kinds,
    "AT+CIPSTART timeout": lambda m: m.profile.cipstart_timeout,
    "AT+CIPDOMAIN timeout": lambda m: m.profile.cipstart_timeout,
    "AT+MDNS instance": lambda m: m.profile.mdns_txt,
    "AT+CIPRECVTYPE per link": lambda m: m.commands.find("AT+CIPRECVTYPE") is not None,
    "AT+CIPSEND 8192": lambda m: m.profile.send_max >= 8192,
    "AT+CIPSERVER SSL": lambda m: m.profile.tls_server,
    "AT+CIPRECVTYPE data_len_report_mode": _later,
    "AT+CIPRECVDATA keep_datagram_integrity": _later,
    "AT+CIPSERVER netif": _later,
    "AT+MQTTCONN timeout": _later,
    "AT+CIPDOMAIN show_all_ip": _later,
    "AT+CWRECONNCFG reconnect_now": _later,
}


def has(m: Module, name: str) -> bool:
    """name: a command ("AT+PING"), or one of BEYOND_COMMANDS; KeyError for another one."""
    if " " in name or name in BEYOND_COMMANDS:
        return BEYOND_COMMANDS[name](m)
    return m.commands.find(name) is not None
