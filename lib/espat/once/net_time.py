# modem.net: time servers. Owns the two notations of a time zone.
from ..compat import const, ticks_add, ticks_diff, ticks_ms
from .fields import words
from .quote import check, keep, query, unkeep

_ETIMEDOUT = const(110)


async def sntp(m, zone=None, *servers, wait_s=0):
    """Have the module ask time servers from now on (AT+CIPSNTPCFG, guide 3.3.20).

    zone: hours -12..14; or hours and minutes as a number, 530 or -500; or as text, "+05:30",
    "-0500". servers: up to three names; none: the module's own choice. wait_s: wait so long for
    the first answer (+TIME_UPDATED), then OSError(ETIMEDOUT). modem.on("+TIME_UPDATED", ...) tells
    of it, too. sntp() gives (on, hours of the zone, [servers])."""
    if zone is None:
        f = (await query(m, b"AT+CIPSNTPCFG?"))[0].split(b",")
        return f[0] == b"1", int(f[1]), words(f[2:])
    zone = offset(zone)
    check("servers", len(servers), 0, 3)
    for name in servers:
        check("server: bytes", len(name.encode()), 1, 64)
    check("wait_s", wait_s, 0, 1 << 20)
    seen = []
    hooks = m.engine.hooks
    others = [f for prefix, f in hooks if prefix == b"+TIME_UPDATED"]

    def updated(line):
        seen.append(line)
        for f in others:
            f(line)

    hook = (b"+TIME_UPDATED", updated)
    hooks.insert(0, hook)
    try:
        await keep(m, b"AT+CIPSNTPCFG", 1, zone, *servers)
        end = ticks_add(ticks_ms(), wait_s * 1000)
        while wait_s and not seen:
            ms = ticks_diff(end, ticks_ms())
            if ms <= 0:
                raise OSError(_ETIMEDOUT, "no time server has answered")
            await m.idle(ms)
    finally:
        hooks.remove(hook)


async def sntp_stop(m):
    """Ask time servers no more."""
    cmd = b"AT+CIPSNTPCFG=0,0\r\n"
    await m.at(cmd)
    unkeep(m, cmd)


def offset(zone):
    # As the module wants it: -12..14 are hours, all else is [hh]mm.
    if isinstance(zone, str):
        text = zone.replace(":", "")
        digits = text[1:] if text[:1] in ("+", "-") else text
        if not digits.isdigit() or len(digits) > 4:
            raise ValueError("zone: +hh:mm")
        value = int(digits)
        if len(digits) > 2 and 0 < value < 15:
            raise ValueError("zone: the module would take these minutes for hours")
        zone = -value if text[0] == "-" else value
    if not -13 < zone < 15:
        n = abs(zone)
        if n % 100 > 59 or n > (1200 if zone < 0 else 1400):
            raise ValueError("zone: -12:00..+14:00")
    return zone
