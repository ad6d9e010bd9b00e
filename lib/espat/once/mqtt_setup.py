# modem.mqtt.connect: checks what is asked for, writes the commands. Loaded for it, then dropped.
from .quote import build, check, raw

_SCHEMES = {"tcp": 1, "tls": 2, "ws": 6, "wss": 7}
_PORTS = {"tcp": 1883, "tls": 8883, "ws": 80, "wss": 443}


async def connect(
    m,
    host,
    port=None,
    client_id=None,
    user=None,
    password=None,
    transport="tcp",
    verify=False,
    certificate=False,
    path="",
    keepalive_s=120,
    clean=True,
    will=None,
    alpn=(),
    sni=None,
    reconnect=True,
    queue=4608,
    topic_max=128,
    record=1024,
    timeout_s=40,
):
    """Connect the module's MQTT client to a broker (guide 3.4.2..3.4.9).

    host: 1..128 bytes. port: 1..65535, None for the transport's own. client_id: 1..1024 bytes,
    None: "espat-" and the station's address. user, password: 0..1024 bytes. transport: "tcp",
    "tls", "ws", "wss"; verify: check the broker's certificate (the module needs the time);
    certificate: show the module's own (modem.nvs.load_certs). path: of ws and wss, 0..32 bytes.
    keepalive_s: 0..7200 (0: 120). clean: a clean session. will: (topic, message[, qos[,
    retain]]), each text 0..128 bytes. alpn: 0..5 names; sni: the server's name (TLS only).
    reconnect: come back by itself after a loss, also after a reboot of the module, with the
    subscriptions. queue: bytes for messages that nobody has taken yet; a longer message is
    lost, and receive() says so. topic_max: longest topic that is received. record: the module's
    buffer; it cuts longer messages, which are put together here (0: they stay in pieces).
    timeout_s: 1..600.

    Raises ValueError before anything is sent; ATError if the broker refuses or is not there."""
    if transport not in _SCHEMES:
        raise ValueError("transport: tcp, tls, ws, wss")
    scheme = _SCHEMES[transport]
    if (verify or certificate) and scheme not in (2, 7):
        raise ValueError("verify, certificate: only with tls, wss")
    scheme += bool(verify) + 2 * bool(certificate)
    port = _PORTS[transport] if port is None else port
    check("port", port, 1, 65535)
    check("host: bytes", size(host), 1, 128)
    check("path: bytes", size(path), 0, 32)
    check("keepalive_s", keepalive_s, 0, 7200)
    check("timeout_s", timeout_s, 1, 600)
    check("queue", queue, 64, 1 << 20)
    check("record", record, 0, 1 << 20)
    check("topic_max", topic_max, 1, 65535)
    check("alpn: names", len(alpn), 0, 5)
    check("client_id: bytes", size(client_id), 1, 1024)
    for name, x in (("user: bytes", user), ("password: bytes", password)):
        check(name, size(x or ""), 0, 1024)
    will = tuple(will or ("", ""))
    will += (0, False)[len(will) - 2 :]
    check("will: bytes of the topic", size(will[0]), 0, 128)
    check("will: bytes of the message", size(will[1]), 0, 128)
    check("will: qos", will[2], 0, 2)
    names = [client_id, user or "", password or ""]
    later = []
    try:
        own = [client_id or "espat-001122334455"] + names[1:]
        first = build(b"AT+MQTTUSERCFG", [0, scheme] + own + [0, 0, path])
    except ValueError:
        # Too long for a line, or with CR, LF, NUL: counted, after a line without them.
        own = [client_id, "", ""]
        for name, x in zip((b"CLIENTID", b"USERNAME", b"PASSWORD"), names):
            if x:
                x = raw(x)
                later.append((b"AT+MQTTLONG%s=0,%d\r\n" % (name, len(x)), x))
        first = build(b"AT+MQTTUSERCFG", (0, scheme, "-", "", "", 0, 0, path))
    steps = [(first, None)] + later
    args = (0, keepalive_s, not clean) + will[:3] + (bool(will[3]),)
    steps.append((build(b"AT+MQTTCONNCFG", args), None))
    if alpn:
        steps.append((build(b"AT+MQTTALPN", (0, len(alpn)) + tuple(alpn)), None))
    if sni is not None:
        steps.append((build(b"AT+MQTTSNI", (0, sni)), None))
    steps.append((build(b"AT+MQTTCONN", (0, host, port, bool(reconnect))), None))
    if client_id is None:
        steps[0] = [0, scheme, None] + own[1:] + [0, 0, path]  # written when the address is known
    await m.brief("mqtt_link", "open", steps, reconnect, timeout_s, queue, record, topic_max)


def size(x):
    return None if x is None else len(x.encode()) if isinstance(x, str) else len(x)
