# What the module has, by name: commands, and the arguments and limits in which firmwares differ.
# Owns these names; asked from outside (the control channel), never by the module itself.
from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from .profiles import Profile

if TYPE_CHECKING:
    from .module import Module


def _later(p: Profile) -> bool:
    return "commands_later" in p.command_files


# Named as in the table of firmwares.
BEYOND_COMMANDS: dict[str, Callable[[Profile], bool]] = {
    "TLS": lambda p: "commands_ssl" in p.command_files or "SSL" in p.link_kinds,
    "AT+CIPSTART timeout": lambda p: p.cipstart_timeout,
    "AT+CIPDOMAIN timeout": lambda p: p.cipstart_timeout,
    "AT+MDNS instance": lambda p: p.mdns_txt,
    "AT+CIPRECVTYPE per link": lambda p: (
        "commands_recv" in p.command_files and "AT+CIPRECVTYPE" not in p.without
    ),
    "AT+CIPSEND 8192": lambda p: p.send_max >= 8192,
    "AT+CIPSERVER SSL": lambda p: p.tls_server,
    "AT+CIPRECVTYPE data_len_report_mode": _later,
    "AT+CIPRECVDATA keep_datagram_integrity": _later,
    "AT+CIPSERVER netif": _later,
    "AT+MQTTCONN timeout": _later,
    "AT+CIPDOMAIN show_all_ip": _later,
    "AT+CWRECONNCFG reconnect_now": _later,
}

# What all firmware with ESP-AT's commands has, and what the first command set has not.
OF_ESP_AT = (
    "ESP-AT's words",
    "AT+CIPAP of every class",
    "max_conn in AT+CWSAP",
    "timeout_s in AT+CWJAP",
    "scan_all in AT+CWJAP",
    "time zone with minutes",
    "passthrough of a server",
    "choice whether clients outlive the server",
)
# What else differs, and no command shows it by being refused.
WORDS: dict[str, Callable[[Profile], bool]] = {
    "setting that is not kept in flash": lambda p: "AT+CWMODE_CUR" not in p.without,
    "key from a phone": lambda p: p.smart_words,
    "gateway in AT+CIPSTA": lambda p: (
        "commands_old" not in p.command_files or "commands_old_later" in p.command_files
    ),
}


def has(m: Module, name: str) -> bool:
    """name: a command ("AT+PING"), or one of the above; KeyError for others."""
    if name in OF_ESP_AT:
        return "commands_basic" in m.profile.command_files
    if name in WORDS:
        return WORDS[name](m.profile)
    if " " in name or name in BEYOND_COMMANDS:
        return BEYOND_COMMANDS[name](m.profile)
    return m.commands.find(name) is not None
