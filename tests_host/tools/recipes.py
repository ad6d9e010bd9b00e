"""Owns: docs/recipes.md, made from the examples: what each is for (its first comment) and its text.

python -m tools.recipes           # writes the page; --check compares only
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOC = ROOT / "docs" / "recipes.md"
# The order of the page, with its headings.
RECIPES = {
    "scan": "Which networks are there",
    "http_get": "HTTP GET",
    "http_by_module": "HTTP by the module",
    "https_get": "HTTPS with verification",
    "mqtt_sensor": "MQTT sensor",
    "mqtt_tls": "MQTT over TLS with a client certificate",
    "tcp_client": "TCP client",
    "tcp_server": "TCP server",
    "web_server": "Web server with microdot",
    "udp_time": "UDP: the time by NTP",
    "clock": "The board's clock",
    "websocket": "WebSocket",
    "passthrough_bridge": "Passthrough bridge",
    "low_power_sensor": "Low-power sensor",
    "smartconfig": "SmartConfig",
    "captive_portal": "Access point with captive portal",
    "ota_update": "Firmware update with progress",
    "asyncio_five_sockets": "asyncio with five sockets",
    "circuitpython_requests": "CircuitPython: Adafruit's requests",
    "own_command": "Commands of your own",
    "demo": "All in one",
}
HEAD = """\
# Recipes

Written by `make format` from [examples](../examples); do not edit. Each runs on a board as it
stands, with your values in [settings.py](../examples/settings.py), and in the tests on the
simulated module, where its output is compared (`tests_host/tools/test_examples.py`).
"""


def parted(text: str) -> tuple[str, str]:
    """The first comment as a paragraph, and the rest."""
    lines = text.splitlines()
    n = next(i for i, line in enumerate(lines) if not line.startswith("#"))
    return " ".join(line.lstrip("# ") for line in lines[:n]), "\n".join(lines[n:]).strip()


def page() -> str:
    out = [HEAD]
    for name, title in RECIPES.items():
        what, code = parted((ROOT / "examples" / f"{name}.py").read_text())
        link = f"[{name}.py](../examples/{name}.py)"
        out.append(f"## {title}\n\n{what}\n\n{link}\n\n```python\n{code}\n```\n")
    return "\n".join(out)


def main() -> int:
    text = page()
    if "--check" in sys.argv:
        return 0 if DOC.exists() and DOC.read_text() == text else 1
    DOC.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
