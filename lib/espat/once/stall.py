# Payload that has stopped in the middle for a second. Loaded when that happens: what then becomes
# of it, of its taker, and of the command whose answer it was.
from ..compat import const, ticks_add

_STALL_MS = const(1000)


def stalled(e, now):
    """Returns how many ms may pass until the engine's next look."""
    if e.dst is not None:
        if e.any():
            # It comes so slowly that pump() still waits for more.
            e.seen = e.any()
            e.pump()
            e.stall = ticks_add(now, _STALL_MS)
            e.deadline = ticks_add(now, e.ms)
            return 0
        e.left = 0  # bytes are missing
    elif e.tag is e:
        e.left = 0  # nor has the rest come, which was to be thrown away
    # Or a full ring that nobody empties keeps the answer to a command from coming.
    e.stall = ticks_add(now, _STALL_MS)
    e.dst = None
    e.memo = b""
    tag = e.tag
    e.tag = e
    tag.on_short()
    return 0
