# A module that waits for raw bytes that were lost on the wire, and most of whose commands know no
# escape (esp-at issue 1027); and one whose command does not end. Loaded when that happens.
from ..compat import const, ticks_add, ticks_diff, ticks_ms

_BUSY_MS = const(20000)


async def fill(m, n):
    # As many bytes as that command takes at most; as commands they mean nothing.
    for _ in range(n // 32 + 1):
        await m.brief("start", "send", b"\r\n" * 16)
        await m.idle(0)


async def limit(m, until):
    """How long a module that says "busy p..." is waited for; until: the limit of its command."""
    last = ticks_add(ticks_ms(), _BUSY_MS)
    for s in m.engine.links:
        # Others use it: a connect that was given up may take all its time.
        if s is not None and s.up and until and ticks_diff(until, last) > 0:
            last = until
    return last


async def restart(m):
    """Most firmware takes this one all the same. True when it has rebooted."""
    from .start import boot

    await m.at(b"AT+RST\r\n", 1000, force=True)
    await boot(m)
    m.engine.lost = False
    return m.state != 2
