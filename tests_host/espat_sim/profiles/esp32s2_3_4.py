# ESP32-S2, ESP-AT v3.4.0.0 as released: older than the guide it is recommended by.
# Data only.
from __future__ import annotations

from .. import factory_pki
from . import Profile

# Types of manufacturing NVS: 1 u8, 2 i8, 3 u16, 4 i16, 5 u32, 6 i32, 7 string, 8 binary.
_FACTORY = {
    "factory_param": {
        "version": (2, 4),
        "module_name": (7, b"MINI"),
        "max_tx_power": (2, 78),
        "country_code": (7, b"CN"),
        "start_channel": (1, 1),
        "channel_num": (1, 13),
        "uart_port": (2, 1),
        "uart_baudrate": (6, 115200),
        "uart_tx_pin": (6, 17),
        "uart_rx_pin": (6, 21),
        "uart_cts_pin": (6, 20),
        "uart_rts_pin": (6, 19),
        "sys_store": (1, 1),
    },
}

PROFILE = Profile(
    name="esp32s2-3.4",
    gmr=(
        "AT version:3.4.0.0(s-ca45add - ESP32S2 - May  9 2024 08:00:07)",
        "SDK version:v5.0.6-dirty",
        "compile time(877c7e69):Jun  7 2024 10:01:24",
        "Bin version:v3.4.0.0(MINI)",
    ),
    command_files=(
        "commands_basic",
        "commands_system",
        "commands_uart",
        "commands_store",
        "commands_wifi",
        "commands_scan",
        "commands_station",
        "commands_softap",
        "commands_tcp",
        "commands_link",
        "commands_send",
        "commands_recv",
        "commands_server",
        "commands_ssl",
        "commands_time",
        "commands_ota",
        "commands_mdns",
        "commands_provision",
        "commands_signaling",
        "commands_fs",
        "commands_driver",
        "commands_bus",
        "commands_user",
        "commands_mqtt",
        "commands_http",
        "commands_ws",
    ),
    # What only a firmware of one's own has.
    without=frozenset(
        {
            "AT+CWJEAP",
            "AT+WEBSERVER",
            "AT+FS",
            "AT+FSMOUNT",
            "AT+DRVADC",
            "AT+DRVPWMINIT",
            "AT+DRVPWMDUTY",
            "AT+DRVPWMFADE",
            "AT+DRVI2CINIT",
            "AT+DRVI2CRD",
            "AT+DRVI2CWRDATA",
            "AT+DRVI2CWRBYTES",
            "AT+DRVSPICONFGPIO",
            "AT+DRVSPIINIT",
            "AT+DRVSPIRD",
            "AT+DRVSPIWR",
            "AT+WSCFG",
            "AT+WSHEAD",
            "AT+WSOPEN",
            "AT+WSSEND",
            "AT+WSCLOSE",
        }
    ),
    boot_log=(
        b"ESP-ROM:esp32s2-rc4-20191025\r\nBuild:Oct 25 2019\r\n"
        b"rst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)\r\n"
        b"SPIWP:0xee\r\nmode:DIO, clock div:1\r\nload:0x3ffe6108,len:0x17ac\r\n"
        b"entry 0x4004c1b0\r\n"
    ),
    factory={**_FACTORY, **factory_pki.slots()},
    partitions={"mfg_nvs": (1, 2, 0x21000, 0x1C000), "fatfs": (1, 129, 0x70000, 0x90000)},
)
