# modem.nvs: what the module keeps in its flash: values under names (the manufacturing store) and
# whole partitions. What its calls do lies in once/nvs_*.py.

_FILES = (
    ("nvs_values", "namespaces keys get"),
    ("nvs_store", "set erase"),
    ("nvs_flash", "partitions read write erase_partition"),
    ("nvs_certs", "load_certs"),
)


def __getattr__(name):
    for file, names in _FILES:
        if name in names.split():
            return lambda m, *args, **kw: m.brief(file, name, *args, **kw)
    raise AttributeError(name)
