# modem.power.host_wake(): how the module wakes a host that sleeps. Owns trying out that wire.
from ..compat import const
from .note import note
from .quote import build, check, remember, unkeep

_EIO = const(5)
_BIT = const(1)  # AT+USERMCUSLEEP tells


async def host_wake(m, gpio=None, level=1, byte=None, delay_ms=10000, check_bits=1, test=True):
    """How the module wakes the host (AT+USERWKMCUCFG, guide 3.11.4), for host_sleep() and idle().

    gpio: the module's end of the wire to the pin of Modem(host_wake=), 0..48; level: 0 or 1, what
    it raises when it has something to say. Or byte: 0..255, which it sends instead; host_wake is
    the host's RX pin then. delay_ms: 0..60000, how long it waits for the host before it talks
    all the same. Below 40 ms a message may be lost: data of sockets is asked for, so that nothing
    of it is lost, but active receive and MQTT are refused. check_bits: what tells the module that
    the host is awake: 1 AT+USERMCUSLEEP, 2 AT+SLEEP (the module's sleep then begins and ends
    with the host's), +4 also a host that did not answer within delay_ms. test: see whether the
    wire is there; OSError(EIO) if not, and the host stays awake. gpio and byte None: no more.
    CircuitPython: by `alarm`; host_wake is the pin itself then (board.D5), and byte cannot be
    had; NotImplementedError on a board that has no light sleep."""
    check("gpio", gpio, 0, 48)
    check("level", level, 0, 1)
    check("byte", byte, 0, 255)
    check("delay_ms", delay_ms, 0, 60000)
    check("check_bits", check_bits, 1, 7)
    if check_bits == 4:
        raise ValueError("check_bits: 4 alone never lets the host sleep")
    power = m.power
    pin = m.options[3]
    off = b"AT+USERWKMCUCFG=0\r\n"
    if gpio is None and byte is None:
        power.host = None
        unkeep(m, off)
        return await m.at(off)
    if gpio is not None and byte is not None or pin is None:
        raise ValueError("needs Modem(host_wake=), and gpio or byte")
    try:
        from machine import lightsleep  # noqa: F401
    except ImportError:  # CircuitPython
        from .power_alarm import fit

        pin = fit(pin, level, byte)
    power.host = None
    unkeep(m, off)
    await m.at(b"AT\r\n")
    for cmd in (b"AT+USERMCUSLEEP=0\r\n", off):  # of a former program
        await m.at(cmd, force=True)
    end = (delay_ms, check_bits)
    if gpio is not None:
        if test:
            seen = []
            for x in (1 - level, level):
                # It holds the pin at the other level until it wants something.
                await m.at(build(b"AT+USERWKMCUCFG", (1, 1, gpio, x) + end))
                await m.idle(0)
                seen.append(read(pin) == 1 - x)
                await m.at(off)
            if not all(seen):
                text = "host_wake: does not follow GPIO %d" % gpio
                if not any(seen):
                    text = "host_wake: wrong level"
                note(text)
                raise OSError(_EIO, text)
        cmd = build(b"AT+USERWKMCUCFG", (1, 1, gpio, level) + end)
    else:
        level = None
        cmd = build(b"AT+USERWKMCUCFG", (1, 2, 1, byte) + end)
    await m.at(cmd)
    remember(m, cmd)
    from ..powerhost import Host

    power.host = host = Host(m, pin, level, delay_ms, check_bits & _BIT)
    if hasattr(pin, "doze"):
        host.doze = pin.doze


def read(pin):
    return pin.value() if callable(pin.value) else int(pin.value)
