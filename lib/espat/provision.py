# modem.provision: the module learns its network from a phone, a router's button or a browser. What
# its calls do lies in once/provision_*.py, loaded for a call and dropped again.


def __getattr__(name):
    if name not in "smartconfig wps web".split():
        raise AttributeError(name)
    return lambda m, *args, **kw: m.brief("provision_" + name, name, *args, **kw)
