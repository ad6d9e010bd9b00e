# modem.provision.wps: a router's button. Loaded for a call.
from ..compat import load, ticks_add, ticks_ms
from .quote import build, check, mode


async def wps(m, security=0, timeout_s=120, store=False, on_stage=None):
    """Join the network of the router whose WPS button is pressed (AT+WPS, guide 3.2.24, 4.8.3).

    security: join no network below that (0 open .. 7, as in scan()). timeout_s: 1..600; the button
    counts for two minutes. store: the module keeps the network in its flash; without, it is
    forgotten when the module reboots, for nobody learns its key. on_stage(stage, data) is called
    with "listening", "joined", "address". Returns the network's name (bytes). Raises OSError
    ETIMEDOUT if no button was pressed, WifiError if the network was not joined, ECONNRESET if the
    module rebooted, ValueError before anything is sent. Ends by AT+WPS=0 whatever happens."""
    check("security", security, 0, 7)
    check("timeout_s", timeout_s, 1, 600)
    base = load("once.provision_base")
    was = await mode(m, 1)
    stored = await base.begin(m, store)
    watch = base.Watch(m, (), on_stage)
    joined = False
    try:
        await m.at(build(b"AT+WPS", (1, security or None)))
        watch.stage("listening")
        until = ticks_add(ticks_ms(), timeout_s * 1000)
        while True:
            line = await watch.line(until)
            if line is None:
                if joined:
                    raise base.failed("AT+WPS")
                raise OSError(110, "no WPS button")
            if line == b"WIFI CONNECTED":
                joined = True
                watch.stage("joined")
            elif line == b"WIFI GOT IP":
                watch.stage("address")
                break
    finally:
        await base.end(m, watch, b"AT+WPS=0\r\n", was, stored, store)
    return await base.online(m, "AT+WPS", store)
