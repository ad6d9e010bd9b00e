# What a chip says that does not answer AT: boot logs, other firmwares, noise. Owns the signs and
# what they mean; reads no wire.
from __future__ import annotations

import re
from typing import NamedTuple, Optional

FLASH = (
    "Put AT firmware on it: Espressif's binaries for the module "
    "(docs.espressif.com/projects/esp-at, AT Binary Lists), "
    "esptool --port {port} write_flash 0x0 factory.bin"
)
LOG_PORT = (
    "AT commands have a UART of their own: on an ESP32-S2 TX is GPIO17 and RX is GPIO21, on an "
    "ESP32-C3 GPIO7 and GPIO6. Wire that one; GPIO43/44 (or 21/20), and the USB socket of a "
    "board, are the log's."
)


class Sign(NamedTuple):
    pattern: bytes
    what: str
    advice: str


# The first one that is found says most.
SIGNS = (
    Sign(
        rb"waiting for download|DOWNLOAD_BOOT|DOWNLOAD\(|boot mode: ?\([01],",
        "the chip waits for new firmware (download mode)",
        "GPIO0 is low at reset: let it go (ESP32-C3: GPIO9), then reset the module.",
    ),
    Sign(
        rb"Brownout detector was triggered",
        "the chip's supply breaks down (brown-out)",
        "A supply of 500 mA at 3.3 V, short wires, 10 uF or more at the module.",
    ),
    Sign(
        rb"invalid header: 0xffffffff|flash read err, (?:1000|ffff)|load 0xffffffff",
        "the chip starts, but its flash is empty: no AT firmware",
        FLASH,
    ),
    Sign(
        rb"invalid header|csum err|flash read err|No bootable app|image at 0x\w+ has invalid",
        "the chip starts, but what is in its flash is no whole firmware",
        "Flashed at a wrong address, for another chip, or not to the end. " + FLASH,
    ),
    Sign(
        rb"Guru Meditation Error|Fatal exception \(|epc1=0x|abort\(\) was called",
        "the chip's firmware crashes again and again",
        "Flash it anew, at its addresses, for this chip. " + FLASH,
    ),
    Sign(
        rb"(?:MicroPython|CircuitPython) v?[0-9]|(?:^|\n)>>> |Type \"help\(\)\"",
        "MicroPython or CircuitPython answers: no AT firmware",
        "Is this the port of the board instead of the module's? Else: " + FLASH,
    ),
    Sign(
        rb"nodemcu|NodeMCU|Tasmota|ESPHome|\[D\]\[|WLED|Arduino",
        "another firmware runs on the chip: no AT firmware",
        FLASH,
    ),
    Sign(
        rb"module_name:|max tx power=|at-init|esp_at|at_port|AT cmd port",
        "this is the log of a chip with AT firmware, not the port for its commands",
        LOG_PORT,
    ),
)
# A chip that starts, and no more is known.
BOOT = re.compile(
    rb"ESP-ROM:|ets [A-Z][a-z]{2} +\d|rst:0x[0-9a-f]+ \(|rst cause:|"
    rb"boot: ESP-IDF|SPI_FAST_FLASH_BOOT|configsip:|load:0x[0-9a-f]{8}"
)
_RESET = re.compile(rb"rst:0x([0-9a-f]+) ?\((\w+)\)|rst cause: ?(\d+)")
CHIP = re.compile(rb"ESP-ROM:(esp32\w*?)-|boot: ESP-IDF .*?(ESP32\S*)", re.I)


class Finding(NamedTuple):
    what: str
    advice: str
    line: str  # the line that shows it


def printable(data: bytes) -> float:
    """Which part of it is text, 0 to 1."""
    if not data:
        return 0.0
    good = sum(32 <= x < 127 or x in (9, 10, 13) for x in data)
    return good / len(data)


def line_at(data: bytes, i: int) -> str:
    start = data.rfind(b"\n", 0, i) + 1
    end = data.find(b"\n", i)
    text = data[start : end if end >= 0 else len(data)]
    return text.strip().decode("latin-1", "replace")[:78]


def explain(data: bytes, port: str = "PORT") -> Optional[Finding]:
    """What these bytes of a chip without answers to AT say; None if nothing that is known."""
    for sign in SIGNS:
        match = re.search(sign.pattern, data)
        if match:
            return Finding(
                sign.what, sign.advice.replace("{port}", port), line_at(data, match.start())
            )
    match = BOOT.search(data)
    if match:
        return Finding(
            "the chip starts (this is its boot log), but nothing in it answers AT",
            "No AT firmware, or this is its log port. " + FLASH.format(port=port) + ". " + LOG_PORT,
            line_at(data, match.start()),
        )
    return None


def resets(data: bytes) -> int:
    """How often the chip has started in this log."""
    return len(_RESET.findall(data))
