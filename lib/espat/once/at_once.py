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
    idle, face = m.idle, m.face

    async def inside(ms=1000):
        m.block(ms)

    m.idle = inside
    m.face = run
    kept = None
    try:
        if hasattr(e.owner, "let_go"):  # poweridle.py: the module thinks that the host sleeps
            e.owner.let_go()
            run(m.power.host.tell(False))
        while e.stage > _DONE:
            m.block()
        if e.settle():
            # The result of another task's command: it fetches it when it runs again.
            kept = e.owner, e.result, e.code
            e.fetch()
        return f()
    finally:
        m.idle = idle
        m.face = face
        if kept:
            e.owner, e.result, e.code = kept
            e.stage = _DONE
