# modem.power.sleep(): how the module sleeps. Owns trying out the wake pin, and what to do when it
# does not wake the module: a module that sleeps for good is of no use.
from ..compat import const, drop
from .note import note
from .quote import check, keep, unkeep

_MODES = ("off", "modem", "light", "listen")
_ASLEEP_MS = const(100)  # the module sleeps when it had nothing to do for so long
_EIO = const(5)
_ETIMEDOUT = const(110)


async def sleep(m, mode=None, gpio=None, level=1, settle_ms=10, linger_ms=20, test=True):
    """How the module sleeps while it has nothing to do (AT+SLEEP, guide 3.1.13); the network,
    links and MQTT stay. Without a mode: what it is now.

    mode: "off"; "modem": its radio sleeps from one DTIM beacon to the next; "listen": as long as
    the listen_interval of wifi.connect() says; "light": the module sleeps as a whole, and hears
    the host only while the wake pin is up. The driver sees to that: it raises the pin of
    Modem(wake=), waits settle_ms (0..1000), talks, and lowers it after linger_ms (0..60000)
    without anything under way. gpio: the module's end of that wire, 0..48; level: 0 or 1, what
    wakes it (AT+SLEEPWKCFG, guide 3.1.25). Make the pin with that level as its value, so that a
    program that starts anew finds the module awake.
    test: see whether the pin wakes the module. If not, OSError: EIO, it is awake at the other
    level; ETIMEDOUT, it does not wake at all. The system goes on without sleep then; in the second
    case the module must be reset for that (Modem(reset=) or Modem(enable=)), else ENODEV."""
    if mode is None:
        from .ask import numbers

        return _MODES[(await numbers(m, b"AT+SLEEP?"))[0]]
    if mode not in _MODES:
        raise ValueError("mode: off, modem, light or listen")
    power = m.power
    gate = power.gate
    if mode != "light":
        await keep(m, b"AT+SLEEP", _MODES.index(mode))
        if gate:
            gate.remove()
            power.gate = None
        return
    pin = m.options[2]
    if pin is None or gpio is None:
        raise ValueError("light: needs Modem(wake=) and gpio")
    check("gpio", gpio, 0, 48)
    check("level", level, 0, 1)
    check("settle_ms", settle_ms, 0, 1000)
    check("linger_ms", linger_ms, 0, 60000)
    if gate:
        await m.at(b"AT+SLEEP=0\r\n")
        gate.remove()
    from ..power import Gate

    power.gate = gate = Gate(m, pin, level, settle_ms, linger_ms)
    gate.hold = True
    try:
        await keep(m, b"AT+SLEEPWKCFG", 2, gpio, level)
        await keep(m, b"AT+SLEEP", 2)
    except OSError:
        await give_up(m)
        raise
    if test and not await answers(m, False):
        await failed(m, gate)
    gate.hold = False


async def answers(m, other):
    # With the pin at its level (other: not at its level) for long enough, does the module hear?
    from .start import pause

    gate = m.power.gate
    gate.set(True)
    if other:
        gate.level = not gate.level
        gate.set(True)
    await pause(m, _ASLEEP_MS)
    for _ in range(3):
        if not await m.at(b"AT\r\n", 500, force=True):
            return True
    return False


async def failed(m, gate):
    if await answers(m, True):
        await give_up(m)
        note("wake pin: wrong level, the module stays awake")
        raise OSError(_EIO, "wake pin: wrong level")
    unkeep(m, b"AT+SLEEP=")
    unkeep(m, b"AT+SLEEPWKCFG=")
    gate.remove()
    m.power.gate = None
    # Awake again by a reset only.
    note("wake pin: does not wake the module, which is reset if it can be")
    reset, enable = m.options[:2]
    from .start import drive, pause

    m.state = 0
    m.engine.on_reset()
    if reset is None and enable is not None:
        drive(enable, 0)
        await pause(m, 500)
    elif reset is not None:
        drive(reset, 0)
        await pause(m, 20)
        drive(reset, 1)
    drop()
    await m.brief("start", "up")
    raise OSError(_ETIMEDOUT, "wake pin: does not wake the module")


async def give_up(m):
    unkeep(m, b"AT+SLEEP=")
    unkeep(m, b"AT+SLEEPWKCFG=")
    from .start import sync

    await sync(m)
    m.engine.lost = False
    await m.at(b"AT+SLEEP=0\r\n", force=True)
    m.power.gate.remove()
    m.power.gate = None
