# ESP32-S2 with the firmware that the guide describes: newer than the released v3.4.0.0.
# Data only.
from __future__ import annotations

import dataclasses

from . import esp32s2_3_4

PROFILE = dataclasses.replace(
    esp32s2_3_4.PROFILE,
    name="esp32s2-guide",
    gmr=(
        "AT version:3.4.1.0-dev(760e656 - ESP32S2 - Nov 20 2024 03:20:07)",
        "SDK version:v5.0.6-dirty",
        "compile time(760e6568):Nov 20 2024 11:21:13",
        "Bin version:v3.4.1.0-dev(MINI)",
    ),
    cipstart_timeout=True,
    mdns_txt=True,
)
