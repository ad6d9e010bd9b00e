# modem.ap: the module's own access point. What its calls do lies in once/ap_*.py, loaded for a call
# and dropped again; this file says only where.

_FILES = (
    ("ap_set", "active config protocol"),
    ("ap_who", "stations kick mac"),
    ("ap_ip", "ifconfig ipv6"),
    ("ap_dhcp", "dhcp dhcp_range"),
)


def __getattr__(name):
    for file, names in _FILES:
        if name in names.split():
            return lambda m, *args, **kw: m.brief(file, name, *args, **kw)
    raise AttributeError(name)
