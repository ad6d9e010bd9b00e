# In which file of once/ a function of modem.wifi lies. Loaded for a moment: wifi.py itself stays.
from ..compat import load


def find(name):
    if name == "scan_iter":
        return load("once.wifi_scan").scan_iter  # nothing waits in it
    # One text each: words of their own would stay in memory for ever.
    for words in (
        "wifi_more disconnect status ssid rssi",
        "wifi_scan scan",
        "wifi_ip ifconfig ipv6",
        "wifi_set reconnect autoconnect protocol country active init",
        "wifi_own mac hostname dhcp info",
        "wifi_enterprise connect_enterprise enterprise",
    ):
        words = words.split()
        if name in words[1:]:
            return lambda m, *args, **kw: m.brief(words[0], name, *args, **kw)
    raise AttributeError(name)
