# modem.watchdog() and modem.stats(): is the module there, is the network; if not, the next stronger
# means. Loaded for the call. Keeps on the modem what it must remember until the next one.
from ..compat import const, ticks_add, ticks_diff, ticks_ms

_LEAST_MS = const(1000)
_MOST_MS = const(20000)
_LOOK_MS = const(35000)  # after so long, the next stronger means is for the next call


async def look(m):
    """Look after the module: call it after an error, or every minute. Asks it (AT); where no answer
    comes, resynchronises, then AT+RST, then the reset pin, then its power (pins of Modem()); where
    the network is gone that wifi.connect() had joined, joins it again, at most once in 1, 2, 4 ...
    20 s. Returns "ok", "restarted", "joined" or "offline". Raises OSError(ENODEV) if nothing helps,
    or if it takes too long; then it goes on with the next call."""
    boots = m.boots
    word = "ok"
    m.watched = c = getattr(m, "watched", None) or [0, 0, 0, 0, False]
    c[0] += 1
    end = ticks_add(ticks_ms(), _LOOK_MS)
    try:
        if not c[4]:
            await m.at(b"AT\r\n", 3000)
    except OSError:
        c[4] = True
        if ticks_diff(end, ticks_ms()) <= 0:
            raise
    if c[4]:
        c[4] = False
        word = "restarted"
        c[1] += 1
        if await m.at(b"AT+RST\r\n", 1000, force=True) == 0:
            await m.idle(2000)
        m.state = 0
        await m.brief("start", "up")
    if m.boots != boots:
        word = "restarted"
    if m.server:
        await m.brief("serve", "strays")
    join = [x for x in m.kept if x.__class__ is not int and x[:6] == b"AT+CWJ"]
    if not join:
        return word
    await m.brief("wifi_more", "status")
    if m.wifi_state == 2:
        m.retry = None
        return word
    retry = getattr(m, "retry", None)
    # (Further off than we ever set it: it lies behind, by more than half of the clock's period.)
    wait = retry and 0 < ticks_diff(retry[0], ticks_ms()) <= _MOST_MS
    if wait or ticks_diff(end, ticks_ms()) <= 0:
        return "offline"
    await m.brief("kept", "again")
    if m.wifi_state == 2:
        c[2] += 1
        m.retry = None
        return "joined"
    c[3] += 1
    ms = min(retry[1] * 2, _MOST_MS) if retry else _LEAST_MS
    m.retry = ticks_add(ticks_ms(), ms), ms
    return "offline"


async def figures(m):
    """Counters since the start, as a dictionary: commands given, reboots of the module; and of
    watchdog(): looks, restarts, joins, joins that failed."""
    c = getattr(m, "watched", None) or (0, 0, 0, 0, 0)
    names = "commands", "reboots", "looks", "restarts", "joins", "failed"
    values = (m.asked, m.boots) + tuple(c)
    return {names[i]: values[i] for i in range(6)}
