# What distinguishes one firmware from another, as data: texts, commands, limits, times.
# Owns the Profile type and finding one by name. Each firmware is one file beside this one.
from __future__ import annotations

import importlib
import pkgutil
import re
from dataclasses import dataclass, field
from typing import Any, Mapping


@dataclass(frozen=True)
class Profile:
    name: str
    gmr: tuple[str, ...]
    command_files: tuple[str, ...]
    without: frozenset[str] = frozenset()
    defaults: Mapping[str, Any] = field(default_factory=dict)  # of settings, where they differ

    # Limits
    line_limit: int = 256  # bytes of a command line, CR LF included
    links: int = 5
    send_max: int = 8192
    ipd_max: int = 2920
    window: int = 5760  # receive buffer of a link
    udp_max: int = 1460  # longer datagrams would need their fragments put together
    udp_queue: int = 6  # datagrams that wait for one link
    passthrough_block: int = 2920
    mqtt_buffer: int = 1024  # of a packet that comes; longer messages come in several records
    key_max: int = 63
    free_ram: int = 148408
    min_ram: int = 84044

    # A chip without AT firmware says its boot log and nothing else; again after reboots_us.
    at_firmware: bool = True
    reboots_us: int = 0

    # Wording
    echo_line_end: bytes = b"\r\n"
    already_connected: str = ""  # text on the AT port when the link is in use, if any
    already_connected_ends: bool = False  # ... instead of ERROR, not before it
    link_kinds: tuple[str, ...] = ("TCP", "UDP")  # of AT 0.30 and its successors
    prompt: bytes = b"\r\n>"
    prompt_ok: bool = True  # OK comes before it
    busy_sending: str = "busy p..."  # a command between the last raw byte and SEND OK
    send_ok_confirmed: bool = False  # SEND OK waits for the peer's confirmation
    send_cancel: bool = True  # +++ ends CIPSEND
    forced_restart: bool = True  # AT+RST is heard while a command runs
    link_invalid: str = ""  # text on the AT port before ERROR, if any
    join_failed: str = "ERROR"  # what ends a failed join
    ipd_peer: bytes = b',"%s",%d'
    recv_data: bytes = b"+CIPRECVDATA:%d,%s%s"  # length, sender, data
    smart_words: bool = True  # SmartConfig tells type, name and key
    ota_image: str = "ota"
    cipstart_timeout: bool = False  # <timeout> of CIPSTART and CIPDOMAIN: newer firmware
    tls_server: bool = True
    ws_tls: bool = False  # arguments of WSCFG after the buffer: newer firmware
    captive_portal: bool = False  # of the web server: a choice when the firmware is built
    mdns_txt: bool = False  # arguments of MDNS after the port: newer firmware

    # Times, in microseconds
    latency_us: int = 1_000  # end of a command line to its first answer byte
    raw_latency_us: int = 200  # last raw byte to "Recv <n> bytes"
    boot_us: int = 350_000  # reset to "ready"
    reset_low_us: int = 1_000  # how long EN must be low
    scan_channel_us: int = 120_000
    passive_channel_us: int = 360_000
    auth_us: int = 250_000
    wrong_key_us: int = 3_000_000  # the handshake is tried several times
    dhcp_us: int = 700_000
    beacon_loss_us: int = 6_000_000  # an AP that went silent is given up
    connect_limit_us: int = 20_000_000
    tls_us: int = 400_000  # what the cryptography of a handshake takes
    tls_packet_limit_us: int = 10_000_000  # silence in a handshake
    sntp_us: int = 300_000  # a time server's answer
    mqtt_limit_us: int = 10_000_000  # what MQTT commands wait for the broker
    ws_reconnect_us: int = 10_000_000
    ws_close_us: int = 1_000_000  # what is waited for the server's end of the connection
    mqtt_reconnect_us: int = 10_000_000
    escape_guard_us: int = 20_000  # silence around +++

    light_idle_us: int = 20_000  # nothing to do for so long: light sleep
    light_wake_us: int = 3_000  # wake pin to a UART that hears
    radio_linger_us: int = 100_000  # the radio stays on so long after traffic
    beacon_us: int = 3_000  # what listening to a beacon takes

    # Microamperes, from the chip's data sheet at 3.3 V; "cpu" without radio, "send" in the air.
    draw_ua: Mapping[str, int] = field(
        default_factory=lambda: {
            "off": 1,
            "deep": 20,
            "light": 550,
            "cpu": 17_000,
            "modem": 17_000,
            "listen": 63_000,
            "send": 200_000,
        }
    )

    # Hardware
    chip: str = "esp32s2"
    uart_clock_hz: int = 80_000_000
    baud: int = 115_200
    boot_log_baud: int = 74_880
    boot_log: bytes = b""
    rx_fifo: int = 128
    rx_driver: int = 2048
    rx_quantum: int = 100  # the FIFO hands over at this fill, or when the line goes idle
    tx_driver: int = 8192
    channels: int = 13
    factory: Mapping[str, Mapping[str, tuple[int, Any]]] = field(default_factory=dict)
    partitions: Mapping[str, tuple[int, int, int, int]] = field(default_factory=dict)


def names() -> list[str]:
    """All profiles, in the order of their files."""
    files = sorted(info.name for info in pkgutil.iter_modules(__path__))
    return [importlib.import_module(f"{__name__}.{file}").PROFILE.name for file in files]


def load(name: str) -> Profile:
    """The profile called name, e.g. "esp32s2-3.4"."""
    file = re.sub(r"[^0-9a-z]+", "_", name.lower())
    try:
        module = importlib.import_module(f"{__name__}.{file}")
    except ModuleNotFoundError as error:
        raise ValueError(f"no profile {name!r}; there are {', '.join(names())}") from error
    profile = module.PROFILE
    if not isinstance(profile, Profile):
        raise TypeError(f"{name}: PROFILE is not a Profile")
    return profile
