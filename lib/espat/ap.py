# modem.ap: the module's own access point. What its calls do lies in once/ap_*.py, loaded for a call
# and dropped again; this file says only where.

_FILES = (
    ("ap_set", "active config stations kick mac protocol"),
    ("ap_ip", "ifconfig ipv6 dhcp dhcp_range"),
)


def __getattr__(name):
    for file, names in _FILES:
        if name in names.split():
            return lambda m, *args, **kw: m.brief(file, name, *args, **kw)
    raise AttributeError(name)
