# The state of the station where there is no AT+CWSTATE: the first command set, and ESP-AT before
# 2.2. Loaded for a question.


async def status(m, param):
    """wifi.status(): whether it has joined is all that AT+CIPSTATUS tells."""
    if param:
        return await m.brief("wifi_more", "ssid") or b""
    lines = []
    await m.at(b"AT+CIPSTATUS\r\n", 5000, lines.append)
    state = [b"012345".find(x[7:8]) for x in lines if x[:7] == b"STATUS:"][-1]
    m.wifi_state = 2 if 1 < state < 5 else 0
    return 4 if state == 5 else m.wifi_state
