# A call that comes back with its result although the modem is an asyncio one: for programs that
# know no `await` (dropin_network.py). Waits inside, as the blocking face does; other tasks stand
# still meanwhile.
from ..compat import const, run

_DONE = const(1)  # engine.py
_EBUSY = const(16)


def at_once(m, f):
    """f() in the manner of the blocking face."""
    e = m.engine
    if m.state == 1:
        raise OSError(_EBUSY, "another task is starting the modem")
    while e.stage > _DONE:
        m.block()
    kept = None
    if e.settle():
        # The result of another task's command: it fetches it when it runs again.
        kept = e.owner, e.result, e.code
        e.fetch()
    idle, face = m.idle, m.face

    async def inside(ms=1000):
        m.block(ms)

    m.idle = inside
    m.face = run
    try:
        return f()
    finally:
        m.idle = idle
        m.face = face
        if kept:
            e.owner, e.result, e.code = kept
            e.stage = _DONE
