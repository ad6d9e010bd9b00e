# The host's end in real time: the UART as a pty or a TCP socket, pins over the control channel.
# Owns the descriptors. Same functions as sim_lockstep.
import json
import os
import socket

import sim_host
import uselect
import utime

_stream = None
_fd = -1
_poller = None
_path = ""  # of the pty
_ioctl = None  # FIONREAD, where ffi can call it
_count = bytearray(4)
_timeout_ms = 0
_timeout_char_ms = 1
_control = None
_control_poller = None


def connected():
    return _stream is not None


def _dial(host, port):
    s = socket.socket()
    s.connect(socket.getaddrinfo(host, int(port))[0][-1])
    s.setsockopt(6, 1, 1)  # IPPROTO_TCP, TCP_NODELAY
    return s


def connect(where):
    global _stream, _fd, _poller, _path, _ioctl
    kind, _, rest = where.partition(":")
    if kind == "pty":
        _stream = open(rest, "r+b")
        _path = rest
        _stty("raw -echo min 0 time 0")  # reads return at once
    elif kind == "tcp":
        _stream = _dial(*rest.split(":"))
        _stream.setblocking(False)
    else:
        raise OSError("no simulated module: set ESPAT_SIM")
    _fd = _stream.fileno()
    _poller = uselect.poll()
    _poller.register(_stream, 1)
    try:
        import ffi

        _ioctl = ffi.open(None).func("i", "ioctl", "iLP")
    except (ImportError, OSError):
        pass  # then any() says no more than "something"


def _stty(words):
    os.system("stty -F '%s' %s 2>/dev/null" % (_path, words))


def _readable(ms):
    for _ in _poller.ipoll(ms):
        return True
    return False


def any_():
    if _ioctl is not None:
        _ioctl(_fd, 0x541B, _count)
        return _count[0] | _count[1] << 8 | _count[2] << 16
    return 1 if _readable(0) else 0


def free():
    return 1


def take(buf, n):
    got = _stream.readinto(buf, n) or 0
    wait_ms = _timeout_char_ms if got else _timeout_ms
    while got < n and wait_ms and _readable(wait_ms):
        more = _stream.readinto(memoryview(buf)[got:n]) or 0
        if not more:
            break
        got += more
        wait_ms = _timeout_char_ms
    return got


def put(buf, off, n):
    return _stream.write(buf, off, n) or 0


def drain(us):
    return True


def fileno():
    return _fd


def set_up(request):
    global _timeout_ms, _timeout_char_ms
    _timeout_ms = request.pop("timeout_us") // 1000
    _timeout_char_ms = request.pop("timeout_char_us") // 1000
    if os.getenv("ESPAT_SIM_CONTROL"):
        sim_host.checked(request)
    elif _path:
        _stty(str(request["baud"]))  # the simulator takes the rate of the tty for the host's


# -- control channel -----------------------------------------------------------------------------


def control(request):
    global _control, _control_poller
    if _control is None:
        address = os.getenv("ESPAT_SIM_CONTROL")
        if not address:
            raise OSError("pins and faults need ESPAT_SIM_CONTROL=HOST:PORT")
        _control = _dial(*address.split(":"))
        _control_poller = uselect.poll()
        _control_poller.register(_control, 1)
    _control.write(json.dumps(request) + "\n")
    while True:
        reply = json.loads(_control.readline())
        if "event" not in reply:
            return reply
        _handle(reply)


def _handle(event):
    if sim_host.on_pins is not None:
        sim_host.on_pins([(event["pin"], event["level"])])


def _wait_for_event(ms):
    """True when a pin changed within ms; its handler has run then."""
    if _control is None:
        utime.sleep_ms(ms)
        return False
    for _ in _control_poller.ipoll(ms):
        _handle(json.loads(_control.readline()))
        return True
    return False


# -- time ----------------------------------------------------------------------------------------


def sleep_us(us):
    if us < 1000:
        utime.sleep_us(us)
        return
    end = utime.ticks_add(utime.ticks_ms(), us // 1000)
    timers = sim_host.timers
    while True:
        now = utime.ticks_ms()
        left = utime.ticks_diff(end, now)
        if left <= 0:
            return
        if timers is not None:
            left = max(1, timers.limit(left * 1000, now) // 1000)
        if sim_host.on_rx is not None:
            sim_host.received(any_())
            left = min(left, 5)
        _wait_for_event(left)
        if timers is not None:
            timers.run(utime.ticks_ms())


def light_sleep(us):
    """What arrives meanwhile is lost, as on a board; True when a pin ended it."""
    end = utime.ticks_add(utime.ticks_ms(), us // 1000)
    woke = False
    while not woke and utime.ticks_diff(end, utime.ticks_ms()) > 0:
        woke = _wait_for_event(utime.ticks_diff(end, utime.ticks_ms()))
    scrap = bytearray(64)
    while _readable(0) and _stream.readinto(scrap):
        pass
    return woke
