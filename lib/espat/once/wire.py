# The host's end of the wire: its rate, its buffer, another rate. Each port of MicroPython words its
# UART in its own way; what of that is asked lies here. Loaded for moments, dropped again.
from ..engine import number


def rate(uart):
    # busio.UART and pyserial have it as a property, machine.UART in its text.
    x = getattr(uart, "baudrate", None)
    return x if isinstance(x, int) else says(uart, b"baudrate=", 115200)


def says(uart, name, default):
    """A number that the UART's text names ("UART(1, baudrate=115200, ... rxbuf=256 ...)")."""
    text = repr(uart).encode()
    i = text.find(name)
    if i >= 0:
        return max(number(text, i + len(name), len(text)), 0)
    return default


def set_baudrate(uart, baudrate):
    """Switch the host's side; False if the UART has no way to."""
    if hasattr(uart, "init"):
        # Some ports set what is not named back to its default.
        text = repr(uart).encode()
        kw = {"rxbuf": says(uart, b"rxbuf=", 256)}
        if b"flow=" in text:
            kw["flow"] = (uart.RTS if b"RTS" in text else 0) | (uart.CTS if b"CTS" in text else 0)
        try:
            uart.init(baudrate=baudrate, **kw)
        except TypeError:
            uart.init(baudrate=baudrate)
    elif hasattr(uart, "baudrate"):
        uart.baudrate = baudrate
    else:
        return False
    return True
