# ESP8266 with AT 0.21 of January 2015: before there was a _CUR and a _DEF; what is set is kept.
# Data only. Which commands: the version history of Espressif's instruction set, which names what
# came with 0.22 (_CUR and _DEF, SmartConfig, the saved link).
from __future__ import annotations

import dataclasses

from . import esp8266_0_30

_OLD = esp8266_0_30.PROFILE
_TWICE = "CWMODE CWJAP CWSAP CWDHCP CIPSTAMAC CIPAPMAC CIPSTA CIPAP UART"

PROFILE = dataclasses.replace(
    _OLD,
    name="esp8266-0.21",
    gmr=("AT version:0.21.0.0", "SDK version:0.9.5"),
    without=frozenset(
        [f"AT+{name}{end}" for name in _TWICE.split() for end in ("_CUR", "_DEF")]
        + ["AT+CWSTARTSMART", "AT+CWSTOPSMART", "AT+SAVETRANSLINK"]
    ),
)
