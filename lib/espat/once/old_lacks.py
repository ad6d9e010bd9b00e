# The error for what the ESP8266's first firmware has not. Loaded when it is raised.

# What a command belongs to, for the error: it begins so.
_FEATURES = (
    "CIPSSL TLS settings,MQTT MQTT,HTTP HTTP,WS WebSocket,FS files,SYSMFG TLS certificates,"
    "SYSFLASH flash,CIPRECV passive receive,CIPSNTP time,MDNS mDNS,CIPDOMAIN DNS look-up,"
    "CIPV6 IPv6,USERWK wake pin of the host,USERMCU wake pin of the host,SLEEPWK wake pin,"
    "DRV pins,WPS WPS,CIPTCPOPT socket options,CWJEAP enterprise networks,CIPSENDL long sends,"
    "CWSTARTSMART SmartConfig,UART_CUR rate that is not kept in flash"
)


def lacks(sp, what):
    return NotImplementedError("AT %d.%d (ESP8266) has no %s" % (sp.version + (what,)))


def command(sp, name):
    return lacks(sp, feature(name))


def feature(name):
    for entry in _FEATURES.split(","):
        start, _, what = entry.partition(" ")
        if name[: len(start)] == start:
            return "%s: AT+%s" % (what, name)
    return "AT+" + name
