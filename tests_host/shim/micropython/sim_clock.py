# Virtual time for programs on the simulated board: what time.py has of it. Owns the date.
import sim_host as _host
import sim_lockstep as _link
import utime as _t

_PERIOD = 1 << 30  # as on a 32-bit board, on 64 bits too
_EPOCH_S = _t.mktime((2024, 5, 9, 8, 0, 0, 0, 0))
_total_ms = _seen_ms = 0


def ticks_ms():
    if not _link.connected():
        _host.link()
    return _link.ticks_ms()


def ticks_us():
    if not _link.connected():
        _host.link()
    return _link.ticks_us()


ticks_cpu = ticks_us


def sleep_us(us):
    if us > 0:
        _host.link().sleep_us(int(us))


def sleep_ms(ms):
    sleep_us(ms * 1000)


def sleep(s):
    sleep_us(s * 1000000)


if _t.ticks_add(0, -1) != _PERIOD - 1:

    def ticks_add(t, delta):
        return (t + delta) & (_PERIOD - 1)

    def ticks_diff(end, start):
        return ((end - start + (_PERIOD >> 1)) & (_PERIOD - 1)) - (_PERIOD >> 1)


def _now_ms():
    # Counted on from look to look; a look at least every 12 days is enough.
    global _total_ms, _seen_ms
    now = ticks_ms()
    _total_ms += (now - _seen_ms) & (_PERIOD - 1)
    _seen_ms = now
    return _total_ms


def time():
    return _EPOCH_S + _now_ms() // 1000


def time_ns():
    return (_EPOCH_S * 1000 + _now_ms()) * 1000000


def gmtime(s=None):
    return _t.gmtime(time() if s is None else s)


def localtime(s=None):
    return _t.localtime(time() if s is None else s)
