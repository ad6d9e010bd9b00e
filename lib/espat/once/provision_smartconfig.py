# modem.provision.smartconfig: a phone tells the network's name and key. Loaded for a call.
from ..compat import load
from .quote import build, check, mode, raw, remember

_KINDS = ("touch", "airkiss", "both", "touch_v2")


async def smartconfig(
    m,
    kind="both",
    security=0,
    key=None,
    timeout_s=120,
    join_s=30,
    store=False,
    on_stage=None,
):
    """Learn the network from a phone's app and join it (AT+CWSTARTSMART, guide 3.2.22, 4.8.1).

    kind: "touch" (ESP-TOUCH), "airkiss", "both", "touch_v2". security: join no network below that
    (0 open .. 7, as in scan()). key: 16 bytes, for touch_v2 only. timeout_s: how long to wait for a
    phone, 1..3600; join_s: how long for the network then. store: the module keeps it in its flash.
    on_stage(stage, data) is called with "listening", "type" (text), "credentials" ((ssid, key)),
    "data" (the phone's own, bytes), "joined", "address", "telling". Returns (ssid, key, data); AT
    0.30 tells neither kind nor "credentials": key is b"" then, and the module's flash has it.
    Raises OSError ETIMEDOUT if no phone came, WifiError if the network was not joined, ECONNRESET
    if the module rebooted, ValueError before anything is sent.

    The module's access point is off meanwhile. No other command is sent until the end (so on_stage
    must not ask for one), and events wait. It ends by AT+CWSTOPSMART whatever happens, also when
    the task is cancelled or Ctrl-C comes; when it went well six seconds later, in which the phone
    is told."""
    if kind not in _KINDS:
        raise ValueError("kind: touch, airkiss, both, touch_v2")
    check("security", security, 0, 7)
    check("timeout_s", timeout_s, 1, 3600)
    check("join_s", join_s, 1, 600)
    args = [] if kind == "both" and not security else [_KINDS.index(kind) + 1, security]
    if key is not None:
        key = raw(key)
        if kind != "touch_v2" or len(key) != 16:
            raise ValueError("key: 16 bytes, for touch_v2")
        args.append(key)
    cmd = build(b"AT+CWSTARTSMART", args)
    if m.state != 2:
        await m.brief("start", "up")
    if m.speak:
        m.speak(cmd)  # what it lacks is told before anything is sent
    base = load("once.provision_base")
    was = await mode(m, 1, 2)
    stored = await base.begin(m, store)
    e = m.engine
    phone = load("once.provision_phone").Phone(m, base.Watch, on_stage)
    end = False
    try:
        await m.at(cmd)
        # Nobody else's command until the end: this one is over, but its result is not fetched.
        e.stage = 1
        e.owner = phone
        end = await phone.listen(timeout_s * 1000, join_s * 1000)
    finally:
        if e.owner is phone:
            e.fetch()
        phone.close()
        await base.end(m, phone.watch, b"AT+CWSTOPSMART\r\n", was, stored, store)
        if m.speak and not end:
            # The first firmware goes on trying to join, and does nothing else meanwhile.
            await m.at(b"AT+CWQAP\r\n", force=True)
    if not end:
        if phone.key is None:
            raise OSError(110, "no phone")
        raise base.failed("AT+CWSTARTSMART")
    ssid = await base.online(m, "AT+CWSTARTSMART", False)
    if phone.quiet:
        return ssid, b"", b""
    try:
        remember(m, load("once.wifi_join").joining(phone.ssid, phone.key), 20000)
    except ValueError:
        pass  # a name that no command can have
    return phone.ssid, phone.key, phone.data
