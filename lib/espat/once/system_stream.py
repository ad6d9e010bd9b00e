# The answer of a command as a bare stream of bytes. Owns the UART for so long: nothing is a line,
# nothing is looked at, and nothing tells the end but the number of bytes.
from ..compat import const, load, ticks_add, ticks_diff, ticks_ms

_EIO = const(5)
_ETIMEDOUT = const(110)
_CHUNK = const(512)
_LONG_MS = const(100000000)
_QUIET_MS = const(300)  # after "ERROR" in the stream: it was the module's, not the page's
_ERROR = b"\r\nERROR\r\n"


async def stream(m, cmd, write, length, ms):
    e = m.engine
    while e.settle() or e.lost:  # another task's command
        await m.idle(10)
    pending = e.any
    e.any = _nothing  # the engine is to leave the bytes where they are
    buf = bytearray(_CHUNK)
    try:
        e.ms = _LONG_MS
        e.start(cmd, cmd, len(cmd))
        await take(m, pending, buf, write, length, ms)
    except BaseException:
        await silence(m, pending, buf, ms)
        raise
    finally:
        e.any = pending
        e.finish(0)
        e.fetch()


def _nothing():
    return 0


async def take(m, pending, buf, write, length, ms):
    view = memoryview(buf)
    got = 0
    tail = b""
    last = ticks_ms()
    while True:
        n = pending()
        now = ticks_ms()
        quiet = ticks_diff(now, last)
        if n and got < length:
            n = m.engine.readinto(buf, min(n, _CHUNK, length - got)) or 0
            write(view[:n])
            got += n
            tail = (tail + bytes(view[max(0, n - 9) : n]))[-9:]
            last = now
        elif got == length:
            # A message of the module's own among the bytes would leave some over.
            if n:
                raise OSError(_EIO, "the module spoke in the middle of the page")
            if quiet > 20:
                return
            await m.idle(10)
        elif tail == _ERROR and quiet > _QUIET_MS:
            raise load("errors").error(b"AT+HTTPCGET", 1, 0)
        elif quiet > ms:
            raise OSError(_ETIMEDOUT, "AT+HTTPCGET")
        else:
            await m.idle(20)


async def silence(m, pending, buf, ms):
    # Nobody wants the rest; the next command waits for its end.
    end = ticks_add(ticks_ms(), ms)
    while ticks_diff(end, ticks_ms()) > 0:
        if pending():
            m.engine.readinto(buf, min(pending(), _CHUNK))
            end = ticks_add(ticks_ms(), _QUIET_MS * 4)
        else:
            await m.idle(20)
