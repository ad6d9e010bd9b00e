# Out of passthrough. Loaded for the call.
from ..compat import const, ticks_add, ticks_diff, ticks_ms

_UP = const(2)  # __init__.py


async def finish_stream(m, s):
    if not s.up:
        return
    s.up = False
    while m.engine.out is not None:
        await m.idle(10)
    await out_of_it(m)
    if s.attached:
        lines_again(m)
        m.state = 0
    else:
        await back(m)


async def out_of_it(m):
    # "+++" alone on the wire: more than 20 ms before and after, then a second's rest (guide
    # 3.3.8). What still comes from the other side is nobody's.
    e = m.engine
    end = ticks_add(ticks_ms(), 50)
    while ticks_diff(end, ticks_ms()) > 0:
        away(e)
        await m.idle(10)
    e.i = 0
    e.stop = 3
    e.out = b"+++"
    end = ticks_add(ticks_ms(), 1100)
    while ticks_diff(end, ticks_ms()) > 0:
        away(e)
        await m.idle(10)
    away(e)


def away(e):
    while e.any() and e.readinto(e.chunk, 64):
        pass


def lines_again(m):
    if m.wire.poll:
        m.engine.poll = m.wire.poll
        m.wire.poll = None
        del m.engine.on_overrun
        if hasattr(m.engine, "overrun"):
            m.engine.overrun.end()


async def back(m):
    # To where every other call expects the module; what fails here start-up mends.
    lines_again(m)
    m.state = _UP
    for cmd in (
        b"AT+CIPMODE=0\r\n",
        b"AT+CIPSERVER=0,1\r\n",
        b"AT+CIPCLOSE\r\n",
        b"AT+CIPMUX=1\r\n",
        b"AT+CIPSERVERMAXCONN=5\r\n",
        b"AT+CIPCLOSE=5\r\n",
    ):
        await m.at(cmd, force=True)
    if await m.at(b"AT+SYSMSG=0\r\n", force=True):
        m.state = 0
