# modem.uart: the wire between host and module, its rate and flow control. What its calls do lies
# in once/uart_*.py, loaded for a call and dropped again; this file says only where.


def __getattr__(name):
    if name == "fastest":
        return lambda m, *args, **kw: m.brief("uart_rate", "fastest", *args, **kw)
    if name in ("configure", "settings"):
        return lambda m, *args, **kw: m.brief("uart_switch", name, *args, **kw)
    raise AttributeError(name)
