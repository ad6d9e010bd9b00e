# modem.gpio: the module's own pins with the names of MicroPython's machine: ADC, PWM, I2C, SPI.
# What each of them is lies in once/gpio_*.py.

channels = None  # the PWM channels, once there are some


def __getattr__(name):
    if name[0] == "_":
        raise AttributeError(name)
    file = "gpio_" + name.lower()
    return lambda m, *args, **kw: m.brief(file, name, *args, **kw)
