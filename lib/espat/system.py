# modem.system: the module itself. What its calls do lies in once/system_*.py, loaded for a call and
# dropped again; this file says only where.
from .compat import drop, load

_FILES = (
    ("system_info", "alive version docs ram"),
    ("system_reset", "restart restore rollback deep_sleep"),
    ("system_filter", "filters add_filter remove_filter clear_filters"),
    ("system_download", "filtered_download"),
    ("system_set", "store messages filtering error_codes rf_power sleep"),
    ("system_chip", "register long_preamble wake_source"),
    ("system_supply", "supply"),
)


def commands(m):
    """Every command of the firmware (AT+CMD, guide 3.1.5): an iterator, for `for` or `async for`,
    of (name, test, query, set, execute), the last four True where the command has that form."""
    rows = load("once.system_info").rows(m)
    drop()
    return rows


def __getattr__(name):
    for file, names in _FILES:
        if name in names.split():
            return lambda m, *args, **kw: m.brief(file, name, *args, **kw)
    raise AttributeError(name)
