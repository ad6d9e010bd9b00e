# The user's UART as the engine wants it: any(), readinto(buf, n), write(buf, off, n). The only file
# that touches the UART and the RTS/CTS pins; needed while a modem is set up, or as an adapter
# where the UART's own methods do not fit. Knows no AT command.


def connect(modem, uart, rts, cts):
    """Give the modem's engine its three functions, and the modem what it waits with."""
    if not (hasattr(uart, "readinto") and hasattr(uart, "write")):
        raise TypeError("uart: needs readinto() and write()")
    if not (hasattr(uart, "any") or hasattr(uart, "in_waiting")):
        raise TypeError("uart: needs any() or in_waiting")
    e = modem.engine
    try:
        # MicroPython streams take an offset and a count: no slice, no allocation.
        uart.write(b"", 0, 0)
        native = hasattr(uart, "any")
    except TypeError:
        native = False
    if native and cts is None:
        e.any = uart.any
        e.readinto = uart.readinto
        e.write = uart.write
    else:
        a = Adapter(uart, cts, native)
        e.any = a.any
        e.readinto = uart.readinto if native else a.readinto
        e.write = a.write
    modem.uart = uart
    modem.rts = rts
    modem.poller = poller(uart)


def poller(uart):
    try:
        import select

        p = select.poll()
        p.register(uart, select.POLLIN)
        p.ipoll  # CPython's has none
        return p
    except (ImportError, AttributeError, OSError, TypeError, ValueError):
        return None


def says(uart, name, default):
    """A number that the UART's text names ("UART(1, baudrate=115200, ... rxbuf=256 ...)")."""
    text = repr(uart)
    i = text.find(name)
    if i < 0:
        return default
    i += len(name)
    n = 0
    while i < len(text) and "0" <= text[i] <= "9":
        n = n * 10 + ord(text[i]) - 48
        i += 1
    return n or default


def set_baudrate(uart, baudrate):
    """Switch the host's side; False if the UART has no way to."""
    if hasattr(uart, "init"):
        try:
            # Some ports set what is not named back to its default.
            uart.init(baudrate=baudrate, rxbuf=says(uart, "rxbuf=", 256))
        except TypeError:
            uart.init(baudrate=baudrate)
    elif hasattr(uart, "baudrate"):
        uart.baudrate = baudrate
    else:
        return False
    return True


class Adapter:
    """For a busio.UART, pyserial and the like (slices instead of offsets), and for CTS by hand:
    low means "send"."""

    def __init__(self, uart, cts, native):
        self.uart = uart
        self.cts = cts
        self.native = native

    def any(self):
        uart = self.uart
        return uart.any() if hasattr(uart, "any") else uart.in_waiting

    def readinto(self, buf, n):
        return self.uart.readinto(memoryview(buf)[:n])

    def write(self, buf, off, n):
        if self.cts is not None:
            if self.cts.value():
                return 0
            if n > 32:  # look at the pin again before the next chunk
                n = 32
        if self.native:
            return self.uart.write(buf, off, n)
        return self.uart.write(memoryview(buf)[off : off + n])
