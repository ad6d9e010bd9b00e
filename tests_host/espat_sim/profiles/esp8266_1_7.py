# ESP8266 with AT 1.7 of 2018: the last of the first command set's line.
# Data only. Which commands: the comparison of the two command sets in the guide of ESP-AT 2.2.
from __future__ import annotations

import dataclasses

from .. import factory_pki
from . import esp8266_0_30

_OLD = esp8266_0_30.PROFILE

PROFILE = dataclasses.replace(
    _OLD,
    name="esp8266-1.7",
    gmr=(
        "AT version:1.7.0.0(Aug 16 2018 00:57:04)",
        "SDK version:3.0.0(d49923c)",
        "compile time:Aug 23 2018 16:58:12",
    ),
    command_files=(*_OLD.command_files, "commands_recv_mode", "commands_old_later"),
    defaults={**_OLD.defaults, "lapopt": [0x7F, -100, 0xFFFF]},
    link_kinds=("TCP", "UDP", "SSL"),
    already_connected="ALREADY CONNECTED",
    already_connected_ends=False,
    prompt_ok=True,
    recv_data=b"+CIPRECVDATA,%d:%s%s",
    smart_words=True,
    factory=factory_pki.slots(),
)
