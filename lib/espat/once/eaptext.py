# What the codes of AT+CWJEAP mean (guide 3.2.25): 0x8001 and on. Loaded when one is raised.

_TEXTS = (
    "memory allocation failed|get NVS config failed|conn failed|set Wi-Fi config failed|set "
    "identity failed|set username failed|set password failed|get CA length failed|read CA "
    "failed|set CA failed|get cert length failed|read cert failed|get key length failed|read "
    "key failed|set cert key failed|enable failed|already connected|get SSID failed|SSID "
    "null|SSID length error|get method failed|conn timeout|get identity failed|identity "
    "length error|get username failed|username length error|get password failed|password "
    "length error|get security failed|security error|method security unmatched|parameter "
    "count error|get Wi-Fi mode error|Wi-Fi mode not sta|set config failed|method error|get "
    "cmd timeout failed|cmd timeout error|get rssi failed|rssi error|get bssid failed|bssid "
    "error|get channel failed|channel error|get scan mode failed|scan mode error|get auth "
    "mode failed|auth mode error|set ttls phase2 failed|set wpa3 ent 192bit failed"
)


def meaning(low):
    texts = _TEXTS.split("|")
    i = low - 0x8001
    return "EAP: " + texts[i] if 0 <= i < len(texts) else "EAP error 0x%04x" % low
