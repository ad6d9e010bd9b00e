# ESP8266 with ESP-AT v2.2: the new command set on the old chip.
# Data only.
from __future__ import annotations

import dataclasses

from . import esp32s2_3_4, esp8266_0_30

_NEW, _OLD = esp32s2_3_4.PROFILE, esp8266_0_30.PROFILE

PROFILE = dataclasses.replace(
    _NEW,
    name="esp8266-2.2",
    gmr=(
        "AT version:2.2.0.0(b097cdf - ESP8266 - Jun 17 2021 12:57:45)",
        "SDK version:v3.4-22-g967752e2",
        "compile time(6800286):Aug  4 2021 17:20:05",
        "Bin version:2.2.0(ESP8266_1MB)",
    ),
    command_files=(*_NEW.command_files, "commands_recv_mode"),
    without=_NEW.without
    | {
        "AT+CIPRECVTYPE",
        "AT+CIPSENDL",
        "AT+CIPSENDLCFG",
        "AT+CIPFWVER",
        "AT+CIPSNTPINTV",
        "AT+CIPV6",
        "AT+CWINIT",
        "AT+HTTPCHEAD",
        "AT+HTTPCPUT",
        "AT+HTTPGETSIZE",
        "AT+HTTPURLCFG",
        "AT+MQTTSNI",
        "AT+SYSMFG",
        "AT+SYSMSGFILTER",
        "AT+SYSMSGFILTERCFG",
        "AT+SYSREG",
        "AT+TRANSINTVL",
        "AT+USERDOCS",
        "AT+WSCFG",
        "AT+WSCLOSE",
        "AT+WSHEAD",
        "AT+WSOPEN",
        "AT+WSSEND",
    },
    send_max=2048,
    tls_server=False,
    ipd_max=1460,
    free_ram=_OLD.free_ram,
    min_ram=_OLD.min_ram,
    boot_log=_OLD.boot_log,
    chip="esp8266",
    draw_ua=_OLD.draw_ua,
)
