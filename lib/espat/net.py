# modem.net: names, addresses, time. What its calls do lies in once/net_*.py, loaded for a call and
# dropped again; this file says only where.

_FILES = (
    ("net_names", "resolve resolve_all dns ping"),
    ("net_where", "addresses connections status"),
    ("net_time", "sntp sntp_stop"),
    ("net_clock", "localtime timestamp sntp_interval set_rtc"),
)


def __getattr__(name):
    for file, names in _FILES:
        if name in names.split():
            return lambda m, *args, **kw: m.brief(file, name, *args, **kw)
    raise AttributeError(name)
