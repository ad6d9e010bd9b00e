# Freezes the driver into a MicroPython firmware:
#   make BOARD=... FROZEN_MANIFEST=/path/to/this/manifest.py
# Owns the choice of what is frozen: all of lib/espat.
metadata(description="Driver for ESP-AT Wi-Fi modules over UART", version="0.1.0")  # noqa: F821
package("espat", base_path="lib", opt=3)  # noqa: F821
