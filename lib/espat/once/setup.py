# What Modem(...) does once: check the arguments, take the UART, make the buffers. Dropped after it.
from ..engine import Engine
from .port import connect, says

_LINE = 192  # longest line of an answer that the core asks for; parts may need longer ones
_BAUDRATES = (115200, 921600, 9600, 57600, 74880, 230400, 460800)


def run(
    m,
    uart,
    reset=None,
    enable=None,
    rts=None,
    cts=None,
    wake=None,
    host_wake=None,
    baudrates=_BAUDRATES,
    restart="none",
    passive=True,
    ring=1024,
):
    if restart not in ("none", "command", "pin"):
        raise ValueError("restart: none, command or pin")
    if restart == "pin" and reset is None:
        raise ValueError("restart: no reset pin")
    if ring < 128:
        raise ValueError("ring: 128 bytes or more")
    step = says(uart, "rxbuf=", 256) // 2
    m.engine = e = Engine(_LINE, step if step < 1024 else 1024)
    connect(m, uart, rts, cts)
    e.on_ready = m.on_ready
    e.hooks.append((b"WIFI ", m.on_wifi))
    m.options = (reset, enable, wake, host_wake, baudrates, restart, passive)
    m.ring = ring
