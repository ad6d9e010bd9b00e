# modem.system: single settings of the module. Each call sets, or, without a value, asks.
from .ask import switch
from .quote import check


async def store(m, on=None):
    """Whether the module keeps what is set from now on in its flash (AT+SYSSTORE, guide 3.1.26).
    The driver switches it off whenever it sets the module up."""
    return await switch(m, b"AT+SYSSTORE", on)


async def messages(m, mask=None):
    """What the module says by itself (AT+SYSMSG, guide 3.1.15): bit 0 +QUITT at the end of
    passthrough, bit 2 state messages during it. Bit 1, the shape of CONNECT, is the driver's:
    ValueError."""
    if mask is None:
        return await switch(m, b"AT+SYSMSG", None) & 5
    check("mask", mask, 0, 5)
    if mask & 2:
        raise ValueError("mask: bit 1 is the driver's")
    await m.at(b"AT+SYSMSG=%d\r\n" % (mask | 2 * bool(m.server)))


async def filtering(m, on=None):
    """Whether the filters are in force (AT+SYSMSGFILTER, guide 3.1.16). They see all that the
    module says: one that hides OK makes every command time out."""
    return await switch(m, b"AT+SYSMSGFILTER", on)


async def error_codes(m, on=None):
    """Whether the module gives a reason with ERROR (AT+SYSLOG, guide 3.1.24); the driver wants it
    for ATError.code."""
    return await switch(m, b"AT+SYSLOG", on)


async def rf_power(m, quarter_dbm=None):
    """The radio's power in steps of 0.25 dBm, 40..84 (AT+RFPOWER, guide 3.1.20). Above 78 the
    module takes 78. Wi-Fi must be on."""
    return await switch(m, b"AT+RFPOWER", quarter_dbm, 40, 84, True)


async def sleep(m, mode=None):
    """How the module saves power (AT+SLEEP, guide 3.1.13): 0 not at all, 1 modem-sleep by DTIM,
    2 light-sleep, 3 modem-sleep by listen interval. The command alone: in light-sleep the module
    does not hear the driver."""
    return await switch(m, b"AT+SLEEP", mode, 0, 3, True)
