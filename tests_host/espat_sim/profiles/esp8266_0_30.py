# ESP8266 with AT 0.30 of 2015: the first command set, with its _CUR and _DEF.
# Data only.
from __future__ import annotations

from . import Profile

PROFILE = Profile(
    name="esp8266-0.30",
    gmr=(
        "AT version:0.30.0.0(Jul  3 2015 19:35:49)",
        "SDK version:1.2.0",
        "compile time:Jul  7 2015 18:34:26",
    ),
    command_files=(
        "commands_old",
        "commands_old_wifi",
        "commands_old_tcp",
        "commands_old_send",
    ),
    defaults={
        "cwmode": 2,
        "sleep": 1,  # modem sleep, as ESP-AT numbers it
        "reconn": [1, 0],  # it goes on trying
        "lapopt": [0x3F, -100, 0xFFFF],
        "rfpower": 82,
    },
    send_max=2048,
    ipd_max=1460,
    passthrough_block=2048,
    key_max=64,
    free_ram=32_000,
    min_ram=24_000,
    echo_line_end=b"\r\r\n",
    already_connected="ALREADY CONNECT",
    already_connected_ends=True,
    prompt=b"\r\n> ",
    prompt_ok=False,
    busy_sending="busy s...",
    send_ok_confirmed=True,  # it is said by espconn's "sent" callback
    send_cancel=False,
    forced_restart=False,
    link_invalid="link is not valid",
    tls_server=False,
    join_failed="FAIL",
    ipd_peer=b",%s,%d",
    smart_words=False,
    ota_image="user1",
    boot_us=250_000,
    chip="esp8266",
    boot_log=(
        b" ets Jan  8 2013,rst cause:1, boot mode:(3,3)\r\n\r\n"
        b"load 0x40100000, len 26336, room 16\r\ntail 0\r\nchksum 0xde\r\n"
        b"load 0x3ffe8000, len 5672, room 8\r\ntail 0\r\nchksum 0x69\r\n"
        b"load 0x3ffe9630, len 8348, room 8\r\ntail 4\r\nchksum 0xcb\r\ncsum 0xcb\r\n"
    ),
    rx_driver=1024,
    tx_driver=4096,
    draw_ua={
        "off": 1,
        "deep": 20,
        "light": 340,  # 0.9 mA with every third beacon
        "cpu": 15_000,
        "modem": 15_000,
        "listen": 56_000,
        "send": 120_000,
    },
)
