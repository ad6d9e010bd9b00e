# ESP32-S2 with what came after v3.4: more arguments, AT+CIPSTATUS is gone.
# Data only.
from __future__ import annotations

import dataclasses

from . import esp32s2_guide

_GUIDE = esp32s2_guide.PROFILE

PROFILE = dataclasses.replace(
    _GUIDE,
    name="esp32s2-5.0",
    gmr=(
        "AT version:5.0.0.0(a107039 - ESP32S2 - Jul  1 2026 03:20:07)",
        "SDK version:v5.4.1",
        "compile time(a1070390):Jul  1 2026 11:21:13",
        "Bin version:v5.0.0.0(MINI)",
    ),
    command_files=(*_GUIDE.command_files, "commands_later"),
    without=_GUIDE.without | {"AT+CIPSTATUS", "AT+CIPRECVMODE"},
    key_max=64,
    ws_tls=True,
)
