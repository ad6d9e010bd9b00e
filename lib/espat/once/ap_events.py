# modem.on() for the stations of the module's own access point (guide 3.14).
from .mac import mac_bytes

_LINES = {
    "AP JOINED": b"+STA_CONNECTED:",
    "AP ADDRESS": b"+DIST_STA_IP:",
    "AP LEFT": b"+STA_DISCONNECTED:",
}


def watch(m, event, handler, on_line):
    if event not in _LINES:
        raise ValueError(event)
    prefix = _LINES[event]

    def said(line):
        # "aa:bb:cc:dd:ee:ff" or "aa:bb:cc:dd:ee:ff","192.168.4.2"
        fields = line[len(prefix) :].strip().split(b",")
        try:
            data = mac_bytes(fields[0])
            if len(fields) > 1:
                data = data, fields[1].strip(b'"').decode()
        except ValueError:  # of UnicodeError too
            return  # noise
        m.events.emit(event, data)

    on_line(m, prefix, said if handler else None)
