# For UARTs whose methods are not MicroPython's (busio.UART, pyserial: slices instead of offsets),
# and for flow control by hand. Loaded only where it is needed.


class Adapter:
    """any(), readinto(buf, n), write(buf, off, n) over uart; cts: a pin, low means "send"."""

    def __init__(self, uart, cts):
        self.uart = uart
        self.cts = cts

    def any(self):
        uart = self.uart
        return uart.any() if hasattr(uart, "any") else uart.in_waiting

    def readinto(self, buf, n):
        return self.uart.readinto(memoryview(buf)[:n])

    def write(self, buf, off, n):
        if self.cts is not None:
            high = self.cts.value
            if high() if callable(high) else high:
                return 0
            if n > 32:  # look at the pin again before the next chunk
                n = 32
        return self.uart.write(memoryview(buf)[off : off + n])


def by_hand(modem, rts):
    """modem.block() with RTS driven from here: low while someone reads, high else."""
    from .once.start import drive

    block = modem.block

    def held(ms=1000):
        drive(rts, 0)
        block(ms)
        drive(rts, 1)

    drive(rts, 1)
    return held
