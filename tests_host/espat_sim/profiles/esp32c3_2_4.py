# ESP32-C3 with ESP-AT v2.4: between the first releases and v3.
# Data only.
from __future__ import annotations

import dataclasses

from . import esp32s2_3_4

_NEW = esp32s2_3_4.PROFILE

PROFILE = dataclasses.replace(
    _NEW,
    name="esp32c3-2.4",
    gmr=(
        "AT version:2.4.0.0(s-4c6eb5e - ESP32C3 - May 20 2022 03:12:58)",
        "SDK version:qa-test-v4.3.3-20220423",
        "compile time(5505d87):May 20 2022 11:12:10",
        "Bin version:2.4.0(MINI-1)",
    ),
    command_files=(*_NEW.command_files, "commands_recv_mode"),
    without=_NEW.without
    | {
        "AT+CIPRECVTYPE",
        "AT+CIPFWVER",
        "AT+CWINIT",
        "AT+HTTPCHEAD",
        "AT+HTTPCPUT",
        "AT+MQTTSNI",
        "AT+SYSMFG",
        "AT+TRANSINTVL",
        "AT+USERDOCS",
        "AT+WSCFG",
        "AT+WSCLOSE",
        "AT+WSHEAD",
        "AT+WSOPEN",
        "AT+WSSEND",
    },
    chip="esp32c3",
    # Its data sheet: 84 mA receiving, 20 mA with the CPU alone at 160 MHz, 130 uA in light sleep.
    draw_ua={
        "off": 1,
        "deep": 5,
        "light": 130,
        "cpu": 20_000,
        "modem": 20_000,
        "listen": 84_000,
        "send": 285_000,
    },
)
