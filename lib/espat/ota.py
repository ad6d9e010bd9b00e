# modem.ota: new firmware for the module over the air. Loaded when it is used.
from .compat import const

_WHOLE_MS = const(185000)  # the module gives up after 3 minutes (guide 3.3.24)


async def versions(m):
    """The versions that Espressif's server has for this module (AT+CIPFWVER?, guide 3.3.23)."""
    found = []
    await m.at(b"AT+CIPFWVER?\r\n", 30000, found.append, b"+CIPFWVER:")
    return [text[10:].replace(b'"', b"").decode() for text in found]


async def state(m):
    """How far the last update has come: 1 server found, 2 connected, 3 version known, 4 done, -1
    failed; 0 none (AT+CIUPDATE?)."""
    found = []
    await m.at(b"AT+CIUPDATE?\r\n", 5000, found.append, b"+CIPUPDATE:")
    return int(found[0][11:])


async def update(m, version=None, partition=None, https=False, wait=True, progress=None):
    """Fetch firmware from Espressif's server (AT+CIUPDATE, guide 3.3.24). version: "v3.4.0.0",
    None: the newest. partition: "ota", "mqtt_ca" ...; None: the firmware. wait: until it is done,
    at most 3 minutes; False: returns at once. progress(state): called with 1..4, or -1 (as
    state()) while the wire is read: it may not use the modem.

    Done means written: the module runs the old firmware until it restarts, which some do by
    themselves and others at modem.system.restart(); rollback() goes back to it.
    After a failure nothing has changed. ATError."""
    from .once.quote import build

    hooks = m.engine.hooks

    def said(text):
        n = int(text[11:])
        if progress:
            progress(n)
        if n in (4, -1) and hook in hooks:
            hooks.remove(hook)

    hook = (b"+CIPUPDATE:", said)
    args = (1 if https else 0, version, partition, 0 if wait else 1)
    cmd = build(b"AT+CIUPDATE", args)
    hooks.insert(0, hook)
    try:
        await m.at(cmd, _WHOLE_MS)
    except BaseException:
        if hook in hooks:
            hooks.remove(hook)
        raise
    if wait and hook in hooks:
        hooks.remove(hook)


async def from_url(m, url, timeout_s=180):
    """Fetch firmware from an address of one's own, http or https, 1..8192 bytes (AT+USEROTA, guide
    3.11.3). Then the module restarts by itself into the new firmware; every socket is gone, the
    next call sets it up again. ATError: nothing has changed. timeout_s: 1..3600."""
    url = url.encode() if isinstance(url, str) else bytes(url)
    if not 0 < len(url) <= 8192:
        raise ValueError("url: 1..8192 bytes")
    if not 1 <= timeout_s <= 3600:
        raise ValueError("timeout_s: 1..3600")
    await m.at(b"AT+USEROTA=%d\r\n" % len(url), timeout_s * 1000, None, b"", url)


async def rollback(m):
    """Start the firmware that was there before the last update: modem.system.rollback()
    (AT+SYSROLLBACK, guide 3.1.22)."""
    await m.brief("system_reset", "rollback")
