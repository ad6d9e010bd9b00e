"""Wi-Fi for small microcontrollers through an Espressif module with AT firmware."""

__version__ = "0.1.0"


def __getattr__(name):
    # Loaded when first asked for: a program that catches no ATError needs no memory for it.
    if name == "Modem":
        from .modem import Modem as x
    elif name in ("ATError", "WifiError"):
        from .compat import load

        x = getattr(load("errors"), name)
    else:
        raise AttributeError(name)
    return x
