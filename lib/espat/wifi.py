# modem.wifi: the station. What is needed for moments (joining, scanning, settings) lives in
# once/wifi_join.py and once/wifi_more.py, loaded for a call and dropped again.


def __getattr__(name):
    file = "wifi_join" if name == "connect" else "wifi_more"
    return lambda m, *args, **kw: m.brief(file, name, *args, **kw)


async def isconnected(m):
    """Is there a network and an address?"""
    await m.idle(0)
    if m.wifi_state < 0:
        await m.brief("wifi_more", "status")
    return m.wifi_state == 2
