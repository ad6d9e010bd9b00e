# modem.wifi: the station. What is needed for moments (joining, scanning, settings) lives in
# once/wifi_join.py and once/wifi_more.py, loaded for a call and dropped again.
from .compat import drop, load


def __getattr__(name):
    if name[0] == "_":
        raise AttributeError(name)
    f = getattr(load("once.wifi_more"), name)
    drop()
    return f


async def connect(m, ssid, key=None, **options):
    """Join a network (AT+CWJAP, guide 3.2.5) and wait until there is an address.

    ssid, key: str or bytes; key None for an open network. Options: bssid (6 bytes, or text with
    colons), timeout_s (3..600, default 15), reconnect_s (0..7200), listen_interval (1..100),
    scan_all (bool), pmf (0..3), pci (bool). Raises WifiError: errno EACCES for a wrong key,
    ENOENT for an unknown network, ETIMEDOUT, ECONNABORTED; ValueError before anything is sent."""
    await m.brief("wifi_join", "join", ssid, key, options)


async def disconnect(m):
    """Leave the network (AT+CWQAP)."""
    m.rejoin = None
    await m.at(b"AT+CWQAP\r\n")


async def isconnected(m):
    """Is there a network and an address?"""
    await m.idle(0)
    if m.wifi_state < 0:
        await status(m)
    return m.wifi_state == 2


async def status(m, param=None):
    """0 idle, 1 joined but no address yet, 2 joined with an address, 3 joining, 4 not joined
    (AT+CWSTATE). status("rssi"): the signal in dBm."""
    if param == "rssi":
        return await m.brief("wifi_more", "rssi")
    if param is not None:
        raise ValueError('"rssi"')
    state = []
    await m.at(b"AT+CWSTATE?\r\n", 5000, lambda x: state.append(x[9] - 48), b"+CWSTATE:")
    m.wifi_state = state[0] if state[0] < 3 else 0
    return state[0]
