# modem.wifi: names and other settings of the station. Loaded for a call.
from .ask import numbers, switch
from .quote import check, keep, mode, query, tell, unkeep, unquote


async def reconnect(m, interval_s=None, count=0, at_once=False):
    """How the module joins again by itself after a loss (AT+CWRECONNCFG, guide 3.2.6): every
    interval_s (0 never, ..7200), count times (0 endless, ..1000). at_once: begin now, if it is not
    joined; NotImplementedError with firmware before 5.0. Without arguments: what is set."""
    if interval_s is None:
        every, times = await numbers(m, b"AT+CWRECONNCFG?")
        return every, times
    check("interval_s", interval_s, 0, 7200)
    check("count", count, 0, 1000)
    if at_once:
        if m.state != 2:
            await m.brief("start", "up")
        if (0, 0) < m.profile.version < (5, 0):
            version = m.profile.version
            raise NotImplementedError("AT %d.%d has no AT+CWRECONNCFG reconnect_now" % version)
    await keep(m, b"AT+CWRECONNCFG", interval_s, count, *([1] if at_once else []))


async def autoconnect(m, on=None):
    """Does the module join by itself when it starts? Setting it writes to its flash (AT+CWAUTOCONN,
    guide 3.2.15)."""
    if on is None:
        return bool((await numbers(m, b"AT+CWAUTOCONN?"))[0])
    await tell(m, b"AT+CWAUTOCONN", bool(on))


async def protocol(m, bits=None):
    """The 802.11 variants that the station speaks: b 1, g 2, n 4 (AT+CWSTAPROTO, guide 3.2.17)."""
    return await switch(m, b"AT+CWSTAPROTO", bits, 1, 7, True)


async def country(m, code=None, first=1, count=13, fixed=False):
    """The country's channels (AT+CWCOUNTRY, guide 3.2.27): code of 1..3 characters, first channel
    1..14, how many; fixed: also when the access point says otherwise. Without arguments: (code,
    first, count, fixed) as set."""
    if code is None:
        f = (await query(m, b"AT+CWCOUNTRY?"))[0].split(b",")
        return unquote(f[1]).decode(), int(f[2]), int(f[3]), f[0] == b"1"
    check("code: characters", len(code), 1, 3)
    check("first", first, 1, 14)
    check("count", count, 1, 15 - first)
    await keep(m, b"AT+CWCOUNTRY", bool(fixed), code, first, count)


async def active(m, on=None):
    """Switch the station on or off; the access point stays as it is (AT+CWMODE, guide 3.2.3).
    Without an argument: is it on?"""
    if on is None:
        return bool((await numbers(m, b"AT+CWMODE?"))[0] & 1)
    if not on:
        unkeep(m, b"AT+CWJAP")
    await mode(m, 1 if on else 0, 0 if on else 1)


async def init(m, on=None):
    """False: the module gives up its Wi-Fi driver, and has more memory for other things; True: it
    has one again (AT+CWINIT, guide 3.2.2). Without an argument: has it one?"""
    if on is None:
        return bool((await numbers(m, b"AT+CWINIT?"))[0])
    await keep(m, b"AT+CWINIT", bool(on))
