# ESP32-S2 with the first ESP-AT for it, v2.1: receive mode for all links at once, smaller sends.
# Data only.
from __future__ import annotations

import dataclasses

from . import esp32s2_3_4, esp8266_2_2

_NEW = esp32s2_3_4.PROFILE

PROFILE = dataclasses.replace(
    _NEW,
    name="esp32s2-2.x",
    gmr=(
        "AT version:2.1.0.0(883f7f2 - Jul 24 2020 11:50:07)",
        "SDK version:v4.2-dev-2084-g98d5b5dfd",
        "compile time(0ad6331):Jul 28 2020 02:47:21",
        "Bin version:2.1.0(WROVER)",
    ),
    command_files=(*_NEW.command_files, "commands_recv_mode"),
    # The chip's sleep came later, and so did the first commands that tell a state as a whole.
    without=esp8266_2_2.PROFILE.without
    | {
        "AT+CIPSSLCPSKHEX",
        "AT+CIPSTATE",
        "AT+CMD",
        "AT+CWSTATE",
        "AT+SLEEP",
        "AT+SLEEPWKCFG",
    },
    send_max=2048,
)
