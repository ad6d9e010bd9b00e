# Which descriptor brings a file that is not there. Loaded when one was missed.

# Parts whose files have names of their own, and those whose files begin with the part's name.
_FILES = (
    " sockmore:options send_long:options wifi_scan:scan wifi_ip:addresses wifi_set:settings "
    "wifi_own:settings into:payload wifi_enterprise:enterprise serve:server at_once:dropin "
)
_PARTS = (
    " ap net power mqtt http ws fs nvs ram ota mdns provision gpio system passthrough uart aio "
    "late watch silent old queue server udp tls dropin circuitpython umqtt trace "
)


def explain(name, error):
    """Raise ImportError for espat.<name>, if a part has it and the interpreter's error is about
    this very file: else it is there, and broken."""
    part = name.split(".")[-1]
    i = _FILES.find(" " + part + ":")
    part = _FILES[i:].split()[0].split(":")[1] if i >= 0 else part.split("_")[0]
    if (i >= 0 or " " + part + " " in _PARTS) and "espat." + name in str(error):
        text = "espat/%s.py is not installed: mip install espat-%s.json"
        raise ImportError(text % (name.replace(".", "/"), part))
