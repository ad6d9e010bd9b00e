# modem.provision.web: a page of the module's, in a phone's browser. Loaded for a call.
from ..compat import load, ticks_add, ticks_ms
from .quote import check, mode

_SEEN_MS = 30000  # the page asks every second how it went


async def web(
    m,
    ssid,
    key=None,
    channel=1,
    port=80,
    timeout_s=600,
    join_s=25,
    store=False,
    on_stage=None,
):
    """Learn the network from a form in a browser and join it (AT+WEBSERVER, guide 3.10.2, 4.5.1).

    The module opens its access point with this ssid and key (8..63 characters, None: open) on that
    channel, and a web server on port; a phone joins it and opens http://192.168.4.1 (a firmware
    with captive portal opens the page by itself, guide 4.5.5). timeout_s: 1..3600 for all of it;
    join_s: 21..60 for one network, then the page asks again. store: the module keeps the network in
    its flash; without, it is forgotten when the module reboots, for nobody learns its key.
    on_stage(stage, data) is called with "listening", "credentials", "joined", "address", "seen" (by
    the browser), "failed" (the browser may try again), "update" (of the firmware by the browser:
    data is "begins", "done" or "failed"). Returns the network's name (bytes). Raises OSError
    ETIMEDOUT if no browser came, WifiError if no network was joined, ECONNRESET if the module
    rebooted, ValueError before anything is sent. The server is stopped and the access point as
    before whatever happens."""
    check("port", port, 1, 65535)
    check("timeout_s", timeout_s, 1, 3600)
    check("join_s", join_s, 21, 60)
    cmd = load("once.ap_set").described(ssid, key, channel)
    base = load("once.provision_base")
    was = await mode(m, 3)
    watch = base.Watch(m, (b"+WEBSERVERRSP:",), on_stage)
    stored = 0
    try:
        await m.at(cmd)
        stored = await base.begin(m, store)
        await m.at(b"AT+WEBSERVER=1,%d,%d\r\n" % (port, join_s))
        tries = await serve(watch, timeout_s * 1000, join_s * 1000)
    finally:
        await base.end(m, watch, b"AT+WEBSERVER=0\r\n", was, stored, store)
        for cmd in m.kept:
            if m.state == 2 and isinstance(cmd, bytes) and cmd[:9] == b"AT+CWSAP=":
                await m.at(cmd, force=True)
    if tries == 0:
        raise OSError(110, "no browser")
    if tries > 0:
        raise base.failed("AT+WEBSERVER")
    return await base.online(m, "AT+WEBSERVER", store)


async def serve(watch, ms, join_ms):
    # -1: joined; else how often a browser has tried.
    watch.stage("listening")
    limit = ticks_add(ticks_ms(), ms)
    until = limit  # of this try
    tries = 0
    trying = up = False
    while True:
        line = await watch.line(until)
        if line is None:
            if up:
                return -1  # the browser has gone
            if not trying:
                return tries
            watch.stage("failed")
            trying = False
            until = limit
        elif line == b"+WEBSERVERRSP:1":
            tries += 1
            trying = True
            up = False
            until = ticks_add(ticks_ms(), join_ms + 2000)
            watch.stage("credentials")
        elif line == b"+WEBSERVERRSP:2":
            watch.stage("seen")
            if up:
                return -1
        elif line[:14] == b"+WEBSERVERRSP:":
            word = {b"3": "begins", b"4": "done", b"5": "failed"}.get(line[14:])
            watch.stage("update", word)
        elif line == b"WIFI CONNECTED":
            watch.stage("joined")
        elif line == b"WIFI GOT IP":
            up = True
            until = ticks_add(ticks_ms(), _SEEN_MS)
            watch.stage("address")
        elif line == b"WIFI DISCONNECT" and up:
            up = False
            until = limit
