# The host's end over lockstep: every call is one exchange with the simulator, whose virtual time
# is the program's. Owns the socket and that time. Allocates nothing on the heap in steady state,
# so that what a test measures is the program under test.
import json
import os
import socket

import sim_host
import utime

from micropython import const

_MASK = const(0x3FFFFFFF)  # 30 bits: what fits into a small int of a 32-bit build
_SLICE_US = const(600_000_000)
_LOOK_COST = const(20)  # looks at the clock until a little time passes
_LOOK_US = const(200)
_EMPTY = const(8)  # looks at an empty buffer until waiting is done in one exchange
_EMPTY_US = const(250)

_sock = None
_req = bytearray(5)
_rep = bytearray(12)
_us = 0  # now, 30 bits
_ms = 0  # now, 30 bits
_rest_us = 0
_looks = 0
_empty = 0


def connected():
    return _sock is not None


def connect(where):
    global _sock, _ms
    # The interpreter's own asyncio queues a new task at the real ticks_ms(): with virtual time
    # ahead of that, such a task is due at once, as it should be. What it is when the board is
    # switched on can be named, so that a program without asyncio sees it wrap where a test likes.
    first = os.getenv("ESPAT_SIM_TICKS_MS")
    _ms = (int(first) if first else utime.ticks_ms() + 60000) & _MASK
    _, host, port = where.split(":")
    if host == "unix":
        s = socket.socket(socket.AF_UNIX)  # connect() takes a sockaddr_un
        s.connect(b"\1\0" + port.encode() + b"\0")
    else:
        s = socket.socket()
        s.connect(socket.getaddrinfo(host, int(port))[0][-1])
        s.setsockopt(6, 1, 1)  # IPPROTO_TCP, TCP_NODELAY
    _sock = s
    ask(83, 0)


def _send(op, n):
    r = _req
    r[0] = op
    r[1] = n & 255
    r[2] = (n >> 8) & 255
    r[3] = (n >> 16) & 255
    r[4] = (n >> 24) & 255
    _sock.write(r)


def _reply():
    global _us, _ms, _rest_us
    r = _rep
    if _sock.readinto(r) != 12:
        raise OSError(5, "the simulator is gone")
    us = r[0] | r[1] << 8 | r[2] << 16 | (r[3] & 63) << 24
    rest = _rest_us + ((us - _us) & _MASK)
    _us = us
    _ms = (_ms + rest // 1000) & _MASK
    _rest_us = rest % 1000
    return r[8] | r[9] << 8 | r[10] << 16 | (r[11] & 63) << 24


def ask(op, n):
    _send(op, n)
    return _reply()


# -- UART ----------------------------------------------------------------------------------------


def any_():
    """Looking again and again at an empty buffer is waiting: it takes longer, so it ends sooner."""
    global _empty
    if _empty < _EMPTY:
        n = ask(65, 0)
    else:
        n = ask(73, _EMPTY_US)
        _pins()
    _empty = 0 if n else _empty + 1
    return n


def free():
    return ask(70, 0)


def take(buf, n):
    m = ask(84, n)
    if m:
        _sock.readinto(buf, m)
    return m


def put(buf, off, n):
    global _empty
    _empty = 0
    _send(80, n)
    if n:
        _sock.write(buf, off, n)
    return _reply()


def drain(us):
    return control({"do": "drain", "us": us})["done"]


def fileno():
    return -1


def control(request):
    body = json.dumps(request).encode()
    _send(74, len(body))
    _sock.write(body)
    return json.loads(_sock.read(_reply()))


def set_up(request):
    sim_host.checked(request)


# -- time ----------------------------------------------------------------------------------------


def ticks_ms():
    _look()
    return _ms


def ticks_us():
    _look()
    return _us


def _look():
    # A loop that only looks at the clock must end too.
    global _looks
    _looks += 1
    if _looks >= _LOOK_COST:
        sleep_us(_LOOK_US)


def sleep_us(us):
    """Handlers of pins and timers run meanwhile, as soft interrupts do."""
    while True:
        start = _us
        if sim_host.on_rx is None:
            _wait(83, us)
        else:
            n = _wait(73, us)
            sim_host.received(n)
            if n:  # the program leaves them there: only time brings more
                _wait(83, 1000 if us > 1000 else us)
        us -= (_us - start) & _MASK
        if us <= 0:
            return


def idle(us):
    """Until a byte can be read or us passed: gives the number of bytes."""
    return _wait(73, us)


def _wait(op, us):
    """One exchange, which ends early for a timer or a pin."""
    global _looks
    _looks = 0
    us = us if us < _SLICE_US else _SLICE_US
    timers = sim_host.timers
    if timers is not None:
        us = timers.limit(us, _ms)
    n = ask(op, us)
    _pins()
    if timers is not None:
        timers.run(_ms)
    return n if op == 73 else 0


def _pins():
    if _rep[11] & 128:
        events = control({"do": "pin_events"})["events"]
        if sim_host.on_pins is not None:
            sim_host.on_pins(events)


def light_sleep(us):
    """True when a pin ended it."""
    woke = again = False
    while us > 0 and not woke:
        part = us if us < _SLICE_US else _SLICE_US
        woke = sim_host.checked({"do": "light_sleep", "us": part, "again": again})["pin"]
        us -= part
        again = True
    _rep[11] |= 128
    _pins()
    return woke
