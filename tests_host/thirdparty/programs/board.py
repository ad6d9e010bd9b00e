# What every program here begins with: a modem on the simulated module, joined, with the time set,
# in the place of the interpreter's own network. Owns nothing of the libraries.
# Its arguments are one JSON object in the environment (an argument of the interpreter's own holds
# 255 bytes): "face" ("blocking" or "aio") and what the program needs.
import json
import os

from machine import UART, Pin

NOW = 1780272000  # June 2026
arguments = json.loads(os.getenv("ARGUMENTS"))


def uart():
    return UART(1, 115200, tx=Pin(4), rx=Pin(5), rxbuf=4096)


def install(**options):
    import espat
    from espat import dropin

    modem = espat.Modem(uart())
    modem.wifi.connect("espat-lab", "espat-pass")
    modem.command("AT+SYSTIMESTAMP", NOW)
    dropin.install(modem, **options)
    return modem


async def install_aio():
    from espat import aio, dropin

    modem = aio.Modem(uart())
    await modem.wifi.connect("espat-lab", "espat-pass")
    await modem.command("AT+SYSTIMESTAMP", NOW)
    dropin.install(modem)
    return modem


def pattern(n):
    data = bytearray(n)
    for i in range(n):
        data[i] = (i * 7 + (i >> 8)) & 255
    return bytes(data)
