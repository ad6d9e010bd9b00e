# machine for the unix port of MicroPython, as the RP2040 port has it, on the simulated board.
# Owns what is neither UART nor pin nor timer; those load when they are asked for.
import sim_host

PWRON_RESET = 1
WDT_RESET = 3
DEEPSLEEP_RESET = 4

_PARTS = {
    "UART": "machine_uart",
    "Pin": "machine_pin",
    "Signal": "machine_signal",
    "Timer": "sim_timer",
    "RTC": "sim_timer",
}


def __getattr__(name):
    part = _PARTS.get(name)
    if part is None:
        raise AttributeError(name)
    value = getattr(__import__(part), name)
    globals()[name] = value
    return value


def lightsleep(time_ms=None):
    """The UART hears nothing meanwhile, and runs at a wrong baud after it until init()."""
    ms = 86_400_000 if time_ms is None else time_ms
    sim_host.link().light_sleep(ms * 1000)


def deepsleep(time_ms=None):
    lightsleep(time_ms)
    reset()


def reset():
    """On a board the program starts again; here it ends."""
    raise SystemExit


soft_reset = reset


def reset_cause():
    return PWRON_RESET


def unique_id():
    return b"espatsim"


def freq(hz=None):
    return 125_000_000


def idle():
    sim_host.link().sleep_us(1000)


def disable_irq():
    return 0


def enable_irq(state=0):
    pass
