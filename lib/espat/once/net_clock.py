# modem.net: the module's clock, and the board's. Owns how the module writes a time.
from ..compat import const
from .ask import switch
from .quote import query

_ETIMEDOUT = const(110)
_UNSET = const(2000)  # before the first answer of a server it is 1970
_LENGTH = const(24)  # "Tue Oct 19 17:47:56 2021"
_DAYS = "MonTueWedThuFriSatSun"
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"


async def localtime(m):
    """The module's time in its zone, as time.localtime() gives it: (year, month, day, hour,
    minute, second, weekday, day of the year) (AT+CIPSNTPTIME, guide 3.3.21). 1970 until a server
    has answered."""
    line = (await query(m, b"AT+CIPSNTPTIME?"))[0]
    if len(line) > _LENGTH:
        from .behind import cut

        line = cut(m, line, _LENGTH)
    return _fields(line)


def _fields(line):
    f = line.decode().split()
    weekday = _DAYS.index(f[0]) // 3
    month = _MONTHS.index(f[1]) // 3 + 1
    day = int(f[2])
    hour, minute, second = [int(x) for x in f[3].split(":")]
    year = int(f[4])
    if not 0 < day < 32 or hour > 23 or minute > 59 or second > 60:
        raise ValueError
    n = day + 30 * month - 30 + (month + month // 9) // 2 - 2 * (month > 2)
    if month > 2 and not year % 4 and (year % 100 or not year % 400):
        n += 1
    return year, month, day, hour, minute, second, weekday, n


async def timestamp(m, seconds=None):
    """Seconds since 1970, UTC (AT+SYSTIMESTAMP, guide 3.1.23): the module's, or set it until a
    time server says another."""
    return await switch(m, b"AT+SYSTIMESTAMP", seconds, 0, 0xFFFFFFFF)


async def sntp_interval(m, interval_s=None):
    """How often the servers are asked, 15..4294967 s (AT+CIPSNTPINTV, guide 3.3.22)."""
    return await switch(m, b"AT+CIPSNTPINTV", interval_s, 15, 4294967, True)


async def set_rtc(m):
    """Set the board's own clock (machine.RTC, CircuitPython's rtc.RTC) to localtime(), which is
    returned. OSError(ETIMEDOUT) while the module does not know the time."""
    t = await localtime(m)
    if t[0] < _UNSET:
        raise OSError(_ETIMEDOUT, "no time server has answered yet")
    try:
        from machine import RTC

        RTC().datetime(t[:3] + (t[6],) + t[3:6] + (0,))
    except ImportError:
        import time

        from rtc import RTC

        RTC().datetime = time.struct_time(t + (-1,))
    return t
