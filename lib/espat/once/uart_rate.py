# modem.uart.fastest(): which rate both ends of the wire can divide their clocks to: arithmetic.
import sys

_RATES = (5000000, 4000000, 3000000, 2000000, 1500000, 1000000, 921600, 460800, 230400, 115200)
_MODULE_HZ = 80000000


async def fastest(m, clock_hz=None, samples=16, fraction=64, limit=5000000):
    """The highest usual rate, at most limit, that both UARTs make well enough: their errors
    together are below 2 %. clock_hz: the clock of the host's UART; samples: how often it looks at
    a bit; fraction: its divider's steps below one (16 and 64: the RP2040 and every PL011; 16 and
    16: an STM32; 1 and 16: an ESP32). Without clock_hz: an ESP32 is known, others are taken as an
    RP2040, whose UART runs from 48 MHz whatever the CPU does. Nothing is sent; whether the wires
    can do it modem.uart.configure() finds out."""
    if clock_hz is None:
        clock_hz = 48000000
        if sys.platform == "esp32":
            clock_hz = _MODULE_HZ
            samples = 1
            fraction = 16
    for rate in _RATES:
        if rate <= limit:
            if off(clock_hz, samples, fraction, rate) + off(_MODULE_HZ, 1, 16, rate) < 20:
                return rate
    raise ValueError("no rate below %d" % limit)


def off(clock_hz, samples, fraction, rate):
    # By how many thousandths the rate is missed.
    clock_hz = clock_hz // samples * fraction
    units = (clock_hz + rate // 2) // rate
    if units < fraction:
        return 1000  # no divider is below one
    return abs(clock_hz // units - rate) * 1000 // rate
