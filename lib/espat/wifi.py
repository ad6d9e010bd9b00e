# modem.wifi: the station. What is needed for moments (joining, scanning, settings) lies in
# once/wifi_*.py, loaded for a call and dropped again.
from .compat import load


def __getattr__(name):
    if name == "connect":
        return lambda m, *args, **kw: m.brief("wifi_join", name, *args, **kw)
    return load("once.wifi_where").find(name)


async def isconnected(m):
    """Is there a network and an address?"""
    await m.idle(0)
    if m.wifi_state < 0:
        await __getattr__("status")(m)
    return m.wifi_state == 2
