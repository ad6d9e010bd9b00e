# modem.system.supply(): what only the ESP8266's first command set has. Loaded for a call.
from .ask import numbers
from .quote import check


async def supply(m, millivolts=None):
    """The voltage that an ESP8266 with AT 0.30 to 1.7 is supplied with, in mV (AT+RFVDD?); its TOUT
    pin must be open. millivolts: what the radio is to be fitted to, 1900..3300 (AT+RFVDD=); 0: to
    what the module measures (AT+RFVDD). NotImplementedError with other firmware."""
    if millivolts:
        check("millivolts", millivolts, 1900, 3300)
    if m.state != 2:
        await m.brief("start", "up")
    if not m.speak:
        raise NotImplementedError("ESP-AT %d.%d has no AT+RFVDD" % m.profile.version)
    if millivolts is None:
        return ((await numbers(m, b"AT+RFVDD?"))[0] * 1000 + 512) // 1024
    await m.at(b"AT+RFVDD=%d\r\n" % millivolts if millivolts else b"AT+RFVDD\r\n")
