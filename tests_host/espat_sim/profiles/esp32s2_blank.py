# ESP32-S2 with an empty flash, as a module comes that nobody has put AT firmware on: its ROM finds
# no program, says so, and starts again. Data only.
from __future__ import annotations

import dataclasses

from . import esp32s2_3_4

PROFILE = dataclasses.replace(
    esp32s2_3_4.PROFILE,
    name="esp32s2-blank",
    gmr=(),
    command_files=(),
    without=frozenset(),
    at_firmware=False,
    reboots_us=1_000_000,
    boot_log_baud=115_200,
    boot_log=(
        b"ESP-ROM:esp32s2-rc4-20191025\r\nBuild:Oct 25 2019\r\n"
        b"rst:0x10 (RTCWDT_RTC_RST),boot:0x8 (SPI_FAST_FLASH_BOOT)\r\n"
        + b"invalid header: 0xffffffff\r\n"
        * 8
    ),
)
